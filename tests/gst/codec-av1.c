/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Temporal units are written here bit by bit from the syntax tables of the AV1
 * specification, so that the place of each tile is known from the writing and
 * not from another parser. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "any-ranges.h"
#include "bit-writer.h"
#include "codec-ranges.h"

enum
{
  SEQUENCE_HEADER = 1,
  TEMPORAL_DELIMITER = 2,
  FRAME_HEADER = 3,
  TILE_GROUP = 4,
  METADATA = 5,
  FRAME = 6,
  TILE_LIST = 8,
  PADDING = 15,
};

enum
{
  KEY,
  INTER,
  INTRA_ONLY,
  SWITCH,
};

/* --- OBUs -------------------------------------------------------------------- */

/* The payload is freed. Returns where it begins in unit. */
static guint
append_obu_full (GByteArray *unit, guint8 type, GByteArray *payload,
    gboolean has_size, gboolean extension)
{
  const guint8 header[] = { type << 3 | (extension ? 4 : 0) |
        (has_size ? 2 : 0), 0x28 };
  guint start, size = payload->len;

  g_byte_array_append (unit, header, extension ? 2 : 1);
  while (has_size) {
    guint8 byte = (size & 0x7f) | (size > 0x7f ? 0x80 : 0);

    g_byte_array_append (unit, &byte, 1);
    size >>= 7;
    if (size == 0)
      break;
  }
  start = unit->len;
  g_byte_array_append (unit, payload->data, payload->len);
  g_byte_array_unref (payload);
  return start;
}

static guint
append_obu (GByteArray *unit, guint8 type, GByteArray *payload)
{
  return append_obu_full (unit, type, payload, TRUE, FALSE);
}

static GByteArray *
zeros (guint size)
{
  GByteArray *payload = g_byte_array_new ();

  g_byte_array_set_size (payload, size);
  if (size > 0)
    memset (payload->data, 0, size);
  return payload;
}

typedef struct
{
  guint colour[3]; /* primaries, transfer, matrix; 0: no description */
  gboolean full_range;
  guint position;  /* of chroma samples */
  gboolean deep;   /* 10 bits */
  guint level;     /* above 7 with tier 1 */
} Sequence;

/* Main profile, 256x256 at the most (5.5). */
static GByteArray *
sequence_payload (const Sequence *sequence)
{
  Bits bits = { g_byte_array_new (), 0 };

  put (&bits, 3, 0);  /* seq_profile */
  put (&bits, 4, 0);  /* still, reduced, timing, display delay */
  put (&bits, 5, 0);  /* operating_points_cnt_minus_1 */
  put (&bits, 12, 0);
  put (&bits, 5, sequence->level);
  if (sequence->level > 7)
    put (&bits, 1, 1);
  put (&bits, 8, 0x88); /* 9 bits of width and height each */
  put (&bits, 9, 255);
  put (&bits, 9, 255);
  put (&bits, 1, 0);  /* frame_id_numbers_present_flag */
  put (&bits, 3, 0);  /* use_128x128_superblock, intra tools */
  put (&bits, 5, 0);  /* inter tools, enable_order_hint */
  put (&bits, 2, 0);  /* no screen content tools */
  put (&bits, 3, 0);  /* superres, cdef, restoration */
  put (&bits, 1, sequence->deep);
  put (&bits, 1, 0);  /* mono_chrome */
  put (&bits, 1, sequence->colour[0] != 0);
  for (guint i = 0; i < 3 && sequence->colour[0]; i++)
    put (&bits, 8, sequence->colour[i]);
  put (&bits, 1, sequence->full_range);
  put (&bits, 2, sequence->position);
  put (&bits, 1, 0);
  put (&bits, 1, 0);  /* film_grain_params_present */
  put_trailing (&bits);
  return bits.bytes;
}

typedef struct
{
  guint type;
  gboolean hidden;
  guint tiles_log2; /* of columns and of rows each */
} Frame;

static void
put_tile_info (Bits *bits, const Frame *frame)
{
  put (bits, 1, 1); /* uniform_tile_spacing_flag, of 4 x 4 superblocks */
  for (guint dimension = 0; dimension < 2; dimension++) {
    for (guint i = 0; i < frame->tiles_log2; i++)
      put (bits, 1, 1);
    if (frame->tiles_log2 < 2)
      put (bits, 1, 0);
  }
  if (frame->tiles_log2 > 0) {
    put (bits, 2 * frame->tiles_log2, 0); /* context_update_tile_id */
    put (bits, 2, 1);                     /* tile_size_bytes_minus_1 */
  }
}

/* 5.9.2, of a frame that refers to none or to what is in slot 0. */
static void
put_frame_header (Bits *bits, const Frame *frame)
{
  gboolean intra = frame->type == KEY || frame->type == INTRA_ONLY;

  put (bits, 1, 0); /* show_existing_frame */
  put (bits, 2, frame->type);
  put (bits, 1, !frame->hidden);
  if (frame->hidden)
    put (bits, 1, 1); /* showable_frame */
  if (frame->type != SWITCH && !(frame->type == KEY && !frame->hidden))
    put (bits, 1, 1); /* error_resilient_mode */
  put (bits, 1, 1);   /* disable_cdf_update */
  if (frame->type != SWITCH)
    put (bits, 1, 0); /* frame_size_override_flag */
  if (frame->type != SWITCH && (frame->type != KEY || frame->hidden))
    put (bits, 8, 1); /* refresh_frame_flags */
  for (guint i = 0; i < 7 && !intra; i++)
    put (bits, 3, 0); /* ref_frame_idx */
  if (frame->type == SWITCH)
    put (bits, 18, 255 << 9 | 255); /* frame_size (), always there */
  put (bits, 1, 0); /* render_and_frame_size_different */
  if (!intra) {
    put (bits, 1, 0); /* allow_high_precision_mv */
    put (bits, 1, 1); /* is_filter_switchable */
    put (bits, 1, 0); /* is_motion_mode_switchable */
  }
  put_tile_info (bits, frame);
  put (bits, 8, 100); /* base_q_idx */
  put (bits, 5, 0);   /* no delta of it, no matrix, no segments: */
  put (bits, 1, 0);   /* delta_q_present */
  put (bits, 12, 0);  /* loop_filter_level */
  put (bits, 3, 0);
  put (bits, 1, 0);
  put (bits, 1, 0); /* tx_mode_select */
  if (!intra)
    put (bits, 1, 0); /* reference_select */
  put (bits, 1, 0);   /* reduced_tx_set */
  if (!intra)
    put (bits, 7, 0); /* is_global */
}

static void
align (Bits *bits)
{
  while (bits->n_bits % 8)
    put (bits, 1, 0);
}

/* Where a tile is in the payload of its OBU. */
typedef struct
{
  guint offset, size;
} Place;

/* Tiles first to last of 2 x 2, of tile_sizes[i] bytes each (5.11.1). */
static void
put_tile_group (Bits *bits, guint first, guint last, gboolean all,
    const guint *tile_sizes, Place *places)
{
  put (bits, 1, !all);
  if (!all) {
    put (bits, 2, first);
    put (bits, 2, last);
  }
  align (bits);
  for (guint i = first; i <= last; i++) {
    if (i < last) {
      put (bits, 8, (tile_sizes[i] - 1) & 0xff);
      put (bits, 8, (tile_sizes[i] - 1) >> 8);
    }
    places[i] = (Place){ bits->n_bits / 8, tile_sizes[i] };
    put_data (bits, tile_sizes[i]);
  }
}

static GByteArray *
frame_payload (const Frame *frame, const guint *tile_sizes, Place *places)
{
  Bits bits = { g_byte_array_new (), 0 };

  put_frame_header (&bits, frame);
  align (&bits);
  if (frame->tiles_log2 > 0) {
    put_tile_group (&bits, 0, 3, TRUE, tile_sizes, places);
  } else {
    places[0] = (Place){ bits.n_bits / 8, tile_sizes[0] };
    put_data (&bits, tile_sizes[0]);
  }
  return bits.bytes;
}

static GByteArray *
frame_header_payload (const Frame *frame)
{
  Bits bits = { g_byte_array_new (), 0 };

  put_frame_header (&bits, frame);
  put_trailing (&bits);
  return bits.bytes;
}

static GByteArray *
tile_group_payload (guint first, guint last, const guint *tile_sizes,
    Place *places)
{
  Bits bits = { g_byte_array_new (), 0 };

  put_tile_group (&bits, first, last, FALSE, tile_sizes, places);
  return bits.bytes;
}

/* show_existing_frame of slot 0 */
static GByteArray *
existing_payload (void)
{
  Bits bits = { g_byte_array_new (), 0 };

  put (&bits, 4, 8);
  put_trailing (&bits);
  return bits.bytes;
}

static const Sequence plain_sequence = { { 0 }, FALSE, 0, FALSE, 4 };
static const guint one_tile[] = { 200 };

/* --- helpers -------------------------------------------------------------------- */

static HabCodecParser *
parser_new (void)
{
  return hab_codec_parser_new (hab_codec_find ("video/x-av1", 0));
}

/* That range i protects the size bytes at offset of the temporal unit. */
static void
assert_place (GArray *ranges, guint i, guint offset, guint size)
{
  guint at = 0;

  g_assert_cmpuint (i, <, ranges->len);
  for (guint j = 0; j <= i; j++) {
    const HabSubsample *range = &g_array_index (ranges, HabSubsample, j);

    at += range->clear_bytes;
    if (j < i)
      at += range->protected_bytes;
  }
  g_assert_cmpuint (at, ==, offset);
  g_assert_cmpuint (g_array_index (ranges, HabSubsample, i).protected_bytes, ==,
      size);
}

/* A key frame of one tile, so that others have something to refer to. */
static void
begin_stream (HabCodecParser *parser)
{
  static const Frame frame = { KEY, FALSE, 0 };
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GArray) ranges = NULL;
  Place place;

  append_obu (unit, SEQUENCE_HEADER, sequence_payload (&plain_sequence));
  append_obu (unit, FRAME, frame_payload (&frame, one_tile, &place));
  ranges = parse_ranges (parser, unit);
  g_assert_cmpuint (ranges->len, ==, 1);
}

/* --- tests ------------------------------------------------------------------------ */

static void
test_frames (void)
{
  static const struct
  {
    Frame frame;
    guint tile_sizes[4];
  } cases[] = {
    { { KEY, FALSE, 0 }, { 500 } },
    { { KEY, FALSE, 1 }, { 300, 1, 15, 400 } },
    { { INTER, FALSE, 0 }, { 16 } },
    { { INTER, FALSE, 1 }, { 257, 256, 1000, 1 } },
    { { INTER, TRUE, 1 }, { 20, 30, 40, 50 } },
    { { INTRA_ONLY, FALSE, 1 }, { 90, 80, 70, 60 } },
    { { SWITCH, FALSE, 1 }, { 11, 12, 13, 14 } },
    { { KEY, TRUE, 1 }, { 40, 30, 20, 10 } },
  };
  g_autoptr (HabCodecParser) parser = parser_new ();

  begin_stream (parser);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const Frame *frame = &cases[i].frame;
    g_autoptr (GByteArray) unit = g_byte_array_new ();
    g_autoptr (GArray) ranges = NULL;
    guint payload, n_tiles = frame->tiles_log2 ? 4 : 1;
    Place places[4];

    payload = append_obu_full (unit, FRAME, frame_payload (frame,
        cases[i].tile_sizes, places), TRUE, i % 2);
    ranges = parse_ranges (parser, unit);
    g_assert_cmpuint (ranges->len, ==, n_tiles);
    for (guint j = 0; j < n_tiles; j++)
      assert_place (ranges, j, payload + places[j].offset, places[j].size);
  }
}

static void
test_tile_groups_and_others (void)
{
  static const Frame frame = { KEY, FALSE, 1 };
  static const guint sizes[] = { 100, 200, 300, 5 };
  g_autoptr (HabCodecParser) parser = parser_new ();
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GArray) ranges = NULL;
  guint groups[2];
  Place places[4];

  append_obu (unit, TEMPORAL_DELIMITER, zeros (0));
  append_obu (unit, SEQUENCE_HEADER, sequence_payload (&plain_sequence));
  append_obu (unit, METADATA, zeros (70));
  append_obu (unit, FRAME_HEADER, frame_header_payload (&frame));
  groups[0] = append_obu (unit, TILE_GROUP, tile_group_payload (0, 2, sizes,
      places));
  append_obu (unit, PADDING, zeros (300));
  groups[1] = append_obu (unit, TILE_GROUP, tile_group_payload (3, 3, sizes,
      places));
  append_obu (unit, PADDING, zeros (4));

  ranges = parse_ranges (parser, unit);
  g_assert_cmpuint (ranges->len, ==, 5);
  for (guint i = 0; i < 3; i++)
    assert_place (ranges, i, groups[0] + places[i].offset, sizes[i]);
  assert_place (ranges, 3, groups[1] + places[3].offset, sizes[3]);
  assert_place (ranges, 4, unit->len, 0);
}

/* Frames for later, then one that is shown and has no size of its own. */
static void
test_last_without_size (void)
{
  static const Frame hidden = { INTER, TRUE, 0 };
  static const Frame shown = { INTER, FALSE, 0 };
  g_autoptr (HabCodecParser) parser = parser_new ();
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GArray) ranges = NULL;
  guint payloads[2];
  Place places[2];

  begin_stream (parser);
  payloads[0] = append_obu (unit, FRAME, frame_payload (&hidden, one_tile,
      &places[0]));
  payloads[1] = append_obu_full (unit, FRAME, frame_payload (&shown, one_tile,
      &places[1]), FALSE, FALSE);
  ranges = parse_ranges (parser, unit);
  g_assert_cmpuint (ranges->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    assert_place (ranges, i, payloads[i] + places[i].offset, 200);

  g_byte_array_set_size (unit, 0);
  append_obu (unit, FRAME_HEADER, existing_payload ());
  append_ranges (parser, unit, ranges);
  g_assert_cmpuint (ranges->len, ==, 1);
  assert_place (ranges, 0, 3, 0);
}

/* --- whatever the tiles --------------------------------------------------------- */

#define N_UNITS 400
#define MAX_FRAMES 4

/* What is in unit behind what clear has: the payload of an OBU, of which only
 * these tiles are to be protected. */
static void
mark_tiles (GByteArray *clear, const GByteArray *unit, guint payload,
    const Place *tiles, guint n)
{
  mark_clear (clear, unit);
  for (guint i = 0; i < n; i++)
    memset (clear->data + payload + tiles[i].offset, 0, tiles[i].size);
}

static void
append_other (GByteArray *unit, GByteArray *clear)
{
  append_obu_full (unit, g_test_rand_bit () ? METADATA : PADDING,
      zeros (g_test_rand_int_range (0, 300)), TRUE, g_test_rand_bit ());
  mark_clear (clear, unit);
}

/* A frame as OBU_FRAME, or as a header and one to four groups of tiles. */
static void
append_random_frame (GByteArray *unit, GByteArray *clear, const Frame *frame,
    gboolean sized)
{
  guint n_tiles = frame->tiles_log2 > 0 ? 4 : 1, sizes[4], payload, last;
  Place places[4];

  for (guint i = 0; i < n_tiles; i++)
    sizes[i] = g_test_rand_int_range (1, g_test_rand_bit () ? 40 : 3000);
  if (n_tiles == 1 || !sized || g_test_rand_bit ()) {
    payload = append_obu_full (unit, FRAME, frame_payload (frame, sizes,
        places), sized, g_test_rand_bit ());
    mark_tiles (clear, unit, payload, places, n_tiles);
    return;
  }
  append_obu (unit, FRAME_HEADER, frame_header_payload (frame));
  for (guint first = 0; first < 4; first = last + 1) {
    last = g_test_rand_int_range (first, 4);
    if (g_test_rand_bit ())
      append_other (unit, clear);
    payload = append_obu (unit, TILE_GROUP, tile_group_payload (first, last,
        sizes, places));
    mark_tiles (clear, unit, payload, places + first, last - first + 1);
  }
}

/* Frames for later and one that is shown, the last OBU with its size or
 * without. */
static void
append_random_unit (GByteArray *unit, GByteArray *clear)
{
  static const guint types[] = { KEY, INTER, INTRA_ONLY, SWITCH };
  gint n = g_test_rand_int_range (1, MAX_FRAMES + 1);

  append_obu (unit, TEMPORAL_DELIMITER, zeros (0));
  if (g_test_rand_bit ())
    append_obu (unit, SEQUENCE_HEADER, sequence_payload (&plain_sequence));
  for (gint i = 0; i < n; i++) {
    const Frame frame = {
      .type = types[g_test_rand_int_range (0, G_N_ELEMENTS (types))],
      .hidden = i + 1 < n,
      .tiles_log2 = g_test_rand_bit (),
    };

    if (g_test_rand_bit ())
      append_other (unit, clear);
    append_random_frame (unit, clear, &frame, i + 1 < n || g_test_rand_bit ());
  }
}

static void
test_any_tiles (void)
{
  g_autoptr (HabCodecParser) parser = parser_new ();

  begin_stream (parser);
  for (guint i = 0; i < N_UNITS; i++) {
    g_autoptr (GByteArray) unit = g_byte_array_new ();
    g_autoptr (GByteArray) clear = g_byte_array_new ();
    g_autoptr (GArray) ranges = NULL;

    append_random_unit (unit, clear);
    ranges = parse_ranges (parser, unit);
    check_places (clear, ranges);
    check_encryption (unit, clear, ranges);
  }
}

/* No range may go beyond the bytes, and no byte beyond them be read. */
static void
test_damage (void)
{
  static const Frame frame = { KEY, FALSE, 1 };
  static const guint sizes[] = { 30, 40, 50, 60 };
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  Place places[4];

  append_obu (whole, SEQUENCE_HEADER, sequence_payload (&plain_sequence));
  append_obu (whole, FRAME, frame_payload (&frame, sizes, places));
  for (gsize i = 0; i < 2 * whole->len; i++) {
    gsize size = i < whole->len ? i : whole->len;
    g_autoptr (HabCodecParser) parser = parser_new ();
    g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE,
        sizeof (HabSubsample));
    g_autoptr (GError) error = NULL;
    g_autofree guint8 *damaged = g_memdup2 (whole->data, size);
    guint64 sum = 0;

    if (i >= whole->len)
      damaged[i - whole->len] ^= 0xff;
    if (!parser->codec->parse_ranges (parser, damaged, size, ranges, &error)) {
      g_assert_nonnull (error);
      continue;
    }
    for (guint j = 0; j < ranges->len; j++)
      sum += (guint64) g_array_index (ranges, HabSubsample, j).clear_bytes +
          g_array_index (ranges, HabSubsample, j).protected_bytes;
    g_assert_cmpuint (sum, ==, size);
  }
}

static void
test_refused (void)
{
  static const Frame frame = { INTER, FALSE, 0 };
  g_autoptr (HabCodecParser) parser = parser_new ();
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE,
      sizeof (HabSubsample));
  g_autoptr (GError) error = NULL;
  Place place;

  /* Before any sequence header. */
  append_obu (unit, FRAME, frame_payload (&frame, one_tile, &place));
  g_assert_false (parser->codec->parse_ranges (parser, unit->data, unit->len,
      ranges, &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
  g_clear_error (&error);

  /* Before any key frame, and when a new sequence has begun. */
  for (guint i = 0; i < 2; i++) {
    const Sequence other = { { 0 }, FALSE, i, FALSE, 5 };

    g_byte_array_set_size (unit, 0);
    append_obu (unit, SEQUENCE_HEADER, sequence_payload (&other));
    append_obu (unit, FRAME, frame_payload (&frame, one_tile, &place));
    g_assert_false (parser->codec->parse_ranges (parser, unit->data, unit->len,
        ranges, &error));
    g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
    g_clear_error (&error);
    begin_stream (parser);
  }

  g_byte_array_set_size (unit, 0);
  append_obu (unit, TILE_LIST, zeros (8));
  g_assert_false (parser->codec->parse_ranges (parser, unit->data, unit->len,
      ranges, &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED);
}

static void
assert_info (HabCodecParser *parser, GByteArray *unit,
    HabRandomAccess random_access, gchar picture_type)
{
  HabAccessUnitInfo info;

  g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
      unit->len, &info, NULL));
  g_assert_cmpint (info.random_access, ==, random_access);
  g_assert_cmpint (info.picture_type, ==, picture_type);
  g_byte_array_set_size (unit, 0);
}

static void
test_access_units (void)
{
  static const struct
  {
    Frame frame;
    HabRandomAccess random_access;
    gchar picture_type;
  } cases[] = {
    { { KEY, FALSE, 0 }, HAB_RANDOM_ACCESS_KEY_FRAME, 'I' },
    { { KEY, TRUE, 0 }, HAB_RANDOM_ACCESS_NONE, 'I' },
    { { INTRA_ONLY, FALSE, 0 }, HAB_RANDOM_ACCESS_NONE, 'I' },
    { { INTER, FALSE, 0 }, HAB_RANDOM_ACCESS_NONE, 'P' },
    { { SWITCH, FALSE, 0 }, HAB_RANDOM_ACCESS_NONE, 'P' },
  };
  static const Frame shown = { INTER, FALSE, 0 };
  g_autoptr (HabCodecParser) parser = parser_new ();
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  Place place;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    append_obu (unit, TEMPORAL_DELIMITER, zeros (0));
    append_obu (unit, SEQUENCE_HEADER, sequence_payload (&plain_sequence));
    append_obu (unit, FRAME, frame_payload (&cases[i].frame, one_tile, &place));
    assert_info (parser, unit, cases[i].random_access, cases[i].picture_type);
  }

  /* A key frame for later beside one that is shown, and another shown late. */
  append_obu (unit, FRAME, frame_payload (&cases[1].frame, one_tile, &place));
  append_obu (unit, FRAME, frame_payload (&shown, one_tile, &place));
  assert_info (parser, unit, HAB_RANDOM_ACCESS_NONE, 'P');
  append_obu (unit, FRAME_HEADER, existing_payload ());
  assert_info (parser, unit, HAB_RANDOM_ACCESS_NONE, 'P');
  append_obu (unit, TEMPORAL_DELIMITER, zeros (0));
  assert_info (parser, unit, HAB_RANDOM_ACCESS_NONE, 0);
}

static GBytes *
make_codec_data (const Sequence *sequence)
{
  const HabCodec *codec = hab_codec_find ("video/x-av1", 0);
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  HabCodecStart start = { NULL };
  GBytes *codec_data;

  append_obu (unit, TEMPORAL_DELIMITER, zeros (0));
  append_obu (unit, SEQUENCE_HEADER, sequence_payload (sequence));
  start.sample = unit->data;
  start.size = unit->len;
  codec_data = codec->make_codec_data (&start, &error);
  g_assert_no_error (error);
  return codec_data;
}

static void
test_mime_codec (void)
{
  static const struct
  {
    Sequence sequence;
    const gchar *mime;
  } cases[] = {
    { { { 0 }, FALSE, 0, FALSE, 0 }, "av01.0.00M.08" },
    { { { 0 }, FALSE, 0, TRUE, 4 }, "av01.0.04M.10" },
    { { { 1, 1, 1 }, FALSE, 0, FALSE, 8 }, "av01.0.08H.08" },
    { { { 2, 2, 2 }, FALSE, 0, FALSE, 4 }, "av01.0.04M.08" },
    { { { 9, 16, 9 }, FALSE, 0, TRUE, 13 },
        "av01.0.13H.10.0.110.09.16.09.0" },
    { { { 0 }, FALSE, 1, FALSE, 4 }, "av01.0.04M.08.0.111.01.01.01.0" },
    { { { 1, 1, 1 }, TRUE, 0, FALSE, 4 }, "av01.0.04M.08.0.110.01.01.01.1" },
  };
  const HabCodec *codec = hab_codec_find ("video/x-av1", 0);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) record = make_codec_data (&cases[i].sequence);
    gsize size;
    const guint8 *data = g_bytes_get_data (record, &size);
    g_autofree gchar *mime = codec->mime_codec ("obu-stream", data, size, NULL);

    g_assert_cmpstr (mime, ==, cases[i].mime);
    g_assert_null (codec->mime_codec ("obu-stream", data, 3, NULL));
    /* What qtdemux 1.22.0 makes of it. */
    g_assert_null (codec->mime_codec ("obu-stream", data + 5, size - 5, NULL));
  }
}

static void
test_codec_data (void)
{
  static const Sequence deep = { { 9, 16, 9 }, FALSE, 2, TRUE, 9 };
  static const guint8 head[] = { 0x81, 9, 0x80 | 0x40 | 0x0e, 0, 0x0a };
  static const Frame frame = { KEY, FALSE, 0 };
  const HabCodec *codec = hab_codec_find ("video/x-av1", 0);
  g_autoptr (GBytes) record = make_codec_data (&deep);
  g_autoptr (HabCodecParser) parser = parser_new ();
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GArray) ranges = NULL;
  g_autoptr (GError) error = NULL;
  HabCodecStart start = { NULL };
  gsize size;
  const guint8 *data = g_bytes_get_data (record, &size);
  Place place;

  g_assert_cmpmem (data, sizeof head, head, sizeof head);

  /* The sequence header need not be in band. */
  g_assert_true (codec->parse_codec_data (parser, data, size, NULL));
  append_obu (unit, FRAME, frame_payload (&frame, one_tile, &place));
  ranges = parse_ranges (parser, unit);
  g_assert_cmpuint (ranges->len, ==, 1);

  start.sample = unit->data;
  start.size = unit->len;
  g_assert_null (codec->make_codec_data (&start, &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
}

static void
test_removable_start (void)
{
  static const guint8 delimiter[] = { 0x12, 0, 0x0a, 0x0b, 0, 0, 0 };
  static const guint8 extended[] = { 0x16, 0, 0, 0x0a };
  const HabCodec *codec = hab_codec_find ("video/x-av1", 0);

  g_assert_cmpuint (codec->removable_start (delimiter, 7), ==, 2);
  g_assert_cmpuint (codec->removable_start (delimiter, 2), ==, 2);
  g_assert_cmpuint (codec->removable_start (delimiter, 1), ==, 0);
  g_assert_cmpuint (codec->removable_start (delimiter, 0), ==, 0);
  g_assert_cmpuint (codec->removable_start (delimiter + 2, 5), ==, 0);
  g_assert_cmpuint (codec->removable_start (extended, 4), ==, 3);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/av1/frames", test_frames);
  g_test_add_func ("/av1/tile-groups-and-others",
      test_tile_groups_and_others);
  g_test_add_func ("/av1/last-without-size", test_last_without_size);
  g_test_add_func ("/av1/any-tiles", test_any_tiles);
  g_test_add_func ("/av1/damage", test_damage);
  g_test_add_func ("/av1/refused", test_refused);
  g_test_add_func ("/av1/access-units", test_access_units);
  g_test_add_func ("/av1/mime-codec", test_mime_codec);
  g_test_add_func ("/av1/codec-data", test_codec_data);
  g_test_add_func ("/av1/removable-start", test_removable_start);
  return g_test_run ();
}
