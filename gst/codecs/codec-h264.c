/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* H.264 (ITU-T H.264, ISO/IEC 14496-10), length-prefixed as in ISO/IEC
 * 14496-15 (avc1, avc3):
 *
 *   access unit: { length (1, 2 or 4 bytes), NAL unit } ...
 *   NAL unit:    header (1 byte), payload
 *
 * Encryption covers of each slice NAL unit what comes behind its slice header;
 * how long that header is depends on the parameter sets, which may change in
 * band. Random access points are IDR pictures and pictures with a recovery
 * point SEI whose recovery_frame_cnt is 0. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"
#include "nal-walk.h"

/* gsth264parser.h calls its own interface unstable. */
#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gsth264parser.h>

/* The NAL unit types that matter here (Rec. ITU-T H.264, table 7-1). */
#define FIRST_VCL_TYPE GST_H264_NAL_SLICE
#define LAST_VCL_TYPE GST_H264_NAL_SLICE_IDR

/* Bytes of a slice that hold first_mb_in_slice and slice_type: the header, two
 * Exp-Golomb codes of at most 32 and 7 bits, and emulation prevention. */
#define SLICE_TYPE_BYTES 16

typedef struct
{
  HabCodecParser base;
  GstH264NalParser *parser;
  guint length_size; /* bytes of a NAL unit's length field */
} H264Parser;

static HabCodecParser *
h264_parser_new (const HabCodec *codec)
{
  H264Parser *self = g_new0 (H264Parser, 1);

  self->base.codec = codec;
  self->parser = gst_h264_nal_parser_new ();
  self->length_size = 4;
  return &self->base;
}

static void
h264_parser_free (HabCodecParser *parser)
{
  H264Parser *self = (H264Parser *) parser;

  gst_h264_nal_parser_free (self->parser);
  g_free (self);
}

static gboolean
store_parameter_sets (H264Parser *self, GArray *units)
{
  for (guint i = 0; i < units->len; i++) {
    GstH264NalUnit *nalu = &g_array_index (units, GstH264NalUnit, i);

    if (gst_h264_parser_parse_nal (self->parser, nalu) != GST_H264_PARSER_OK)
      return FALSE;
  }
  return TRUE;
}

static gboolean
h264_parse_codec_data (HabCodecParser *parser, const guint8 *data, gsize size,
    GError **error)
{
  H264Parser *self = (H264Parser *) parser;
  GstH264DecoderConfigRecord *record = NULL;
  gboolean stored;

  if (size == 0 ||
      gst_h264_parser_parse_decoder_config_record (self->parser, data, size,
          &record) != GST_H264_PARSER_OK) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "the AVC decoder configuration record is malformed");
    return FALSE;
  }

  self->length_size = record->length_size_minus_one + 1;
  stored = store_parameter_sets (self, record->sps) &&
      store_parameter_sets (self, record->pps);
  gst_h264_decoder_config_record_free (record);

  if (!stored) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "the AVC decoder configuration record has a parameter set that "
        "cannot be read");
  }
  return stored;
}

/* --- NAL units --------------------------------------------------------- */

static guint8
type_of (const HabNalUnit *unit)
{
  return unit->data[0] & 0x1f;
}

static gboolean
is_vcl (guint8 type)
{
  return type >= FIRST_VCL_TYPE && type <= LAST_VCL_TYPE;
}

static gboolean
is_parameter_set (guint8 type)
{
  return type == GST_H264_NAL_SPS || type == GST_H264_NAL_PPS ||
      type == GST_H264_NAL_SUBSET_SPS;
}

/* Hands a NAL unit, of which all can be read, to the parser library. FALSE
 * where it does not take it. */
static gboolean
identify (H264Parser *self, const HabNalUnit *unit, GstH264NalUnit *nalu)
{
  return gst_h264_parser_identify_nalu_avc (self->parser,
             unit->data - self->length_size, 0,
             self->length_size + unit->size, self->length_size,
             nalu) == GST_H264_PARSER_OK;
}

/* Keeps a parameter set that came in band. A broken one is left to the first
 * slice that needs it: many streams carry sets that nothing uses. */
static void
keep_parameter_set (H264Parser *self, const HabNalUnit *unit)
{
  GstH264NalUnit nalu;

  if (unit->size <= HAB_NAL_MAX_PARAMETER_BYTES && identify (self, unit, &nalu))
    gst_h264_parser_parse_nal (self->parser, &nalu);
}

/* --- what an access unit is -------------------------------------------- */

static gboolean
has_recovery_point (GArray *messages)
{
  for (guint i = 0; i < messages->len; i++) {
    GstH264SEIMessage *sei = &g_array_index (messages, GstH264SEIMessage, i);

    if (sei->payloadType == GST_H264_SEI_RECOVERY_POINT &&
        sei->payload.recovery_point.recovery_frame_cnt == 0)
      return TRUE;
  }
  return FALSE;
}

/* A SEI that cannot be read says nothing, which is no error. */
static void
inspect_sei (H264Parser *self, const HabNalUnit *unit, HabAccessUnitInfo *info)
{
  g_autoptr (GArray) messages = NULL;
  GstH264NalUnit nalu;

  if (info->random_access == HAB_RANDOM_ACCESS_NONE &&
      identify (self, unit, &nalu) &&
      gst_h264_parser_parse_sei (self->parser, &nalu, &messages) ==
          GST_H264_PARSER_OK &&
      has_recovery_point (messages))
    info->random_access = HAB_RANDOM_ACCESS_RECOVERY_POINT;
}

typedef struct
{
  const guint8 *data;
  guint n_bits, position;
} Bits;

static guint
read_bit (Bits *bits)
{
  guint i = bits->position++;

  return i < bits->n_bits ? bits->data[i / 8] >> (7 - i % 8) & 1 : 1;
}

/* ue(v), 9.1. Beyond the end it reads ones, which end every code. */
static guint32
read_ue (Bits *bits)
{
  guint zeros = 0;
  guint32 suffix = 0;

  while (zeros < 31 && read_bit (bits) == 0)
    zeros++;
  for (guint i = 0; i < zeros; i++)
    suffix = suffix << 1 | read_bit (bits);
  return (1u << zeros) - 1 + suffix;
}

/* Drops the emulation prevention bytes (7.4.1) of the first bytes of a slice. */
static guint
unescape (const guint8 *data, guint size, guint8 *out)
{
  guint n = 0, zeros = 0;

  for (guint i = 0; i < size; i++) {
    if (zeros >= 2 && data[i] == 3) {
      zeros = 0;
      continue;
    }
    zeros = data[i] == 0 ? zeros + 1 : 0;
    out[n++] = data[i];
  }
  return n;
}

/* slice_type (table 7-6) of a slice, as 'P', 'B' or 'I'. */
static gchar
slice_picture_type (const HabNalUnit *unit)
{
  static const gchar types[] = { 'P', 'B', 'I', 'P', 'I' };
  guint8 payload[SLICE_TYPE_BYTES];
  guint size = MIN (unit->size, SLICE_TYPE_BYTES);
  Bits bits = { payload, 0, 0 };

  bits.n_bits = 8 * unescape (unit->data + 1, size - 1, payload);
  read_ue (&bits); /* first_mb_in_slice */
  return types[read_ue (&bits) % 5];
}

static void
inspect_slice (const HabNalUnit *unit, HabAccessUnitInfo *info)
{
  guint8 type = type_of (unit);

  if (type == GST_H264_NAL_SLICE_IDR)
    info->random_access = HAB_RANDOM_ACCESS_IDR;
  /* The partitions B and C of a slice have no type of their own. */
  if (type != GST_H264_NAL_SLICE_DPB && type != GST_H264_NAL_SLICE_DPC)
    info->picture_type = hab_picture_type_least_independent (
        info->picture_type, slice_picture_type (unit));
}

static gboolean
inspect_unit (gpointer parser, const HabNalWalk *walk, HabNalUnit *unit,
    HabAccessUnitInfo *info, GError **error)
{
  H264Parser *self = parser;
  guint8 type = type_of (unit);

  if (is_vcl (type)) {
    inspect_slice (unit, info);
    return TRUE;
  }
  if (!(is_parameter_set (type) || type == GST_H264_NAL_SEI) ||
      unit->size > HAB_NAL_MAX_PARAMETER_BYTES)
    return TRUE;
  if (!hab_nal_walk_read (walk, unit, unit->size, error))
    return FALSE;
  if (type == GST_H264_NAL_SEI)
    inspect_sei (self, unit, info);
  else
    keep_parameter_set (self, unit);
  return TRUE;
}

static gboolean
h264_parse_access_unit (HabCodecParser *parser, gsize size,
    HabAccessUnitRead read, gpointer read_data, HabAccessUnitInfo *info,
    GError **error)
{
  H264Parser *self = (H264Parser *) parser;
  HabNalWalk walk = { .length_size = self->length_size,
    .peek = SLICE_TYPE_BYTES, .size = size, .read = read,
    .read_data = read_data };

  return hab_nal_parse_access_unit (&walk, inspect_unit, self, info, error);
}

/* --- what encryption covers -------------------------------------------- */

/* Bytes of the slice NAL unit up to the end of its slice header, emulation
 * prevention included, rounded up; 0 with error set where it cannot be told. */
static gsize
slice_header_bytes (H264Parser *self, const HabNalUnit *unit, GError **error)
{
  GstH264ParserResult result = GST_H264_PARSER_ERROR;
  GstH264NalUnit nalu;
  GstH264SliceHdr header;

  if (identify (self, unit, &nalu))
    result = gst_h264_parser_parse_slice_hdr (self->parser, &nalu, &header,
        TRUE, TRUE);
  if (result != GST_H264_PARSER_OK) {
    g_set_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        result == GST_H264_PARSER_BROKEN_LINK ?
            "a slice refers to a parameter set that the stream does not have" :
            "a slice header cannot be read");
    return 0;
  }
  return nalu.header_bytes + (header.header_size + 7) / 8;
}

static gsize
clear_bytes (gpointer parser, const HabNalUnit *unit, GError **error)
{
  guint8 type = type_of (unit);

  if (type >= GST_H264_NAL_SLICE_DPA && type <= GST_H264_NAL_SLICE_DPC) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "slice data partitioning (Extended profile) cannot be encrypted");
    return 0;
  }
  if (is_vcl (type))
    return slice_header_bytes (parser, unit, error);
  if (is_parameter_set (type))
    keep_parameter_set (parser, unit);
  return unit->size;
}

static gboolean
h264_parse_ranges (HabCodecParser *parser, const guint8 *data, gsize size,
    GArray *ranges, GError **error)
{
  H264Parser *self = (H264Parser *) parser;

  return hab_nal_parse_ranges (self->length_size, data, size, clear_bytes,
      self, ranges, error);
}

/* --- in ISO BMFF -------------------------------------------------------- */

static const gchar *
h264_sample_entry (const gchar *stream_format)
{
  return g_strcmp0 (stream_format, "avc3") == 0 ? "avc3" : "avc1";
}

static gboolean
check_codec_data (const guint8 *codec_data, gsize size, GError **error)
{
  if (size >= 7 && codec_data[0] == 1)
    return TRUE;
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      "the AVC decoder configuration record is missing or malformed");
  return FALSE;
}

static gboolean
h264_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  if (!check_codec_data (codec_data, size, error))
    return FALSE;
  hab_box_begin (writer, "avcC");
  hab_box_put_data (writer, codec_data, size);
  hab_box_end (writer);
  return TRUE;
}

/* RFC 6381, 3.3: profile, constraint flags and level of the record. */
static gchar *
h264_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  if (!check_codec_data (codec_data, size, error))
    return NULL;
  return g_strdup_printf ("%s.%02x%02x%02x", h264_sample_entry (stream_format),
      codec_data[1], codec_data[2], codec_data[3]);
}

const HabCodec hab_codec_h264 = {
  .kind = HAB_MEDIA_VIDEO,
  .media_type = "video/x-h264",
  .gst_parser = "h264parse",
  .caps = "video/x-h264, stream-format = (string) { avc, avc3 }, "
          "alignment = (string) au",
  .nal_units = TRUE,
  .sample_entry = h264_sample_entry,
  .write_config = h264_write_config,
  .mime_codec = h264_mime_codec,
  .parser_new = h264_parser_new,
  .parser_free = h264_parser_free,
  .parse_codec_data = h264_parse_codec_data,
  .parse_access_unit = h264_parse_access_unit,
  .parse_ranges = h264_parse_ranges,
};
