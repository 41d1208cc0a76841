/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* AV1 (AV1 Bitstream and Decoding Process), temporal units in the low overhead
 * format:
 *
 *   temporal unit: { OBU header (1 or 2 bytes), size (leb128), payload } ...
 *
 * the size left out, if anywhere, in the last OBU. Encryption covers each tile
 * by itself, exactly the bytes of decode_tile (), of OBU_FRAME and
 * OBU_TILE_GROUP (AV1-ISOBMFF, 4). Where the tiles are depends on the frame
 * header, and so on the sequence header and on the frames that it refers to.
 *
 * Random access points are key frames that are shown at once. A key frame that
 * is shown later (a forward key frame) counts as none: what is shown between
 * depends on what was before. A switch frame needs the frames before it, too.
 *
 * codec_data is the payload of av1C (AV1-ISOBMFF, 2.3). qtdemux 1.22.0 cuts its
 * first bytes off; then it is made of the first sequence header instead. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"
#include "ranges.h"

/* gstav1parser.h calls its own interface unstable. */
#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gstav1parser.h>

/* av1C before its configOBUs, and its first byte: marker 1, version 1. */
#define RECORD_SIZE 4
#define RECORD_VERSION 0x81

/* An OBU's header, its size and the byte of the payload that tells a frame. */
#define OBU_HEADER_BYTES (2 + 8 + 1)

/* More than any sequence header has. */
#define MAX_SEQUENCE_BYTES 4096

/* Of color_config (): what a stream that says nothing counts as. */
#define UNSPECIFIED 2
#define BT_709 1

typedef struct
{
  HabCodecParser base;
  GstAV1Parser *parser;
  GBytes *last_sequence; /* payload of the sequence header; NULL before it */
  gboolean still;        /* its reduced_still_picture_header */
  gboolean has_references; /* a key frame of the sequence was shown */

  /* large, and used at once */
  GstAV1SequenceHeaderOBU sequence;
  GstAV1FrameOBU frame;
} Av1Parser;

static HabCodecParser *
av1_parser_new (const HabCodec *codec)
{
  Av1Parser *self = g_new0 (Av1Parser, 1);

  self->base.codec = codec;
  self->parser = gst_av1_parser_new ();
  return &self->base;
}

static void
av1_parser_free (HabCodecParser *parser)
{
  Av1Parser *self = (Av1Parser *) parser;

  gst_av1_parser_free (self->parser);
  g_clear_pointer (&self->last_sequence, g_bytes_unref);
  g_free (self);
}

static gboolean
fail (GError **error, HabCodecError code, const gchar *message)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, code, message);
  return FALSE;
}

/* --- walking a temporal unit --------------------------------------------- */

typedef struct
{
  GstAV1OBUType type;
  gsize offset;          /* of its header in the temporal unit */
  gsize payload;         /* offset of its payload in the temporal unit */
  gsize size;            /* of the payload */
  const guint8 *data;    /* the payload, as far as was asked for */
} Obu;

typedef struct
{
  gsize size; /* of the temporal unit */
  HabAccessUnitRead read;
  gpointer read_data;
  gsize next;
} ObuWalk;

/* leb128 () of at most 8 bytes, 4.10.5. Returns how many it has, 0 where it
 * does not end. */
static gsize
read_leb128 (const guint8 *data, gsize size, guint64 *value)
{
  *value = 0;
  for (gsize i = 0; i < MIN (size, 8); i++) {
    *value |= (guint64) (data[i] & 0x7f) << 7 * i;
    if (!(data[i] & 0x80))
      return i + 1;
  }
  return 0;
}

/* 5.3.2, of what is at data with left bytes until the end. Fills obu relative
 * to data. */
static gboolean
read_obu_header (const guint8 *data, gsize left, Obu *obu)
{
  gsize header = data[0] & 4 ? 2 : 1, bytes = 0;
  guint64 size = left - MIN (left, header);

  if (data[0] & 0x80 || header > left)
    return FALSE;
  if (data[0] & 2)
    bytes = read_leb128 (data + header, left - header, &size);
  obu->type = data[0] >> 3 & 0xf;
  obu->payload = header + bytes;
  obu->size = size;
  return (!(data[0] & 2) || bytes > 0) && size <= left - header - bytes;
}

/* Moves on to the next OBU, with the first byte of its payload. *end is set
 * after the last one. */
static gboolean
walk_next (ObuWalk *walk, Obu *obu, gboolean *end, GError **error)
{
  gsize left = walk->size - walk->next;
  const guint8 *data;

  *end = left == 0;
  if (*end)
    return TRUE;
  data = walk->read (walk->next, MIN (left, OBU_HEADER_BYTES), walk->read_data,
      error);
  if (data == NULL)
    return FALSE;
  if (!read_obu_header (data, left, obu))
    return fail (error, HAB_CODEC_ERROR_MALFORMED,
        "an OBU is longer than its temporal unit");
  obu->data = data + obu->payload;
  obu->offset = walk->next;
  obu->payload += walk->next;
  walk->next = obu->payload + obu->size;
  return TRUE;
}

static const guint8 *
read_memory (gsize offset, gsize want, gpointer data, GError **error)
{
  return (const guint8 *) data + offset;
}

/* The parser library's view of an OBU of which all can be read. */
static GstAV1OBU
as_gst_obu (const Obu *obu)
{
  return (GstAV1OBU){
    .header = { .obu_type = obu->type, .obu_has_size_field = TRUE },
    .obu_type = obu->type,
    .data = (guint8 *) obu->data,
    .obu_size = obu->size,
  };
}

/* Keeps a sequence header. A broken one is left to the first frame that needs
 * it. One that is repeated changes nothing. */
static void
keep_sequence (Av1Parser *self, const Obu *obu)
{
  GstAV1OBU gst_obu = as_gst_obu (obu);
  g_autoptr (GBytes) sequence = NULL;

  if (obu->size > MAX_SEQUENCE_BYTES)
    return;
  sequence = g_bytes_new (obu->data, obu->size);
  if (self->last_sequence && g_bytes_equal (sequence, self->last_sequence))
    return;
  if (gst_av1_parser_parse_sequence_header_obu (self->parser, &gst_obu,
          &self->sequence) != GST_AV1_PARSER_OK)
    return;
  g_clear_pointer (&self->last_sequence, g_bytes_unref);
  self->last_sequence = g_steal_pointer (&sequence);
  self->still = self->sequence.reduced_still_picture_header;
  self->has_references = FALSE;
}

/* Finds the first sequence header in memory. FALSE where there is none. */
static gboolean
find_sequence (const guint8 *data, gsize size, Obu *obu)
{
  ObuWalk walk = { size, read_memory, (gpointer) data, 0 };
  gboolean end;

  while (walk_next (&walk, obu, &end, NULL) && !end) {
    if (obu->type == GST_AV1_OBU_SEQUENCE_HEADER &&
        obu->size <= MAX_SEQUENCE_BYTES)
      return TRUE;
  }
  return FALSE;
}

/* --- the record of the configuration -------------------------------------- */

static gboolean
is_record (const guint8 *codec_data, gsize size)
{
  return size >= RECORD_SIZE && codec_data[0] == RECORD_VERSION;
}

static gboolean
av1_parse_codec_data (HabCodecParser *parser, const guint8 *data, gsize size,
    GError **error)
{
  Obu obu;

  if (is_record (data, size) &&
      find_sequence (data + RECORD_SIZE, size - RECORD_SIZE, &obu))
    keep_sequence ((Av1Parser *) parser, &obu);
  return TRUE;
}

static gboolean
parse_sequence (const guint8 *data, gsize size,
    GstAV1SequenceHeaderOBU *sequence, Obu *obu)
{
  GstAV1Parser *parser;
  GstAV1OBU gst_obu;
  gboolean parsed;

  if (!find_sequence (data, size, obu))
    return FALSE;
  parser = gst_av1_parser_new ();
  gst_obu = as_gst_obu (obu);
  parsed = gst_av1_parser_parse_sequence_header_obu (parser, &gst_obu,
               sequence) == GST_AV1_PARSER_OK;
  gst_av1_parser_free (parser);
  return parsed;
}

static void
append_leb128 (GByteArray *bytes, gsize value)
{
  do {
    guint8 byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);

    g_byte_array_append (bytes, &byte, 1);
    value >>= 7;
  } while (value > 0);
}

static GBytes *
av1_make_codec_data (const HabCodecStart *start, GError **error)
{
  const guint8 header = GST_AV1_OBU_SEQUENCE_HEADER << 3 | 2;
  g_autofree GstAV1SequenceHeaderOBU *sequence =
      g_new0 (GstAV1SequenceHeaderOBU, 1);
  const GstAV1ColorConfig *colour = &sequence->color_config;
  guint8 record[RECORD_SIZE] = { RECORD_VERSION };
  GByteArray *codec_data;
  Obu obu;

  if (start->sample == NULL ||
      !parse_sequence (start->sample, start->size, sequence, &obu)) {
    fail (error, HAB_CODEC_ERROR_MALFORMED,
        "neither codec data nor the first temporal unit has a sequence header");
    return NULL;
  }
  record[1] = sequence->seq_profile << 5 |
      (sequence->operating_points[0].seq_level_idx & 0x1f);
  record[2] = sequence->operating_points[0].seq_tier << 7 |
      colour->high_bitdepth << 6 | colour->twelve_bit << 5 |
      colour->mono_chrome << 4 | colour->subsampling_x << 3 |
      colour->subsampling_y << 2 | colour->chroma_sample_position;

  codec_data = g_byte_array_new ();
  g_byte_array_append (codec_data, record, sizeof record);
  g_byte_array_append (codec_data, &header, 1);
  append_leb128 (codec_data, obu.size);
  g_byte_array_append (codec_data, obu.data, obu.size);
  return g_byte_array_free_to_bytes (codec_data);
}

/* --- what a temporal unit is ----------------------------------------------- */

/* 5.9.2, from the first byte. */
static void
inspect_frame (const Av1Parser *self, guint8 first_byte,
    HabAccessUnitInfo *info)
{
  gboolean existing = !self->still && first_byte & 0x80;
  GstAV1FrameType type = self->still ? GST_AV1_KEY_FRAME :
                                       first_byte >> 5 & 3;
  gboolean shown = existing || self->still || first_byte & 0x10;
  gboolean intra = !existing &&
      (type == GST_AV1_KEY_FRAME || type == GST_AV1_INTRA_ONLY_FRAME);

  /* The first frame is the one at which decoding would start. */
  if (info->picture_type == 0 && !existing && shown &&
      type == GST_AV1_KEY_FRAME)
    info->random_access = HAB_RANDOM_ACCESS_KEY_FRAME;
  /* Of a temporal unit one frame is shown; others are for later. */
  if (info->picture_type == 0 || shown)
    info->picture_type = intra ? 'I' : 'P';
}

static gboolean
inspect_obu (Av1Parser *self, const ObuWalk *walk, Obu *obu,
    HabAccessUnitInfo *info, GError **error)
{
  if (obu->type == GST_AV1_OBU_SEQUENCE_HEADER &&
      obu->size <= MAX_SEQUENCE_BYTES) {
    obu->data = walk->read (obu->payload, obu->size, walk->read_data, error);
    if (obu->data == NULL)
      return FALSE;
    keep_sequence (self, obu);
  } else if ((obu->type == GST_AV1_OBU_FRAME ||
                 obu->type == GST_AV1_OBU_FRAME_HEADER) &&
      obu->size > 0) {
    inspect_frame (self, obu->data[0], info);
  }
  return TRUE;
}

static gboolean
av1_parse_access_unit (HabCodecParser *parser, gsize size,
    HabAccessUnitRead read, gpointer read_data, HabAccessUnitInfo *info,
    GError **error)
{
  ObuWalk walk = { size, read, read_data, 0 };
  gboolean end;
  Obu obu;

  *info = (HabAccessUnitInfo){ .leading = HAB_LEADING_NO };
  while (walk_next (&walk, &obu, &end, error)) {
    if (end)
      return TRUE;
    if (!inspect_obu ((Av1Parser *) parser, &walk, &obu, info, error))
      return FALSE;
  }
  return FALSE;
}

/* --- what encryption covers ------------------------------------------------- */

/* A frame header does not stay pending over the end of a temporal unit. */
static void
begin_temporal_unit (Av1Parser *self)
{
  GstAV1OBU delimiter = { .obu_type = GST_AV1_OBU_TEMPORAL_DELIMITER };

  gst_av1_parser_parse_temporal_delimiter_obu (self->parser, &delimiter);
}

/* Appends the tiles of the group that self->frame has; *counted is how much of
 * the temporal unit ranges has. The library leaves their places unchecked. */
static gboolean
append_tiles (Av1Parser *self, const Obu *obu, gsize *counted, GArray *ranges,
    GError **error)
{
  const GstAV1TileGroupOBU *group = &self->frame.tile_group;

  for (guint i = group->tg_start; i <= group->tg_end; i++) {
    gsize offset = group->entry[i].tile_offset;
    gsize size = group->entry[i].tile_size;

    if (size > obu->size || offset > obu->size - size ||
        obu->payload + offset < *counted)
      return fail (error, HAB_CODEC_ERROR_MALFORMED,
          "a tile is longer than its tile group");
    hab_ranges_append (ranges, obu->payload + offset - *counted, size);
    *counted = obu->payload + offset + size;
  }
  return TRUE;
}

static gboolean
check_frame (GstAV1ParserResult result, GError **error)
{
  if (result == GST_AV1_PARSER_OK)
    return TRUE;
  return fail (error, HAB_CODEC_ERROR_MALFORMED,
      result == GST_AV1_PARSER_MISSING_OBU_REFERENCE ?
          "a frame refers to a header that the stream does not have" :
          "a frame header or tile group cannot be read");
}

/* The library divides by the size of a frame that is not there (1.22.0). A key
 * frame that is shown fills every place that frames refer to. */
static gboolean
check_references (const Av1Parser *self, const Obu *obu, GError **error)
{
  if (obu->size > 0 && !self->has_references && !self->still &&
      (obu->data[0] & 0xe0) != GST_AV1_KEY_FRAME << 5)
    return fail (error, HAB_CODEC_ERROR_MALFORMED,
        "a frame refers to one that the stream does not have");
  return TRUE;
}

static gboolean
keep_references (Av1Parser *self, GError **error)
{
  GstAV1FrameHeaderOBU *header = &self->frame.frame_header;

  if (!check_frame (gst_av1_parser_reference_frame_update (self->parser,
                        header), error))
    return FALSE;
  if (!header->show_existing_frame && header->show_frame &&
      header->frame_type == GST_AV1_KEY_FRAME)
    self->has_references = TRUE;
  return TRUE;
}

/* Reads the OBU into self->frame. *tiles is set where it has a tile group. */
static gboolean
parse_obu (Av1Parser *self, const Obu *obu, gboolean *tiles, GError **error)
{
  GstAV1OBU gst_obu = as_gst_obu (obu);
  GstAV1FrameOBU *frame = &self->frame;

  *tiles = FALSE;
  switch (obu->type) {
    case GST_AV1_OBU_SEQUENCE_HEADER:
      keep_sequence (self, obu);
      return TRUE;
    case GST_AV1_OBU_FRAME_HEADER:
      return check_references (self, obu, error) &&
          check_frame (gst_av1_parser_parse_frame_header_obu (self->parser,
                           &gst_obu, &frame->frame_header), error) &&
          keep_references (self, error);
    case GST_AV1_OBU_FRAME:
      *tiles = TRUE;
      return check_references (self, obu, error) &&
          check_frame (gst_av1_parser_parse_frame_obu (self->parser, &gst_obu,
                           frame), error) &&
          keep_references (self, error);
    case GST_AV1_OBU_TILE_GROUP:
      *tiles = TRUE;
      return check_frame (gst_av1_parser_parse_tile_group_obu (self->parser,
                              &gst_obu, &frame->tile_group), error);
    case GST_AV1_OBU_TILE_LIST:
      return fail (error, HAB_CODEC_ERROR_UNSUPPORTED,
          "tile lists (large scale tile decoding) cannot be encrypted");
    default:
      return TRUE;
  }
}

static gboolean
av1_parse_ranges (HabCodecParser *parser, const guint8 *data, gsize size,
    GArray *ranges, GError **error)
{
  Av1Parser *self = (Av1Parser *) parser;
  ObuWalk walk = { size, read_memory, (gpointer) data, 0 };
  gsize counted = 0;
  gboolean end, tiles;
  Obu obu;

  begin_temporal_unit (self);
  while (walk_next (&walk, &obu, &end, error)) {
    if (end) {
      if (counted < size)
        hab_ranges_append (ranges, size - counted, 0);
      return TRUE;
    }
    if (!parse_obu (self, &obu, &tiles, error) ||
        (tiles && !append_tiles (self, &obu, &counted, ranges, error)))
      return FALSE;
  }
  return FALSE;
}

/* --- in ISO BMFF ------------------------------------------------------------ */

static const gchar *
av1_sample_entry (const gchar *stream_format)
{
  return "av01";
}

/* A temporal delimiter has no place in a file (AV1-ISOBMFF, 2.4). */
static gsize
av1_removable_start (const guint8 *data, gsize size)
{
  Obu obu;

  if (size == 0 || !(data[0] & 2) || !read_obu_header (data, size, &obu) ||
      obu.type != GST_AV1_OBU_TEMPORAL_DELIMITER)
    return 0;
  return obu.payload + obu.size;
}

static gboolean
check_codec_data (const guint8 *codec_data, gsize size, GError **error)
{
  return is_record (codec_data, size) ||
      fail (error, HAB_CODEC_ERROR_MALFORMED,
          "the AV1 codec configuration record is missing or malformed");
}

static gboolean
av1_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  if (!check_codec_data (codec_data, size, error))
    return FALSE;
  hab_box_begin (writer, "av1C");
  hab_box_put_data (writer, codec_data, size);
  hab_box_end (writer);
  return TRUE;
}

/* The optional parameters, which stand together or not at all: they are left
 * out where they say what counts without them, 4:2:0 and BT.709. */
static void
append_optional (GString *codec, const guint8 *codec_data, gsize size)
{
  g_autofree GstAV1SequenceHeaderOBU *sequence =
      g_new0 (GstAV1SequenceHeaderOBU, 1);
  const GstAV1ColorConfig *colour = &sequence->color_config;
  guint mono = codec_data[2] >> 4 & 1, x = codec_data[2] >> 3 & 1;
  guint y = codec_data[2] >> 2 & 1, position = codec_data[2] & 3;
  guint primaries = BT_709, transfer = BT_709, matrix = BT_709;
  gboolean full_range = FALSE;
  Obu obu;

  if (parse_sequence (codec_data + RECORD_SIZE, size - RECORD_SIZE, sequence,
          &obu)) {
    if (colour->color_description_present_flag &&
        colour->color_primaries != UNSPECIFIED) {
      primaries = colour->color_primaries;
      transfer = colour->transfer_characteristics;
      matrix = colour->matrix_coefficients;
    }
    full_range = colour->color_range;
  }
  if (!x || !y)
    position = 0;
  if (mono == 0 && x == 1 && y == 1 && position == 0 && primaries == BT_709 &&
      transfer == BT_709 && matrix == BT_709 && !full_range)
    return;
  g_string_append_printf (codec, ".%u.%u%u%u.%02u.%02u.%02u.%u", mono, x, y,
      position, primaries, transfer, matrix, full_range ? 1 : 0);
}

/* AV1-ISOBMFF, 5: profile, level and tier, bit depth. */
static gchar *
av1_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  g_autoptr (GString) codec = NULL;
  guint depth;

  if (!check_codec_data (codec_data, size, error))
    return NULL;
  depth = !(codec_data[2] & 0x40) ? 8 : codec_data[2] & 0x20 ? 12 : 10;
  codec = g_string_new (NULL);
  g_string_printf (codec, "av01.%u.%02u%c.%02u", codec_data[1] >> 5,
      codec_data[1] & 0x1f, codec_data[2] & 0x80 ? 'H' : 'M', depth);
  append_optional (codec, codec_data, size);
  return g_string_free (g_steal_pointer (&codec), FALSE);
}

const HabCodec hab_codec_av1 = {
  .kind = HAB_MEDIA_VIDEO,
  .media_type = "video/x-av1",
  .gst_parser = "av1parse",
  .caps = "video/x-av1, stream-format = (string) obu-stream, "
          "alignment = (string) tu",
  .sample_entry = av1_sample_entry,
  .make_codec_data = av1_make_codec_data,
  .removable_start = av1_removable_start,
  .write_config = av1_write_config,
  .mime_codec = av1_mime_codec,
  .describe_light = hab_av1_describe_light,
  .parser_new = av1_parser_new,
  .parser_free = av1_parser_free,
  .parse_codec_data = av1_parse_codec_data,
  .parse_access_unit = av1_parse_access_unit,
  .parse_ranges = av1_parse_ranges,
};
