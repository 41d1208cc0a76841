/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* H.265 (ITU-T H.265, ISO/IEC 23008-2), length-prefixed as in ISO/IEC 14496-15
 * (hvc1, hev1):
 *
 *   access unit: { length (1, 2 or 4 bytes), NAL unit } ...
 *   NAL unit:    header (2 bytes), payload
 *
 * Encryption covers of each slice segment what comes behind its header, whose
 * end is byte_alignment (). How long that header is depends on the parameter
 * sets, which may change in band.
 *
 * Random access points are the IRAP pictures: IDR, CRA and BLA. A BLA picture
 * counts as CRA, of which it is what splicing left: its leading pictures of
 * type RASL refer to what is not there either. A recovery point SEI makes no
 * random access point here: decoders wait for an IRAP picture, and nothing
 * else is a sync sample in a file (ISO/IEC 14496-15, 8.4.3). */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"
#include "nal-walk.h"

/* gsth265parser.h calls its own interface unstable. */
#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gsth265parser.h>

#define NAL_HEADER_SIZE 2

/* The fixed part of the decoder configuration record (ISO/IEC 14496-15,
 * 8.3.3.1.2), and where in it are the size of lengths and the profile. */
#define RECORD_SIZE 23
#define RECORD_LENGTH_SIZE 21
#define RECORD_N_ARRAYS 22

/* Bytes of a slice segment in which its header ends, but for pictures with
 * very many entry points. */
#define HEADER_BYTES 512

typedef struct
{
  HabCodecParser base;
  GstH265Parser *parser;
  guint length_size; /* bytes of a NAL unit's length field */
} H265Parser;

static HabCodecParser *
h265_parser_new (const HabCodec *codec)
{
  H265Parser *self = g_new0 (H265Parser, 1);

  self->base.codec = codec;
  self->parser = gst_h265_parser_new ();
  self->length_size = 4;
  return &self->base;
}

static void
h265_parser_free (HabCodecParser *parser)
{
  H265Parser *self = (H265Parser *) parser;

  gst_h265_parser_free (self->parser);
  g_free (self);
}

/* --- NAL units --------------------------------------------------------- */

static guint8
type_of (const HabNalUnit *unit)
{
  return unit->data[0] >> 1 & 0x3f;
}

/* Types of slice segments (Rec. ITU-T H.265, table 7-1). Decoders drop the
 * reserved ones between and behind them. */
static gboolean
is_slice (guint8 type)
{
  return type <= GST_H265_NAL_SLICE_RASL_R ||
      (type >= GST_H265_NAL_SLICE_BLA_W_LP &&
          type <= GST_H265_NAL_SLICE_CRA_NUT);
}

/* 0 but for scalable and multiview extensions. */
static guint8
layer_of (const HabNalUnit *unit)
{
  return (unit->data[0] & 1) << 5 | unit->data[1] >> 3;
}

static gboolean
is_parameter_set (guint8 type)
{
  return type >= GST_H265_NAL_VPS && type <= GST_H265_NAL_PPS;
}

/* The parser library's view of the first size bytes of a NAL unit. */
static GstH265NalUnit
as_nalu (const guint8 *data, gsize size)
{
  return (GstH265NalUnit){
    .type = data[0] >> 1 & 0x3f,
    .layer_id = (data[0] & 1) << 5 | data[1] >> 3,
    .temporal_id_plus1 = data[1] & 7,
    .size = size,
    .valid = TRUE,
    .data = (guint8 *) data,
    .header_bytes = NAL_HEADER_SIZE,
  };
}

static gboolean
store_parameter_set (H265Parser *self, const guint8 *data, gsize size)
{
  GstH265NalUnit nalu;

  if (size <= NAL_HEADER_SIZE || size > HAB_NAL_MAX_PARAMETER_BYTES)
    return FALSE;
  nalu = as_nalu (data, size);
  return gst_h265_parser_parse_nal (self->parser, &nalu) == GST_H265_PARSER_OK;
}

/* Keeps a parameter set that came in band. A broken one is left to the first
 * slice that needs it: many streams carry sets that nothing uses. */
static void
keep_parameter_set (H265Parser *self, const HabNalUnit *unit)
{
  if (layer_of (unit) == 0)
    store_parameter_set (self, unit->data, unit->size);
}

/* --- the decoder configuration record ------------------------------------ */

static gboolean
check_codec_data (const guint8 *codec_data, gsize size, GError **error)
{
  /* Records from before the standard have version 0. */
  if (size >= RECORD_SIZE && codec_data[0] <= 1)
    return TRUE;
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      "the HEVC decoder configuration record is missing or malformed");
  return FALSE;
}

/* Takes the NAL unit behind 16 bits of size that the record has at *data. */
static gboolean
next_in_record (const guint8 **data, gsize *left, const guint8 **unit,
    gsize *size)
{
  if (*left < 2)
    return FALSE;
  *size = (*data)[0] << 8 | (*data)[1];
  *unit = *data + 2;
  if (*size > *left - 2)
    return FALSE;
  *data += 2 + *size;
  *left -= 2 + *size;
  return TRUE;
}

/* Stores the parameter sets of one type, in whatever order the record has its
 * arrays: each kind refers to the one before. */
static gboolean
store_arrays (H265Parser *self, guint8 wanted, const guint8 *data, gsize left,
    guint n_arrays)
{
  for (guint i = 0; i < n_arrays; i++) {
    guint8 type;
    guint n_units;

    if (left < 3)
      return FALSE;
    type = data[0] & 0x3f;
    n_units = data[1] << 8 | data[2];
    data += 3;
    left -= 3;
    for (guint j = 0; j < n_units; j++) {
      const guint8 *unit;
      gsize size;

      if (!next_in_record (&data, &left, &unit, &size) ||
          (type == wanted && !store_parameter_set (self, unit, size)))
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
h265_parse_codec_data (HabCodecParser *parser, const guint8 *data, gsize size,
    GError **error)
{
  H265Parser *self = (H265Parser *) parser;

  if (!check_codec_data (data, size, error))
    return FALSE;
  self->length_size = (data[RECORD_LENGTH_SIZE] & 3) + 1;
  for (guint type = GST_H265_NAL_VPS; type <= GST_H265_NAL_PPS; type++) {
    if (!store_arrays (self, type, data + RECORD_SIZE, size - RECORD_SIZE,
            data[RECORD_N_ARRAYS])) {
      g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
          "the HEVC decoder configuration record has a parameter set that "
          "cannot be read");
      return FALSE;
    }
  }
  return TRUE;
}

/* --- what an access unit is -------------------------------------------- */

/* slice_type as 'P', 'B' or 'I'; 0 where the slice segment depends on the one
 * before and has none of its own. FALSE where the header does not end within
 * size bytes, or has another fault. */
static gboolean
read_slice_type (H265Parser *self, const guint8 *data, gsize size, gchar *type)
{
  static const gchar types[] = { 'B', 'P', 'I' };
  GstH265NalUnit nalu = as_nalu (data, size);
  GstH265SliceHdr header;

  if (gst_h265_parser_parse_slice_hdr (self->parser, &nalu, &header) !=
      GST_H265_PARSER_OK)
    return FALSE;
  *type = header.dependent_slice_segment_flag ? 0 : types[header.type % 3];
  gst_h265_slice_hdr_free (&header);
  return TRUE;
}

/* A header that cannot be read says nothing, which is no error here. */
static gboolean
inspect_slice_type (H265Parser *self, const HabNalWalk *walk, HabNalUnit *unit,
    HabAccessUnitInfo *info, GError **error)
{
  gchar type = 0;

  if (!hab_nal_walk_read (walk, unit, HEADER_BYTES, error))
    return FALSE;
  if (!read_slice_type (self, unit->data, MIN (unit->size, HEADER_BYTES),
          &type) &&
      unit->size > HEADER_BYTES) {
    gsize all = MIN (unit->size, HAB_NAL_MAX_PARAMETER_BYTES);

    if (!hab_nal_walk_read (walk, unit, all, error))
      return FALSE;
    read_slice_type (self, unit->data, all, &type);
  }
  if (type)
    info->picture_type = hab_picture_type_least_independent (
        info->picture_type, type);
  return TRUE;
}

static void
inspect_picture (guint8 type, HabAccessUnitInfo *info)
{
  if (GST_H265_IS_NAL_TYPE_IDR (type))
    info->random_access = HAB_RANDOM_ACCESS_IDR;
  else if (GST_H265_IS_NAL_TYPE_CRA (type) || GST_H265_IS_NAL_TYPE_BLA (type))
    info->random_access = HAB_RANDOM_ACCESS_CRA;

  if (GST_H265_IS_NAL_TYPE_RASL (type))
    info->leading = HAB_LEADING_DEPENDENT;
  else if (GST_H265_IS_NAL_TYPE_RADL (type))
    info->leading = HAB_LEADING_DECODABLE;
  else
    info->leading = HAB_LEADING_NO;
}

static gboolean
inspect_unit (gpointer parser, const HabNalWalk *walk, HabNalUnit *unit,
    HabAccessUnitInfo *info, GError **error)
{
  H265Parser *self = parser;
  guint8 type = type_of (unit);

  if (unit->size <= NAL_HEADER_SIZE || layer_of (unit) > 0)
    return TRUE;
  if (is_slice (type)) {
    inspect_picture (type, info);
    return inspect_slice_type (self, walk, unit, info, error);
  }
  if (is_parameter_set (type) && unit->size <= HAB_NAL_MAX_PARAMETER_BYTES) {
    if (!hab_nal_walk_read (walk, unit, unit->size, error))
      return FALSE;
    keep_parameter_set (self, unit);
  }
  return TRUE;
}

static gboolean
h265_parse_access_unit (HabCodecParser *parser, gsize size,
    HabAccessUnitRead read, gpointer read_data, HabAccessUnitInfo *info,
    GError **error)
{
  H265Parser *self = (H265Parser *) parser;
  HabNalWalk walk = { .length_size = self->length_size,
    .peek = NAL_HEADER_SIZE, .size = size, .read = read,
    .read_data = read_data };

  return hab_nal_parse_access_unit (&walk, inspect_unit, self, info, error);
}

/* --- what encryption covers -------------------------------------------- */

static gsize
refuse (GError **error, HabCodecError code, const gchar *message)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, code, message);
  return 0;
}

/* Bytes of the slice segment up to the end of its header, emulation prevention
 * and alignment included; 0 with error set where it cannot be told. */
static gsize
slice_header_bytes (H265Parser *self, const HabNalUnit *unit, GError **error)
{
  GstH265NalUnit nalu = as_nalu (unit->data, unit->size);
  GstH265ParserResult result;
  GstH265SliceHdr header;
  gboolean refers_to_itself;

  result = gst_h265_parser_parse_slice_hdr (self->parser, &nalu, &header);
  if (result == GST_H265_PARSER_BROKEN_LINK)
    return refuse (error, HAB_CODEC_ERROR_MALFORMED,
        "a slice refers to a parameter set that the stream does not have");
  if (result != GST_H265_PARSER_OK)
    return refuse (error, HAB_CODEC_ERROR_MALFORMED,
        "a slice header cannot be read");

  /* The library does not count the picture itself among those that it refers
   * to, on which the length of the header depends. */
  refers_to_itself =
      header.pps->pps_scc_extension_params.pps_curr_pic_ref_enabled_flag;
  gst_h265_slice_hdr_free (&header);
  if (refers_to_itself)
    return refuse (error, HAB_CODEC_ERROR_UNSUPPORTED,
        "screen content coding with references to the current picture cannot "
        "be encrypted");
  return NAL_HEADER_SIZE + (header.header_size + 7) / 8;
}

static gsize
clear_bytes (gpointer parser, const HabNalUnit *unit, GError **error)
{
  guint8 type = type_of (unit);

  if (unit->size <= NAL_HEADER_SIZE)
    return unit->size;
  if (is_slice (type) && layer_of (unit) > 0)
    return refuse (error, HAB_CODEC_ERROR_UNSUPPORTED,
        "video of several layers (multiview or scalable) cannot be encrypted");
  if (is_slice (type))
    return slice_header_bytes (parser, unit, error);
  if (is_parameter_set (type))
    keep_parameter_set (parser, unit);
  return unit->size;
}

static gboolean
h265_parse_ranges (HabCodecParser *parser, const guint8 *data, gsize size,
    GArray *ranges, GError **error)
{
  H265Parser *self = (H265Parser *) parser;

  return hab_nal_parse_ranges (self->length_size, data, size, clear_bytes,
      self, ranges, error);
}

/* --- in ISO BMFF -------------------------------------------------------- */

static const gchar *
h265_sample_entry (const gchar *stream_format)
{
  return g_strcmp0 (stream_format, "hev1") == 0 ? "hev1" : "hvc1";
}

static gboolean
h265_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  if (!check_codec_data (codec_data, size, error))
    return FALSE;
  hab_box_begin (writer, "hvcC");
  hab_box_put_data (writer, codec_data, size);
  hab_box_end (writer);
  return TRUE;
}

static guint32
reversed (guint32 bits)
{
  guint32 result = 0;

  for (guint i = 0; i < 32; i++)
    result |= (bits >> i & 1) << (31 - i);
  return result;
}

/* ISO/IEC 14496-15, E.3: profile space and profile, compatibility flags with
 * the bits the other way round, tier and level, and the constraint flags as
 * bytes, of which those that are 0 at the end are left out. */
static gchar *
h265_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  static const gchar *const spaces[] = { "", "A", "B", "C" };
  g_autoptr (GString) codec = NULL;
  const guint8 *constraints;
  guint32 compatibility;
  guint n_constraints = 6;

  if (!check_codec_data (codec_data, size, error))
    return NULL;
  compatibility = (guint32) codec_data[2] << 24 | codec_data[3] << 16 |
      codec_data[4] << 8 | codec_data[5];
  codec = g_string_new (h265_sample_entry (stream_format));
  g_string_append_printf (codec, ".%s%u.%X.%c%u", spaces[codec_data[1] >> 6],
      codec_data[1] & 0x1f, reversed (compatibility),
      codec_data[1] & 0x20 ? 'H' : 'L', codec_data[12]);

  constraints = codec_data + 6;
  while (n_constraints > 0 && constraints[n_constraints - 1] == 0)
    n_constraints--;
  for (guint i = 0; i < n_constraints; i++)
    g_string_append_printf (codec, ".%X", constraints[i]);
  return g_string_free (g_steal_pointer (&codec), FALSE);
}

const HabCodec hab_codec_h265 = {
  .kind = HAB_MEDIA_VIDEO,
  .media_type = "video/x-h265",
  .gst_parser = "h265parse",
  .caps = "video/x-h265, stream-format = (string) { hvc1, hev1 }, "
          "alignment = (string) au",
  .nal_units = TRUE,
  .sample_entry = h265_sample_entry,
  .write_config = h265_write_config,
  .mime_codec = h265_mime_codec,
  .parser_new = h265_parser_new,
  .parser_free = h265_parser_free,
  .parse_codec_data = h265_parse_codec_data,
  .parse_access_unit = h265_parse_access_unit,
  .parse_ranges = h265_parse_ranges,
};
