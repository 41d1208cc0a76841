/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* AAC (ISO/IEC 14496-3) as raw access units. A sample is one protected range;
 * codec_data is an AudioSpecificConfig (1.6.2.1), whose first 5 bits, or 6
 * more behind 31, are the audio object type. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

/* Descriptor tags of ISO/IEC 14496-1, 7.2.2.1 */
#define TAG_ES 0x03
#define TAG_DECODER_CONFIG 0x04
#define TAG_DECODER_SPECIFIC 0x05
#define TAG_SL_CONFIG 0x06

#define OBJECT_TYPE_AUDIO_14496_3 0x40
#define STREAM_TYPE_AUDIO 0x05

/* The four-byte form of a descriptor's size has room for 28 bits; an
 * AudioSpecificConfig is a few bytes. */
#define MAX_CODEC_DATA 1024

static const gchar *
aac_sample_entry (const gchar *stream_format)
{
  return "mp4a";
}

static gboolean
check_codec_data (gsize size, GError **error)
{
  if (size >= 2 && size <= MAX_CODEC_DATA)
    return TRUE;
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      "the AudioSpecificConfig is missing or malformed");
  return FALSE;
}

static void
put_descriptor (HabBoxWriter *writer, guint8 tag, guint size)
{
  hab_box_put_u8 (writer, tag);
  hab_box_put_u8 (writer, 0x80 | (size >> 21 & 0x7f));
  hab_box_put_u8 (writer, 0x80 | (size >> 14 & 0x7f));
  hab_box_put_u8 (writer, 0x80 | (size >> 7 & 0x7f));
  hab_box_put_u8 (writer, size & 0x7f);
}

static gboolean
aac_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  const guint descriptor_header = 5, sl_config = descriptor_header + 1;
  guint specific = descriptor_header + size;
  guint decoder_config = descriptor_header + 13 + specific;

  if (!check_codec_data (size, error))
    return FALSE;

  hab_box_begin_full (writer, "esds", 0, 0);
  put_descriptor (writer, TAG_ES, 3 + decoder_config + sl_config);
  hab_box_put_u16 (writer, 0); /* ES_ID, 0 in a file */
  hab_box_put_u8 (writer, 0);  /* flags, streamPriority */
  put_descriptor (writer, TAG_DECODER_CONFIG, 13 + specific);
  hab_box_put_u8 (writer, OBJECT_TYPE_AUDIO_14496_3);
  hab_box_put_u8 (writer, STREAM_TYPE_AUDIO << 2 | 1);
  hab_box_put_u24 (writer, 0); /* bufferSizeDB, unknown */
  hab_box_put_u32 (writer, 0); /* maxBitrate, unknown */
  hab_box_put_u32 (writer, 0); /* avgBitrate, unknown */
  put_descriptor (writer, TAG_DECODER_SPECIFIC, size);
  hab_box_put_data (writer, codec_data, size);
  put_descriptor (writer, TAG_SL_CONFIG, 1);
  hab_box_put_u8 (writer, 2); /* predefined: reserved for use in MP4 files */
  hab_box_end (writer);
  return TRUE;
}

/* RFC 6381, 3.3: mp4a.40. and the audio object type. */
static gchar *
aac_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  guint object_type;

  if (!check_codec_data (size, error))
    return NULL;
  object_type = codec_data[0] >> 3;
  if (object_type == 31)
    object_type = 32 + ((codec_data[0] & 7) << 3 | codec_data[1] >> 5);
  return g_strdup_printf ("mp4a.40.%u", object_type);
}

const HabCodec hab_codec_aac = {
  .kind = HAB_MEDIA_AUDIO,
  .media_type = "audio/mpeg",
  .mpegversion = 4,
  .caps = "audio/mpeg, mpegversion = (int) 4, stream-format = (string) raw, "
          "framed = (boolean) true",
  .whole_sample = TRUE,
  .sample_entry = aac_sample_entry,
  .write_config = aac_write_config,
  .mime_codec = aac_mime_codec,
};
