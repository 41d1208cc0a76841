/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Slices are written here bit by bit from the syntax tables of Rec. ITU-T
 * H.264, so that the length of each slice header is known from the writing and
 * not from another parser. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "any-ranges.h"
#include "bit-writer.h"
#include "codec-ranges.h"

/* NAL units of H.264 have a header of one byte. */
static guint
append_unit (GByteArray *unit, guint length_size, guint8 header,
    const GByteArray *payload, guint n_bytes)
{
  return append_nal (unit, length_size, &header, 1, payload, n_bytes);
}

/* --- streams ----------------------------------------------------------------- */

/* Constrained Baseline, level 3.0, 320x240, POC type 2, 8 bits of frame_num. */
static GByteArray *
sps_payload (void)
{
  Bits bits = { g_byte_array_new (), 0 };

  put (&bits, 8, 66);
  put (&bits, 8, 0xc0);
  put (&bits, 8, 30);
  put_ue (&bits, 0);
  put_ue (&bits, 4); /* log2_max_frame_num_minus4 */
  put_ue (&bits, 2); /* pic_order_cnt_type */
  put_ue (&bits, 1); /* max_num_ref_frames */
  put (&bits, 1, 0);
  put_ue (&bits, 19);
  put_ue (&bits, 14);
  put (&bits, 1, 1); /* frame_mbs_only_flag */
  put (&bits, 1, 1);
  put (&bits, 1, 0);
  put (&bits, 1, 0);
  put_trailing (&bits);
  return bits.bytes;
}

static GByteArray *
pps_payload (guint id, gboolean deblocking_control)
{
  Bits bits = { g_byte_array_new (), 0 };

  put_ue (&bits, id);
  put_ue (&bits, 0);
  put (&bits, 1, 0); /* entropy_coding_mode_flag */
  put (&bits, 1, 0);
  put_ue (&bits, 0); /* num_slice_groups_minus1 */
  put_ue (&bits, 0);
  put_ue (&bits, 0);
  put (&bits, 1, 0);
  put (&bits, 2, 0);
  put_se (&bits, 0);
  put_se (&bits, 0);
  put_se (&bits, 0);
  put (&bits, 1, deblocking_control);
  put (&bits, 1, 0);
  put (&bits, 1, 0);
  put_trailing (&bits);
  return bits.bytes;
}

typedef struct
{
  gboolean idr;
  gchar type; /* I or P */
  guint pps;  /* PPS 1 has deblocking control */
  guint first_mb;
  guint idr_pic_id;
  guint frame_num;
  gint qp_delta;
} Slice;

/* Slice header (7.3.3), then size bytes of data. Returns the bytes of the NAL
 * unit up to the end of the header. */
static guint
append_slice (GByteArray *unit, guint length_size, const Slice *slice,
    guint size)
{
  Bits bits = { g_byte_array_new (), 0 };
  guint header_bytes, held;

  put_ue (&bits, slice->first_mb);
  put_ue (&bits, slice->type == 'I' ? 7 : 5);
  put_ue (&bits, slice->pps);
  put (&bits, 8, slice->frame_num);
  if (slice->idr)
    put_ue (&bits, slice->idr_pic_id);
  if (slice->type == 'P') {
    put (&bits, 1, 0); /* num_ref_idx_active_override_flag */
    put (&bits, 1, 0); /* ref_pic_list_modification_flag_l0 */
  }
  put (&bits, slice->idr ? 2 : 1, 0); /* dec_ref_pic_marking */
  put_se (&bits, slice->qp_delta);
  if (slice->pps == 1)
    put_ue (&bits, 1); /* disable_deblocking_filter_idc */
  header_bytes = (bits.n_bits + 7) / 8;

  put_data (&bits, size);
  put_trailing (&bits);
  held = append_unit (unit, length_size, slice->idr ? 0x65 : 0x41,
      bits.bytes, header_bytes);
  g_byte_array_unref (bits.bytes);
  return held;
}

static GByteArray *
codec_data_new (guint length_size)
{
  const guint8 head[] = { 1, 66, 0xc0, 30, 0xfc | (length_size - 1), 0xe1 };
  const guint8 two = 2;
  GByteArray *record = g_byte_array_new ();
  g_autoptr (GByteArray) sps = sps_payload ();

  g_byte_array_append (record, head, sizeof head);
  append_unit (record, 2, 0x67, sps, 0);
  g_byte_array_append (record, &two, 1);
  for (guint id = 0; id < 2; id++) {
    g_autoptr (GByteArray) pps = pps_payload (id, id == 1);

    append_unit (record, 2, 0x68, pps, 0);
  }
  return record;
}

static HabCodecParser *
parser_new (guint length_size)
{
  HabCodecParser *parser = hab_codec_parser_new (hab_codec_find (
      "video/x-h264", 0));
  g_autoptr (GByteArray) record = codec_data_new (length_size);
  g_autoptr (GError) error = NULL;

  parser->codec->parse_codec_data (parser, record->data, record->len, &error);
  g_assert_no_error (error);
  return parser;
}

/* --- tests -------------------------------------------------------------------- */

static void
test_slice_header (void)
{
  static const Slice slices[] = {
    { TRUE, 'I', 0, 0, 0, 0, 0 },
    { TRUE, 'I', 1, 0, 0, 0, 0 },
    { FALSE, 'P', 0, 0, 0, 1, 0 },
    { FALSE, 'P', 1, 0, 0, 255, -20 },
    { FALSE, 'I', 0, 0, 0, 7, 25 },
    { FALSE, 'P', 0, 299, 0, 3, 12 },
    /* Long runs of zeros: emulation prevention inside the header. */
    { TRUE, 'I', 0, 0, 65535, 0, 0 },
    { TRUE, 'I', 1, 0, 65535, 0, 26 },
    { TRUE, 'I', 0, 0, 32767, 0, -26 },
  };

  for (guint length_size = 1; length_size <= 4; length_size *= 2) {
    g_autoptr (HabCodecParser) parser = parser_new (length_size);

    for (guint i = 0; i < G_N_ELEMENTS (slices); i++) {
      g_autoptr (GByteArray) unit = g_byte_array_new ();
      g_autoptr (GArray) ranges = NULL;
      guint header = append_slice (unit, length_size, &slices[i], 100);

      ranges = parse_ranges (parser, unit);
      g_assert_cmpuint (ranges->len, ==, 1);
      assert_range (ranges, 0, length_size + header,
          unit->len - length_size - header);
    }
  }
}

static void
test_slices_and_others (void)
{
  static const Slice first = { TRUE, 'I', 0, 0, 0, 0, 0 };
  static const Slice second = { TRUE, 'I', 1, 150, 0, 0, 0 };
  static const guint8 delimiter[] = { 0, 0, 0, 2, 9, 0xf0 };
  static const guint8 empty[] = { 0, 0, 0, 0 };
  g_autoptr (HabCodecParser) parser = parser_new (4);
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GArray) ranges = NULL;
  guint headers[2], ends[2];

  g_byte_array_append (unit, delimiter, sizeof delimiter);
  headers[0] = append_slice (unit, 4, &first, 300);
  ends[0] = unit->len;
  g_byte_array_append (unit, empty, sizeof empty);
  headers[1] = append_slice (unit, 4, &second, 10);
  ends[1] = unit->len;
  g_byte_array_append (unit, delimiter, sizeof delimiter);

  ranges = parse_ranges (parser, unit);
  g_assert_cmpuint (ranges->len, ==, 3);
  assert_range (ranges, 0, 6 + 4 + headers[0], ends[0] - 10 - headers[0]);
  assert_range (ranges, 1, 4 + 4 + headers[1],
      ends[1] - ends[0] - 8 - headers[1]);
  assert_range (ranges, 2, 6, 0);
}

/* A parameter set that comes in band counts from there on, as in avc3. */
static void
test_in_band_parameter_sets (void)
{
  static const Slice slice = { TRUE, 'I', 1, 0, 0, 0, 0 };
  HabCodecParser *parser = hab_codec_parser_new (hab_codec_find (
      "video/x-h264", 0));
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GByteArray) sps = sps_payload ();
  g_autoptr (GByteArray) pps = pps_payload (1, TRUE);
  g_autoptr (GArray) ranges = NULL;
  guint header, before;

  append_unit (unit, 4, 0x67, sps, 0);
  append_unit (unit, 4, 0x68, pps, 0);
  before = unit->len;
  header = append_slice (unit, 4, &slice, 64);
  ranges = parse_ranges (parser, unit);
  assert_range (ranges, 0, before + 4 + header, unit->len - before - 4 - header);
  hab_codec_parser_free (parser);
}

static void
test_damage (void)
{
  static const Slice slice = { TRUE, 'I', 0, 0, 0, 0, 0 };
  static const Slice unknown_pps = { TRUE, 'I', 9, 0, 0, 0, 0 };
  g_autoptr (HabCodecParser) parser = parser_new (4);
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE,
      sizeof (HabSubsample));
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  append_slice (whole, 4, &slice, 40);
  for (gsize size = 1; size < whole->len; size++) {
    /* Exactly the bytes, so that a checker sees a read beyond them. */
    g_autofree guint8 *cut = g_memdup2 (whole->data, size);

    g_assert_false (parser->codec->parse_ranges (parser, cut, size, ranges,
        &error));
    g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
    g_clear_error (&error);
  }

  append_slice (unit, 4, &unknown_pps, 40);
  g_assert_false (parser->codec->parse_ranges (parser, unit->data, unit->len,
      ranges, &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
}

/* --- whatever the slices ------------------------------------------------------ */

#define N_PICTURES 400
#define MAX_SLICES 8

static Slice
random_slice (void)
{
  gboolean idr = g_test_rand_bit ();

  return (Slice) {
    .idr = idr,
    .type = idr || g_test_rand_bit () ? 'I' : 'P',
    .pps = g_test_rand_int_range (0, 2),
    .first_mb = g_test_rand_int_range (0, 300),
    .idr_pic_id = g_test_rand_int_range (0, 65536),
    .frame_num = g_test_rand_int_range (0, 256),
    .qp_delta = g_test_rand_int_range (-26, 26),
  };
}

static void
append_random_picture (GByteArray *unit, GByteArray *clear, guint length_size)
{
  guint max = length_size == 1 ? 200 : 3000;

  for (gint i = g_test_rand_int_range (1, MAX_SLICES + 1); i > 0; i--) {
    Slice slice = random_slice ();
    guint held = append_slice (unit, length_size, &slice,
        g_test_rand_int_range (1, max));

    mark_bytes (clear, unit, length_size + held);
  }
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
test_picture_type (void)
{
  static const Slice i = { FALSE, 'I', 0, 0, 0, 1, 0 };
  static const Slice p = { FALSE, 'P', 0, 150, 0, 1, 0 };
  static const Slice idr = { TRUE, 'I', 0, 0, 0, 0, 0 };
  g_autoptr (HabCodecParser) parser = parser_new (4);
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  HabAccessUnitInfo info;

  append_slice (unit, 4, &i, 30);
  g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
      unit->len, &info, NULL));
  g_assert_cmpint (info.picture_type, ==, 'I');
  g_assert_cmpint (info.random_access, ==, HAB_RANDOM_ACCESS_NONE);

  append_slice (unit, 4, &p, 30);
  g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
      unit->len, &info, NULL));
  g_assert_cmpint (info.picture_type, ==, 'P');

  g_byte_array_set_size (unit, 0);
  append_slice (unit, 4, &idr, 30);
  g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
      unit->len, &info, NULL));
  g_assert_cmpint (info.random_access, ==, HAB_RANDOM_ACCESS_IDR);
}

static void
test_mime_codec (void)
{
  const HabCodec *codec = hab_codec_find ("video/x-h264", 0);
  g_autoptr (GByteArray) record = codec_data_new (4);
  g_autofree gchar *avc1 = codec->mime_codec ("avc", record->data, record->len,
      NULL);
  g_autofree gchar *avc3 = codec->mime_codec ("avc3", record->data,
      record->len, NULL);

  g_assert_cmpstr (avc1, ==, "avc1.42c01e");
  g_assert_cmpstr (avc3, ==, "avc3.42c01e");
  g_assert_null (codec->mime_codec ("avc", record->data, 3, NULL));
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/h264/slice-header", test_slice_header);
  g_test_add_func ("/h264/slices-and-others", test_slices_and_others);
  g_test_add_func ("/h264/in-band-parameter-sets",
      test_in_band_parameter_sets);
  g_test_add_func ("/h264/damage", test_damage);
  g_test_add_func ("/h264/any-slices", test_any_slices);
  g_test_add_func ("/h264/picture-type", test_picture_type);
  g_test_add_func ("/h264/mime-codec", test_mime_codec);
  return g_test_run ();
}
