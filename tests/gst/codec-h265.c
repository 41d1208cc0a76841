/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Slice segments are written here bit by bit from the syntax tables of Rec.
 * ITU-T H.265, so that the length of each header is known from the writing and
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
  TRAIL_N = 0,
  TRAIL_R = 1,
  RADL_N = 6,
  RASL_N = 8,
  BLA_W_LP = 16,
  IDR_W_RADL = 19,
  IDR_N_LP = 20,
  CRA = 21,
  VPS = 32,
  SPS = 33,
  PPS = 34,
  DELIMITER = 35,
};

/* NAL units of H.265 have a header of two bytes. */
static guint
append_unit (GByteArray *unit, guint length_size, guint8 type,
    const GByteArray *payload, guint n_bytes)
{
  const guint8 header[] = { type << 1, 1 };

  return append_nal (unit, length_size, header, 2, payload, n_bytes);
}

/* --- parameter sets ---------------------------------------------------------- */

/* Main profile and tier, level 3.1 (7.3.3). */
static void
put_profile_tier_level (Bits *bits)
{
  put (bits, 8, 1);
  put (bits, 32, 0x60000000);
  put (bits, 8, 0x90); /* progressive_source_flag, frame_only_constraint_flag */
  put (bits, 32, 0);
  put (bits, 8, 0);
  put (bits, 8, 93);
}

/* sub_layer_ordering_info_present_flag and what follows it */
static void
put_ordering (Bits *bits)
{
  put (bits, 1, 1);
  put_ue (bits, 1);
  put_ue (bits, 0);
  put_ue (bits, 0);
}

static GByteArray *
vps_payload (void)
{
  Bits bits = { g_byte_array_new (), 0 };

  put (&bits, 4, 0);
  put (&bits, 2, 3);
  put (&bits, 6, 0);
  put (&bits, 3, 0);
  put (&bits, 1, 1);
  put (&bits, 16, 0xffff);
  put_profile_tier_level (&bits);
  put_ordering (&bits);
  put (&bits, 6, 0);
  put_ue (&bits, 0);
  put (&bits, 2, 0);
  put_trailing (&bits);
  return bits.bytes;
}

/* 320x240 in blocks of 16: 300 of them, 9 bits of slice_segment_address; 8 bits
 * of slice_pic_order_cnt_lsb; SAO; one short-term reference picture set. */
static GByteArray *
sps_payload (void)
{
  Bits bits = { g_byte_array_new (), 0 };

  put (&bits, 4, 0);
  put (&bits, 3, 0);
  put (&bits, 1, 1);
  put_profile_tier_level (&bits);
  put_ue (&bits, 0);
  put_ue (&bits, 1); /* chroma_format_idc */
  put_ue (&bits, 320);
  put_ue (&bits, 240);
  put (&bits, 1, 0);
  put_ue (&bits, 0);
  put_ue (&bits, 0);
  put_ue (&bits, 4); /* log2_max_pic_order_cnt_lsb_minus4 */
  put_ordering (&bits);
  put_ue (&bits, 0); /* log2_min_luma_coding_block_size_minus3 */
  put_ue (&bits, 1);
  put_ue (&bits, 0);
  put_ue (&bits, 1);
  put_ue (&bits, 0);
  put_ue (&bits, 0);
  put (&bits, 2, 0); /* scaling_list_enabled_flag, amp_enabled_flag */
  put (&bits, 1, 1); /* sample_adaptive_offset_enabled_flag */
  put (&bits, 1, 0);
  put_ue (&bits, 1); /* num_short_term_ref_pic_sets: the picture before */
  put_ue (&bits, 1);
  put_ue (&bits, 0);
  put_ue (&bits, 0);
  put (&bits, 1, 1);
  put (&bits, 1, 0); /* long_term_ref_pics_present_flag */
  put (&bits, 1, 1); /* sps_temporal_mvp_enabled_flag */
  put (&bits, 3, 0);
  put_trailing (&bits);
  return bits.bytes;
}

/* PPS 0 is plain; PPS 1 has all that makes slice headers longer. */
static GByteArray *
pps_payload (guint id)
{
  Bits bits = { g_byte_array_new (), 0 };
  gboolean rich = id == 1;

  put_ue (&bits, id);
  put_ue (&bits, 0);
  put (&bits, 1, 1); /* dependent_slice_segments_enabled_flag */
  put (&bits, 1, 0);
  put (&bits, 3, rich ? 2 : 0); /* num_extra_slice_header_bits */
  put (&bits, 1, 0);
  put (&bits, 1, rich); /* cabac_init_present_flag */
  put_ue (&bits, 0);
  put_ue (&bits, 0);
  put_se (&bits, 0);
  put (&bits, 3, 0);
  put_se (&bits, 0);
  put_se (&bits, 0);
  put (&bits, 1, rich); /* pps_slice_chroma_qp_offsets_present_flag */
  put (&bits, 4, 0);
  put (&bits, 1, rich); /* entropy_coding_sync_enabled_flag */
  put (&bits, 1, rich); /* pps_loop_filter_across_slices_enabled_flag */
  put (&bits, 1, rich); /* deblocking_filter_control_present_flag */
  if (rich) {
    put (&bits, 1, 1); /* deblocking_filter_override_enabled_flag */
    put (&bits, 1, 1); /* pps_deblocking_filter_disabled_flag */
  }
  put (&bits, 2, 0);
  put_ue (&bits, 0);
  put (&bits, 1, rich); /* slice_segment_header_extension_present_flag */
  put (&bits, 1, 0);
  put_trailing (&bits);
  return bits.bytes;
}

static void
append_array (GByteArray *record, guint8 type, GByteArray *payload)
{
  const guint8 head[] = { 0x80 | type, 0, 1 };

  g_byte_array_append (record, head, sizeof head);
  append_unit (record, 2, type, payload, 0);
  g_byte_array_unref (payload);
}

/* The arrays stand in the wrong order, which is allowed. */
static GByteArray *
codec_data_new (guint length_size)
{
  const guint8 head[] = { 1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0, 0,
    0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0xc | (length_size - 1), 4 };
  GByteArray *record = g_byte_array_new ();

  g_byte_array_append (record, head, sizeof head);
  append_array (record, PPS, pps_payload (0));
  append_array (record, PPS, pps_payload (1));
  append_array (record, SPS, sps_payload ());
  append_array (record, VPS, vps_payload ());
  return record;
}

static HabCodecParser *
parser_new (guint length_size)
{
  HabCodecParser *parser = hab_codec_parser_new (hab_codec_find (
      "video/x-h265", 0));
  g_autoptr (GByteArray) record = codec_data_new (length_size);
  g_autoptr (GError) error = NULL;

  parser->codec->parse_codec_data (parser, record->data, record->len, &error);
  g_assert_no_error (error);
  return parser;
}

/* --- slice segments ------------------------------------------------------------ */

typedef struct
{
  guint8 nal_type;
  gchar type;     /* I, P, B, or D: it depends on the segment before */
  guint pps;
  guint address;  /* of its first block */
  guint poc;
  gint qp_delta;
  guint n_entry_points;
  guint extension; /* bytes of slice_segment_header_extension_data_byte */
} Slice;

static void
put_references (Bits *bits, const Slice *slice)
{
  put (bits, 8, slice->poc);
  put (bits, 1, 1); /* short_term_ref_pic_set_sps_flag */
  put (bits, 1, 1); /* slice_temporal_mvp_enabled_flag */
}

static void
put_prediction (Bits *bits, const Slice *slice, gboolean idr)
{
  put (bits, 1, 0); /* num_ref_idx_active_override_flag */
  if (slice->type == 'B')
    put (bits, 1, 0); /* mvd_l1_zero_flag */
  if (slice->pps == 1)
    put (bits, 1, 0); /* cabac_init_flag */
  if (!idr && slice->type == 'B')
    put (bits, 1, 1); /* collocated_from_l0_flag */
  put_ue (bits, 3);   /* five_minus_max_num_merge_cand */
}

static void
put_independent (Bits *bits, const Slice *slice)
{
  gboolean idr = slice->nal_type == IDR_W_RADL || slice->nal_type == IDR_N_LP;

  if (slice->pps == 1)
    put (bits, 2, 0); /* slice_reserved_flag */
  put_ue (bits, slice->type == 'B' ? 0 : slice->type == 'P' ? 1 : 2);
  if (!idr)
    put_references (bits, slice);
  put (bits, 2, 0); /* slice_sao_luma_flag, slice_sao_chroma_flag */
  if (slice->type != 'I')
    put_prediction (bits, slice, idr);
  put_se (bits, slice->qp_delta);
  if (slice->pps == 1) {
    put_se (bits, -2);
    put_se (bits, 3);
    put (bits, 1, 0); /* deblocking_filter_override_flag */
    /* No SAO and no deblocking: no slice_loop_filter_across_… flag. */
  }
}

static void
put_header (Bits *bits, const Slice *slice)
{
  put (bits, 1, slice->address == 0);
  if (slice->nal_type >= BLA_W_LP && slice->nal_type <= 23)
    put (bits, 1, 0); /* no_output_of_prior_pics_flag */
  put_ue (bits, slice->pps);
  if (slice->address > 0) {
    put (bits, 1, slice->type == 'D');
    put (bits, 9, slice->address);
  }
  if (slice->type != 'D')
    put_independent (bits, slice);
  if (slice->pps == 1) {
    put_ue (bits, slice->n_entry_points);
    if (slice->n_entry_points > 0)
      put_ue (bits, 31); /* offset_len_minus1 */
    for (guint i = 0; i < slice->n_entry_points; i++)
      put (bits, 32, i); /* zeros: emulation prevention */
    put_ue (bits, slice->extension);
    for (guint i = 0; i < slice->extension; i++)
      put (bits, 8, 0);
  }
  put_trailing (bits); /* byte_alignment () */
}

/* The header, then size bytes of data. Returns the bytes of the NAL unit up to
 * the end of the header. */
static guint
append_slice (GByteArray *unit, guint length_size, const Slice *slice,
    guint size)
{
  Bits bits = { g_byte_array_new (), 0 };
  guint header_bytes, held;

  put_header (&bits, slice);
  header_bytes = bits.n_bits / 8;
  put_data (&bits, size);
  put_trailing (&bits);
  held = append_unit (unit, length_size, slice->nal_type, bits.bytes,
      header_bytes);
  g_byte_array_unref (bits.bytes);
  return held;
}

/* --- tests -------------------------------------------------------------------- */

static const Slice slices[] = {
  { IDR_W_RADL, 'I', 0, 0, 0, 0, 0, 0 },
  { IDR_N_LP, 'I', 1, 0, 0, 0, 0, 0 },
  { IDR_N_LP, 'I', 1, 0, 0, -20, 3, 0 },
  { IDR_N_LP, 'I', 1, 150, 0, 5, 14, 7 },
  { TRAIL_R, 'P', 0, 0, 1, 0, 0, 0 },
  { TRAIL_R, 'P', 1, 0, 255, 12, 0, 0 },
  { TRAIL_N, 'B', 0, 0, 2, 25, 0, 0 },
  { TRAIL_N, 'B', 1, 299, 3, 0, 1, 256 },
  { CRA, 'I', 0, 0, 0, 0, 0, 0 },
  { CRA, 'I', 1, 0, 77, -26, 14, 1 },
  { RASL_N, 'B', 0, 0, 9, 0, 0, 0 },
  { BLA_W_LP, 'I', 0, 0, 0, 0, 0, 0 },
  { TRAIL_R, 'D', 0, 20, 0, 0, 0, 0 },
  { TRAIL_R, 'D', 1, 40, 0, 0, 14, 3 },
};

static void
test_slice_header (void)
{
  for (guint length_size = 1; length_size <= 4; length_size *= 2) {
    g_autoptr (HabCodecParser) parser = parser_new (length_size);

    for (guint i = 0; i < G_N_ELEMENTS (slices); i++) {
      g_autoptr (GByteArray) unit = g_byte_array_new ();
      g_autoptr (GArray) ranges = NULL;
      guint data = length_size == 1 ? 30 : 300, header;

      if (length_size == 1 &&
          (slices[i].extension > 100 || slices[i].n_entry_points > 10))
        continue;
      header = append_slice (unit, length_size, &slices[i], data);
      ranges = parse_ranges (parser, unit);
      g_assert_cmpuint (ranges->len, ==, 1);
      assert_range (ranges, 0, length_size + header,
          unit->len - length_size - header);
    }
  }
}

static void
test_segments_and_others (void)
{
  static const Slice segments[] = {
    { TRAIL_R, 'P', 0, 0, 1, 0, 0, 0 },
    { TRAIL_R, 'D', 0, 60, 0, 0, 0, 0 },
    { TRAIL_R, 'P', 1, 150, 1, 4, 2, 0 },
  };
  static const guint8 delimiter[] = { 0, 0, 0, 3, DELIMITER << 1, 1, 0x50 };
  g_autoptr (HabCodecParser) parser = parser_new (4);
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GArray) ranges = NULL;
  guint headers[3], ends[3];

  g_byte_array_append (unit, delimiter, sizeof delimiter);
  for (guint i = 0; i < 3; i++) {
    headers[i] = append_slice (unit, 4, &segments[i], 100 * i + 40);
    ends[i] = unit->len;
  }
  g_byte_array_append (unit, delimiter, sizeof delimiter);

  ranges = parse_ranges (parser, unit);
  g_assert_cmpuint (ranges->len, ==, 4);
  assert_range (ranges, 0, 7 + 4 + headers[0], ends[0] - 11 - headers[0]);
  for (guint i = 1; i < 3; i++)
    assert_range (ranges, i, 4 + headers[i],
        ends[i] - ends[i - 1] - 4 - headers[i]);
  assert_range (ranges, 3, 7, 0);
}

/* Parameter sets that come in band count from there on, as in hev1. */
static void
test_in_band_parameter_sets (void)
{
  static const Slice slice = { IDR_N_LP, 'I', 1, 0, 0, 0, 2, 0 };
  g_autoptr (HabCodecParser) parser = hab_codec_parser_new (hab_codec_find (
      "video/x-h265", 0));
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GByteArray) vps = vps_payload ();
  g_autoptr (GByteArray) sps = sps_payload ();
  g_autoptr (GByteArray) pps = pps_payload (1);
  g_autoptr (GArray) ranges = NULL;
  HabAccessUnitInfo info;
  guint header, before;

  append_unit (unit, 4, VPS, vps, 0);
  append_unit (unit, 4, SPS, sps, 0);
  append_unit (unit, 4, PPS, pps, 0);
  before = unit->len;
  header = append_slice (unit, 4, &slice, 64);
  g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
      unit->len, &info, NULL));
  g_assert_cmpint (info.picture_type, ==, 'I');
  ranges = parse_ranges (parser, unit);
  g_assert_cmpuint (ranges->len, ==, 1);
  assert_range (ranges, 0, before + 4 + header,
      unit->len - before - 4 - header);
}

/* --- whatever the slices ------------------------------------------------------ */

#define N_PICTURES 400
#define MAX_SEGMENTS 8

static const guint8 nal_types[] = { TRAIL_N, TRAIL_R, RADL_N, RASL_N, BLA_W_LP,
  IDR_W_RADL, IDR_N_LP, CRA };

/* Of a picture with slices of this type, the first of which is at block 0. The
 * entry points have to fit where a length has one byte. */
static Slice
random_slice (guint8 nal_type, gboolean first, guint length_size)
{
  static const gchar types[] = { 'I', 'P', 'B', 'D' };
  gboolean intra = nal_type >= BLA_W_LP;
  gboolean depends = !first && g_test_rand_bit ();
  guint max = length_size == 1 ? 4 : 15;

  return (Slice) {
    .nal_type = nal_type,
    .type = depends ? 'D' : intra ? 'I' : types[g_test_rand_int_range (0, 3)],
    .pps = g_test_rand_int_range (0, 2),
    .address = first ? 0 : g_test_rand_int_range (1, 300),
    .poc = g_test_rand_int_range (0, 256),
    .qp_delta = g_test_rand_int_range (-26, 26),
    .n_entry_points = g_test_rand_int_range (0, max),
    .extension = g_test_rand_int_range (0, length_size == 1 ? 20 : 257),
  };
}

/* What stands between slices and is none of them. */
static void
append_other (GByteArray *unit, GByteArray *clear, guint length_size)
{
  static const guint8 types[] = { DELIMITER, 39, 40, 38, 41, 48, 63 };
  Bits bits = { g_byte_array_new (), 0 };

  put_data (&bits, g_test_rand_int_range (0, 100));
  put_trailing (&bits);
  append_unit (unit, length_size,
      types[g_test_rand_int_range (0, G_N_ELEMENTS (types))], bits.bytes, 0);
  g_byte_array_unref (bits.bytes);
  mark_clear (clear, unit);
}

static void
append_random_picture (GByteArray *unit, GByteArray *clear, guint length_size)
{
  guint8 nal_type =
      nal_types[g_test_rand_int_range (0, G_N_ELEMENTS (nal_types))];
  gint n = g_test_rand_int_range (1, MAX_SEGMENTS + 1);

  for (gint i = 0; i < n; i++) {
    Slice slice = random_slice (nal_type, i == 0, length_size);
    guint size = g_test_rand_int_range (1, length_size == 1 ? 100 : 3000);
    guint held;

    while (g_test_rand_bit ())
      append_other (unit, clear, length_size);
    held = append_slice (unit, length_size, &slice, size);
    mark_bytes (clear, unit, length_size + held);
  }
  while (g_test_rand_bit ())
    append_other (unit, clear, length_size);
}

static void
test_any_slices (void)
{
  for (guint i = 0; i < N_PICTURES; i++) {
    guint length_size = 1 << g_test_rand_int_range (0, 3);
    g_autoptr (HabCodecParser) parser = parser_new (length_size);
    g_autoptr (GByteArray) unit = g_byte_array_new ();
    g_autoptr (GByteArray) clear = g_byte_array_new ();
    g_autoptr (GArray) ranges = NULL;

    append_random_picture (unit, clear, length_size);
    ranges = parse_ranges (parser, unit);
    check_places (clear, ranges);
    check_encryption (unit, clear, ranges);
  }
}

static void
assert_malformed (HabCodecParser *parser, const guint8 *data, gsize size)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE,
      sizeof (HabSubsample));
  g_autoptr (GError) error = NULL;

  g_assert_false (parser->codec->parse_ranges (parser, data, size, ranges,
      &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
}

static void
test_damage (void)
{
  static const Slice slice = { TRAIL_R, 'P', 1, 40, 3, 0, 4, 2 };
  static const Slice unknown_pps = { TRAIL_R, 'P', 9, 0, 3, 0, 0, 0 };
  g_autoptr (HabCodecParser) parser = parser_new (4);
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GByteArray) record = codec_data_new (4);

  append_slice (whole, 4, &slice, 40);
  for (gsize size = 1; size < whole->len; size++) {
    /* Exactly the bytes, so that a checker sees a read beyond them. */
    g_autofree guint8 *cut = g_memdup2 (whole->data, size);

    assert_malformed (parser, cut, size);
  }
  append_slice (unit, 4, &unknown_pps, 40);
  assert_malformed (parser, unit->data, unit->len);

  for (gsize size = 0; size < record->len; size++) {
    g_autofree guint8 *cut = g_memdup2 (record->data, size);
    g_autoptr (GError) error = NULL;

    g_assert_false (parser->codec->parse_codec_data (parser, cut, size,
        &error));
    g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
  }
}

/* A view of another layer (multiview) has parameter sets that are not known. */
static void
test_layers (void)
{
  static const guint8 view[] = { 0, 0, 0, 5, TRAIL_R << 1, 1 << 3 | 1, 1, 2, 3 };
  g_autoptr (HabCodecParser) parser = parser_new (4);
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE,
      sizeof (HabSubsample));
  g_autoptr (GError) error = NULL;
  HabAccessUnitInfo info;

  g_assert_false (parser->codec->parse_ranges (parser, view, sizeof view,
      ranges, &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED);
  g_assert_true (hab_codec_parser_parse_access_unit (parser, view, sizeof view,
      &info, NULL));
  g_assert_cmpint (info.picture_type, ==, 0);
}

static void
test_access_units (void)
{
  static const struct
  {
    guint8 nal_type;
    gchar type;
    HabRandomAccess random_access;
    HabLeading leading;
  } cases[] = {
    { IDR_W_RADL, 'I', HAB_RANDOM_ACCESS_IDR, HAB_LEADING_NO },
    { IDR_N_LP, 'I', HAB_RANDOM_ACCESS_IDR, HAB_LEADING_NO },
    { CRA, 'I', HAB_RANDOM_ACCESS_CRA, HAB_LEADING_NO },
    { BLA_W_LP, 'I', HAB_RANDOM_ACCESS_CRA, HAB_LEADING_NO },
    { RADL_N, 'P', HAB_RANDOM_ACCESS_NONE, HAB_LEADING_DECODABLE },
    { RASL_N, 'B', HAB_RANDOM_ACCESS_NONE, HAB_LEADING_DEPENDENT },
    { TRAIL_R, 'I', HAB_RANDOM_ACCESS_NONE, HAB_LEADING_NO },
    { TRAIL_R, 'P', HAB_RANDOM_ACCESS_NONE, HAB_LEADING_NO },
  };
  g_autoptr (HabCodecParser) parser = parser_new (4);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const Slice slice = { cases[i].nal_type, cases[i].type, 1, 0, 4, 0, 14, 200 };
    g_autoptr (GByteArray) unit = g_byte_array_new ();
    HabAccessUnitInfo info;

    append_slice (unit, 4, &slice, 3000);
    g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
        unit->len, &info, NULL));
    g_assert_cmpint (info.random_access, ==, cases[i].random_access);
    g_assert_cmpint (info.leading, ==, cases[i].leading);
    g_assert_cmpint (info.picture_type, ==, cases[i].type);
  }
}

/* A second slice of another type, then a header that needs more than the first
 * bytes of its NAL unit. */
static void
test_picture_type (void)
{
  static const Slice first = { TRAIL_R, 'I', 0, 0, 1, 0, 0, 0 };
  static const Slice segment = { TRAIL_R, 'D', 0, 60, 1, 0, 0, 0 };
  static const Slice second = { TRAIL_R, 'B', 1, 150, 1, 0, 14, 256 };
  g_autoptr (HabCodecParser) parser = parser_new (4);
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  HabAccessUnitInfo info;

  append_slice (unit, 4, &first, 30);
  append_slice (unit, 4, &segment, 30);
  g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
      unit->len, &info, NULL));
  g_assert_cmpint (info.picture_type, ==, 'I');
  g_assert_cmpuint (append_slice (unit, 4, &second, 3000), >, 400);
  g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
      unit->len, &info, NULL));
  g_assert_cmpint (info.picture_type, ==, 'B');
}

static void
test_mime_codec (void)
{
  static const struct
  {
    const gchar *stream_format;
    guint8 profile[12]; /* the record's bytes 1 to 12 */
    const gchar *mime;
  } cases[] = {
    { "hvc1", { 1, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93 },
        "hvc1.1.6.L93.B0" },
    { "hev1", { 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 60 },
        "hev1.1.6.L60.90" },
    { "hvc1", { 0x22, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 150 },
        "hvc1.2.4.H150" },
    { "hvc1", { 0x84, 0x08, 0, 0, 0, 0xbe, 8, 0, 0, 0, 1, 180 },
        "hvc1.B4.10.L180.BE.8.0.0.0.1" },
  };
  const HabCodec *codec = hab_codec_find ("video/x-h265", 0);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) record = codec_data_new (4);
    g_autofree gchar *mime = NULL;

    memcpy (record->data + 1, cases[i].profile, 12);
    mime = codec->mime_codec (cases[i].stream_format, record->data,
        record->len, NULL);
    g_assert_cmpstr (mime, ==, cases[i].mime);
    g_assert_null (codec->mime_codec (cases[i].stream_format, record->data, 22,
        NULL));
  }
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/h265/slice-header", test_slice_header);
  g_test_add_func ("/h265/segments-and-others", test_segments_and_others);
  g_test_add_func ("/h265/in-band-parameter-sets",
      test_in_band_parameter_sets);
  g_test_add_func ("/h265/any-slices", test_any_slices);
  g_test_add_func ("/h265/damage", test_damage);
  g_test_add_func ("/h265/layers", test_layers);
  g_test_add_func ("/h265/access-units", test_access_units);
  g_test_add_func ("/h265/picture-type", test_picture_type);
  g_test_add_func ("/h265/mime-codec", test_mime_codec);
  return g_test_run ();
}
