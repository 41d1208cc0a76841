/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* VP9 (VP9 Bitstream & Decoding Process), superframes:
 *
 *   superframe: frame ..., index (only where there is more than one frame)
 *   index:      marker, size of each frame, marker
 *
 * of which one frame is shown and those before it are for later. A random
 * access point is a key frame that is shown at once.
 *
 * codec_data is the payload of vpcC (VP Codec ISO Media File Format Binding),
 * which caps do not have: it is made of the first frame. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include <gst/base/gstbitreader.h>
#include <gst/gst.h>

/* vpcC: version and flags, then these bytes. */
#define RECORD_SIZE 12
#define RECORD_PROFILE 4
#define RECORD_LEVEL 5
#define RECORD_FORMAT 6
#define RECORD_COLOUR 7

/* 7.2: what a frame begins with, and a key frame's header has in it. */
#define FRAME_MARKER 2
#define SYNC_CODE 0x498342

/* Bytes of a frame that tell what it is. */
#define FRAME_TYPE_BYTES 2

#define MAX_FRAMES 8

/* vpcC's chromaSubsampling */
#define CHROMA_420_COLOCATED 1
#define CHROMA_422 2
#define CHROMA_444 3
#define CHROMA_440 4

/* Code points of ISO/IEC 23091-2 that say nothing, or what counts without. */
#define UNSPECIFIED 2
#define BT_709 1

/* --- a superframe ----------------------------------------------------------- */

typedef struct
{
  guint n_frames;
  gsize sizes[MAX_FRAMES];
} Superframe;

static gboolean
malformed (GError **error, const gchar *what)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      what);
  return FALSE;
}

/* Annex B.3. marker is the last byte of the superframe. */
static gsize
index_size (guint8 marker)
{
  if ((marker & 0xe0) != 0xc0)
    return 0;
  return 2 + ((marker >> 3 & 3) + 1) * ((marker & 7) + 1);
}

/* index has size bytes, its markers included. */
static gboolean
read_index (const guint8 *index, gsize size, gsize data_size,
    Superframe *superframe)
{
  guint size_bytes = (index[0] >> 3 & 3) + 1;

  superframe->n_frames = (index[0] & 7) + 1;
  for (guint i = 0; i < superframe->n_frames; i++) {
    const guint8 *field = index + 1 + i * size_bytes;
    gsize frame_size = 0;

    for (guint j = 0; j < size_bytes; j++)
      frame_size |= (gsize) field[j] << 8 * j;
    if (frame_size > data_size)
      return FALSE;
    data_size -= frame_size;
    superframe->sizes[i] = frame_size;
  }
  return TRUE;
}

static gboolean
read_superframe (gsize size, HabAccessUnitRead read, gpointer read_data,
    Superframe *superframe, GError **error)
{
  const guint8 *data = read (size - 1, 1, read_data, error);
  gsize index;

  if (data == NULL)
    return FALSE;
  *superframe = (Superframe){ 1, { size } };
  index = index_size (data[0]);
  if (index == 0 || index > size)
    return TRUE;
  data = read (size - index, index, read_data, error);
  if (data == NULL)
    return FALSE;
  /* The marker stands at both ends, else it is the frame's last byte. */
  if (data[0] != data[index - 1])
    return TRUE;
  return read_index (data, index, size - index, superframe) ||
      malformed (error, "a frame is longer than its superframe");
}

/* --- what a superframe is ------------------------------------------------------ */

/* 6.2, up to show_frame. FALSE where it is no frame. */
static gboolean
read_frame_type (GstBitReader *bits, guint *profile, gboolean *existing,
    gboolean *key, gboolean *shown)
{
  guint8 marker, low, high, reserved = 0, flag, not_key = 0, show = 0;

  if (!gst_bit_reader_get_bits_uint8 (bits, &marker, 2) ||
      marker != FRAME_MARKER ||
      !gst_bit_reader_get_bits_uint8 (bits, &low, 1) ||
      !gst_bit_reader_get_bits_uint8 (bits, &high, 1) ||
      (low && high && !gst_bit_reader_get_bits_uint8 (bits, &reserved, 1)) ||
      reserved || !gst_bit_reader_get_bits_uint8 (bits, &flag, 1))
    return FALSE;
  if (!flag && (!gst_bit_reader_get_bits_uint8 (bits, &not_key, 1) ||
                   !gst_bit_reader_get_bits_uint8 (bits, &show, 1)))
    return FALSE;
  *profile = high << 1 | low;
  *existing = flag;
  *key = !flag && !not_key;
  *shown = flag || show;
  return TRUE;
}

static gboolean
inspect_frame (const guint8 *data, gsize size, HabAccessUnitInfo *info,
    GError **error)
{
  GstBitReader bits;
  gboolean existing, key, shown;
  guint profile;

  gst_bit_reader_init (&bits, data, size);
  if (!read_frame_type (&bits, &profile, &existing, &key, &shown))
    return malformed (error, "a frame header cannot be read");
  /* The first frame is the one at which decoding would start. */
  if (info->picture_type == 0 && key && shown)
    info->random_access = HAB_RANDOM_ACCESS_KEY_FRAME;
  if (info->picture_type == 0 || shown)
    info->picture_type = key ? 'I' : 'P';
  return TRUE;
}

static gboolean
vp9_parse_access_unit (HabCodecParser *parser, gsize size,
    HabAccessUnitRead read, gpointer read_data, HabAccessUnitInfo *info,
    GError **error)
{
  Superframe superframe;
  gsize offset = 0;

  *info = (HabAccessUnitInfo){ .leading = HAB_LEADING_NO };
  if (size == 0)
    return TRUE;
  if (!read_superframe (size, read, read_data, &superframe, error))
    return FALSE;
  for (guint i = 0; i < superframe.n_frames; i++) {
    gsize want = MIN (superframe.sizes[i], FRAME_TYPE_BYTES);
    const guint8 *data;

    if (want == 0)
      continue;
    data = read (offset, want, read_data, error);
    if (data == NULL || !inspect_frame (data, want, info, error))
      return FALSE;
    offset += superframe.sizes[i];
  }
  return TRUE;
}

static HabCodecParser *
vp9_parser_new (const HabCodec *codec)
{
  HabCodecParser *self = g_new0 (HabCodecParser, 1);

  self->codec = codec;
  return self;
}

static void
vp9_parser_free (HabCodecParser *parser)
{
  g_free (parser);
}

/* Nothing that frames depend on. */
static gboolean
vp9_parse_codec_data (HabCodecParser *parser, const guint8 *data, gsize size,
    GError **error)
{
  return TRUE;
}

/* --- the record of the configuration --------------------------------------------- */

typedef struct
{
  guint profile, bit_depth, colour_space;
  guint8 full_range, subsampling_x, subsampling_y;
  guint width, height;
} KeyFrame;

static gboolean
get_bits (GstBitReader *bits, guint n, guint *value)
{
  guint32 read;

  if (!gst_bit_reader_get_bits_uint32 (bits, &read, n))
    return FALSE;
  *value = read;
  return TRUE;
}

/* color_config (), 7.2.2 */
static gboolean
read_colour (GstBitReader *bits, KeyFrame *frame)
{
  const guint rgb = 7;
  guint twelve = 0, range = 1, x = 1, y = 1;
  gboolean choice = frame->profile & 1;

  if (frame->profile >= 2 && !get_bits (bits, 1, &twelve))
    return FALSE;
  frame->bit_depth = frame->profile < 2 ? 8 : twelve ? 12 : 10;
  if (!get_bits (bits, 3, &frame->colour_space))
    return FALSE;
  if (frame->colour_space != rgb) {
    if (!get_bits (bits, 1, &range) ||
        (choice && (!get_bits (bits, 1, &x) || !get_bits (bits, 1, &y))))
      return FALSE;
  } else {
    x = y = 0;
  }
  frame->full_range = range;
  frame->subsampling_x = x;
  frame->subsampling_y = y;
  return !choice || gst_bit_reader_skip (bits, 1);
}

static gboolean
read_key_frame (const guint8 *data, gsize size, KeyFrame *frame)
{
  GstBitReader bits;
  gboolean existing, key, shown;
  guint sync_code;

  gst_bit_reader_init (&bits, data, MIN (size, G_MAXUINT32 / 8));
  if (!read_frame_type (&bits, &frame->profile, &existing, &key, &shown) ||
      !key || !gst_bit_reader_skip (&bits, 1) ||
      !get_bits (&bits, 24, &sync_code) || sync_code != SYNC_CODE ||
      !read_colour (&bits, frame) || !get_bits (&bits, 16, &frame->width) ||
      !get_bits (&bits, 16, &frame->height))
    return FALSE;
  frame->width++;
  frame->height++;
  return TRUE;
}

/* Annex A: the lowest level that has room for the pictures. Bit rates are not
 * known here. */
static guint
get_level (const KeyFrame *frame, const GstStructure *caps)
{
  static const struct
  {
    guint level;
    guint64 sample_rate;
    guint picture_size, dimension;
  } levels[] = {
    { 10, 829440, 36864, 512 },
    { 11, 2764800, 73728, 768 },
    { 20, 4608000, 122880, 960 },
    { 21, 9216000, 245760, 1344 },
    { 30, 20736000, 552960, 2048 },
    { 31, 36864000, 983040, 2752 },
    { 40, 83558400, 2228224, 4160 },
    { 41, 160432128, 2228224, 4160 },
    { 50, 311951360, 8912896, 8384 },
    { 51, 588251136, 8912896, 8384 },
    { 52, 1176502272, 8912896, 8384 },
    { 60, 1176502272, 35651584, 16832 },
    { 61, G_GUINT64_CONSTANT (2353004544), 35651584, 16832 },
  };
  guint64 size = (guint64) frame->width * frame->height;
  gint fps_n = 0, fps_d = 1;
  guint64 rate;

  if (caps)
    gst_structure_get_fraction (caps, "framerate", &fps_n, &fps_d);
  rate = gst_util_uint64_scale (size, MAX (fps_n, 0), MAX (fps_d, 1));
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    if (rate <= levels[i].sample_rate && size <= levels[i].picture_size &&
        MAX (frame->width, frame->height) <= levels[i].dimension)
      return levels[i].level;
  }
  return 62;
}

static guint
chroma_subsampling (const KeyFrame *frame)
{
  if (frame->subsampling_x)
    return frame->subsampling_y ? CHROMA_420_COLOCATED : CHROMA_422;
  return frame->subsampling_y ? CHROMA_440 : CHROMA_444;
}

static GBytes *
vp9_make_codec_data (const HabCodecStart *start, GError **error)
{
  /* color_space as primaries, transfer characteristics and matrix. */
  static const guint8 colours[8][3] = {
    { UNSPECIFIED, UNSPECIFIED, UNSPECIFIED },
    { 5, 6, 5 },
    { BT_709, BT_709, BT_709 },
    { 6, 6, 6 },
    { 7, 7, 7 },
    { 9, 14, 9 },
    { UNSPECIFIED, UNSPECIFIED, UNSPECIFIED },
    { BT_709, 13, 0 },
  };
  guint8 record[RECORD_SIZE] = { 1 };
  KeyFrame frame;

  if (start->sample == NULL ||
      !read_key_frame (start->sample, start->size, &frame)) {
    malformed (error, "it does not begin with a key frame");
    return NULL;
  }
  record[RECORD_PROFILE] = frame.profile;
  record[RECORD_LEVEL] = get_level (&frame, start->caps);
  record[RECORD_FORMAT] = frame.bit_depth << 4 |
      chroma_subsampling (&frame) << 1 | frame.full_range;
  memcpy (record + RECORD_COLOUR, colours[frame.colour_space], 3);
  return g_bytes_new (record, sizeof record);
}

/* --- in ISO BMFF ------------------------------------------------------------------ */

static const gchar *
vp9_sample_entry (const gchar *stream_format)
{
  return "vp09";
}

static gboolean
check_codec_data (const guint8 *codec_data, gsize size, GError **error)
{
  return (size >= RECORD_SIZE && codec_data[0] == 1) ||
      malformed (error, "the VP codec configuration is missing or malformed");
}

static gboolean
vp9_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  if (!check_codec_data (codec_data, size, error))
    return FALSE;
  hab_box_begin (writer, "vpcC");
  hab_box_put_data (writer, codec_data, size);
  hab_box_end (writer);
  return TRUE;
}

/* Profile, level and bit depth, then, together or not at all, what differs from
 * 4:2:0 and BT.709. */
static gchar *
vp9_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  g_autoptr (GString) codec = NULL;
  guint chroma, full_range, colour[3];
  gboolean plain = TRUE;

  if (!check_codec_data (codec_data, size, error))
    return NULL;
  chroma = codec_data[RECORD_FORMAT] >> 1 & 7;
  full_range = codec_data[RECORD_FORMAT] & 1;
  for (guint i = 0; i < 3; i++) {
    colour[i] = codec_data[RECORD_COLOUR + i];
    if (codec_data[RECORD_COLOUR] == UNSPECIFIED)
      colour[i] = BT_709;
    plain &= colour[i] == BT_709;
  }

  codec = g_string_new (NULL);
  g_string_printf (codec, "vp09.%02u.%02u.%02u", codec_data[RECORD_PROFILE],
      codec_data[RECORD_LEVEL], codec_data[RECORD_FORMAT] >> 4);
  if (!plain || full_range || chroma > CHROMA_420_COLOCATED)
    g_string_append_printf (codec, ".%02u.%02u.%02u.%02u.%02u", chroma,
        colour[0], colour[1], colour[2], full_range);
  return g_string_free (g_steal_pointer (&codec), FALSE);
}

const HabCodec hab_codec_vp9 = {
  .kind = HAB_MEDIA_VIDEO,
  .media_type = "video/x-vp9",
  .gst_parser = "vp9parse",
  .caps = "video/x-vp9, alignment = (string) super-frame",
  .clear_only = "the scheme cbcs is not standardised for VP9, and players "
                "refuse it; package it in the clear, or convert it to AV1 or "
                "H.264",
  .sample_entry = vp9_sample_entry,
  .make_codec_data = vp9_make_codec_data,
  .write_config = vp9_write_config,
  .mime_codec = vp9_mime_codec,
  .parser_new = vp9_parser_new,
  .parser_free = vp9_parser_free,
  .parse_codec_data = vp9_parse_codec_data,
  .parse_access_unit = vp9_parse_access_unit,
};
