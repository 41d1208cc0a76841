/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mp4-sample-entry.h"

#define FOURCC_VIDE HAB_MP4_FOURCC ('v', 'i', 'd', 'e')
#define FOURCC_SOUN HAB_MP4_FOURCC ('s', 'o', 'u', 'n')
#define FOURCC_PASP HAB_MP4_FOURCC ('p', 'a', 's', 'p')
#define FOURCC_ESDS HAB_MP4_FOURCC ('e', 's', 'd', 's')
#define FOURCC_WAVE HAB_MP4_FOURCC ('w', 'a', 'v', 'e')

/* Of the entries' fixed part, after the box header. */
#define VIDEO_FIXED_SIZE 78
#define AUDIO_FIXED_SIZE 28
#define AUDIO_V1_EXTRA_SIZE 16
#define AUDIO_V2_EXTRA_SIZE 36

/* Tags of the descriptors in esds (ISO/IEC 14496-1). */
#define TAG_ES 3
#define TAG_DECODER_CONFIG 4
#define TAG_DECODER_SPECIFIC_INFO 5

/* Takes a descriptor's tag and length (7 bits a byte, at most 4) and leaves
 * body over its payload. */
static gboolean
read_descriptor (GstByteReader *reader, guint8 tag, GstByteReader *body)
{
  const guint8 *data;
  guint8 byte;
  guint32 size = 0;

  if (!gst_byte_reader_get_uint8 (reader, &byte) || byte != tag)
    return FALSE;
  for (guint i = 0; i < 4; i++) {
    if (!gst_byte_reader_get_uint8 (reader, &byte))
      return FALSE;
    size = size << 7 | (byte & 0x7f);
    if (!(byte & 0x80))
      break;
  }
  if (!gst_byte_reader_get_data (reader, size, &data))
    return FALSE;
  gst_byte_reader_init (body, data, size);
  return TRUE;
}

static gboolean
skip_es_header (GstByteReader *es)
{
  guint8 flags, url_size;

  if (!gst_byte_reader_skip (es, 2) || !gst_byte_reader_get_uint8 (es, &flags))
    return FALSE;
  if (flags & 0x80 && !gst_byte_reader_skip (es, 2))
    return FALSE;
  if (flags & 0x40 && (!gst_byte_reader_get_uint8 (es, &url_size) ||
      !gst_byte_reader_skip (es, url_size)))
    return FALSE;
  return !(flags & 0x20) || gst_byte_reader_skip (es, 2);
}

static void
parse_esds (HabMp4SampleEntry *entry, const HabMp4Box *esds)
{
  GstByteReader reader, es, config, info;
  guint8 version;

  if (!hab_mp4_box_read_full (esds, &reader, &version) ||
      !read_descriptor (&reader, TAG_ES, &es) || !skip_es_header (&es) ||
      !read_descriptor (&es, TAG_DECODER_CONFIG, &config) ||
      !gst_byte_reader_get_uint8 (&config, &entry->object_type) ||
      !gst_byte_reader_skip (&config, 12) ||
      !read_descriptor (&config, TAG_DECODER_SPECIFIC_INFO, &info) ||
      gst_byte_reader_get_size (&info) == 0)
    return;
  entry->codec_data = info.data;
  entry->codec_data_size = info.size;
}

/* Which box of a video entry describes the codec. */
static const struct
{
  guint32 entry, config;
} video_configs[] = {
  { HAB_MP4_FOURCC ('a', 'v', 'c', '1'), HAB_MP4_FOURCC ('a', 'v', 'c', 'C') },
  { HAB_MP4_FOURCC ('a', 'v', 'c', '3'), HAB_MP4_FOURCC ('a', 'v', 'c', 'C') },
  { HAB_MP4_FOURCC ('h', 'v', 'c', '1'), HAB_MP4_FOURCC ('h', 'v', 'c', 'C') },
  { HAB_MP4_FOURCC ('h', 'e', 'v', '1'), HAB_MP4_FOURCC ('h', 'v', 'c', 'C') },
  { HAB_MP4_FOURCC ('a', 'v', '0', '1'), HAB_MP4_FOURCC ('a', 'v', '1', 'C') },
  { HAB_MP4_FOURCC ('v', 'p', '0', '9'), HAB_MP4_FOURCC ('v', 'p', 'c', 'C') },
};

static gboolean
is_video_config (guint32 entry, guint32 type)
{
  for (guint i = 0; i < G_N_ELEMENTS (video_configs); i++) {
    if (video_configs[i].entry == entry && video_configs[i].config == type)
      return TRUE;
  }
  return FALSE;
}

static gboolean
parse_video (HabMp4SampleEntry *entry, GstByteReader *reader)
{
  GstByteReader fixed = *reader;
  HabMp4Box box;
  guint16 width, height;
  guint32 par_n, par_d;

  if (!gst_byte_reader_skip (reader, VIDEO_FIXED_SIZE))
    return FALSE;
  gst_byte_reader_skip_unchecked (&fixed, 24);
  width = gst_byte_reader_get_uint16_be_unchecked (&fixed);
  height = gst_byte_reader_get_uint16_be_unchecked (&fixed);
  entry->width = width;
  entry->height = height;

  while (hab_mp4_box_next (reader, &box)) {
    GstByteReader child;

    hab_mp4_box_read (&box, &child);
    if (is_video_config (entry->type, box.type) && box.size > 0) {
      entry->codec_data = box.data;
      entry->codec_data_size = box.size;
    } else if (box.type == FOURCC_PASP &&
        gst_byte_reader_get_uint32_be (&child, &par_n) &&
        gst_byte_reader_get_uint32_be (&child, &par_d) &&
        par_n - 1 < G_MAXINT32 && par_d - 1 < G_MAXINT32) {
      entry->par_n = par_n;
      entry->par_d = par_d;
    }
  }
  return TRUE;
}

/* Which box has the codec data of which audio entry, and where in it. */
static const struct
{
  guint32 entry, config;
  guint prefix; /* version and flags */
} audio_configs[] = {
  { HAB_MP4_FOURCC ('O', 'p', 'u', 's'), HAB_MP4_FOURCC ('d', 'O', 'p', 's'),
      0 },
  { HAB_MP4_FOURCC ('f', 'L', 'a', 'C'), HAB_MP4_FOURCC ('d', 'f', 'L', 'a'),
      4 },
  { HAB_MP4_FOURCC ('a', 'c', '-', '3'), HAB_MP4_FOURCC ('d', 'a', 'c', '3'),
      0 },
  { HAB_MP4_FOURCC ('e', 'c', '-', '3'), HAB_MP4_FOURCC ('d', 'e', 'c', '3'),
      0 },
};

static void
parse_audio_config (HabMp4SampleEntry *entry, const HabMp4Box *box)
{
  for (guint i = 0; i < G_N_ELEMENTS (audio_configs); i++) {
    if (audio_configs[i].entry == entry->type &&
        audio_configs[i].config == box->type &&
        audio_configs[i].prefix < box->size) {
      entry->codec_data = box->data + audio_configs[i].prefix;
      entry->codec_data_size = box->size - audio_configs[i].prefix;
    }
  }
}

/* QuickTime's version 2 has the values that count after the old ones. */
static gboolean
parse_audio_v2 (HabMp4SampleEntry *entry, GstByteReader *reader)
{
  gdouble rate;
  guint32 channels;

  if (gst_byte_reader_get_remaining (reader) < AUDIO_V2_EXTRA_SIZE)
    return FALSE;
  gst_byte_reader_skip_unchecked (reader, 4);
  rate = gst_byte_reader_get_float64_be_unchecked (reader);
  channels = gst_byte_reader_get_uint32_be_unchecked (reader);
  gst_byte_reader_skip_unchecked (reader, AUDIO_V2_EXTRA_SIZE - 16);
  entry->rate = rate >= 1 && rate <= G_MAXINT32 ? (guint) rate : 0;
  entry->channels = channels <= 255 ? channels : 0;
  return TRUE;
}

static gboolean
parse_audio (HabMp4SampleEntry *entry, GstByteReader *reader)
{
  HabMp4Box box, child;
  guint16 version;

  if (gst_byte_reader_get_remaining (reader) < AUDIO_FIXED_SIZE)
    return FALSE;
  gst_byte_reader_skip_unchecked (reader, 8);
  version = gst_byte_reader_get_uint16_be_unchecked (reader);
  gst_byte_reader_skip_unchecked (reader, 6);
  entry->channels = gst_byte_reader_get_uint16_be_unchecked (reader);
  gst_byte_reader_skip_unchecked (reader, 6);
  entry->rate = gst_byte_reader_get_uint32_be_unchecked (reader) >> 16;

  if (version == 1 && !gst_byte_reader_skip (reader, AUDIO_V1_EXTRA_SIZE))
    return FALSE;
  if (version == 2 && !parse_audio_v2 (entry, reader))
    return FALSE;

  while (hab_mp4_box_next (reader, &box)) {
    if (box.type == FOURCC_ESDS)
      parse_esds (entry, &box);
    else if (box.type == FOURCC_WAVE &&
        hab_mp4_box_find (&box, FOURCC_ESDS, &child))
      parse_esds (entry, &child);
    else
      parse_audio_config (entry, &box);
  }
  return TRUE;
}

gboolean
hab_mp4_sample_entry_parse (HabMp4SampleEntry *entry, const HabMp4Box *stsd,
    guint32 handler, GError **error)
{
  GstByteReader reader, body;
  HabMp4Box box;
  guint8 version;
  guint32 count;
  gboolean ok = TRUE;
  gchar type[5];

  memset (entry, 0, sizeof (*entry));
  if (!hab_mp4_box_read_full (stsd, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &count) || count == 0 ||
      !hab_mp4_box_next (&reader, &box)) {
    g_set_error_literal (error, HAB_MP4_ERROR, HAB_MP4_ERROR_MALFORMED,
        "a track does not say which codec it has (stsd)");
    return FALSE;
  }

  entry->type = box.type;
  hab_mp4_box_read (&box, &body);
  if (handler == FOURCC_VIDE)
    ok = parse_video (entry, &body);
  else if (handler == FOURCC_SOUN)
    ok = parse_audio (entry, &body);
  if (!ok)
    g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_MALFORMED,
        "the sample entry %s is too short",
        hab_mp4_fourcc_to_string (box.type, type));
  return ok;
}
