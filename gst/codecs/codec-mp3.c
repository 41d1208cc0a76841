/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* MPEG audio layer III (ISO/IEC 11172-3; its lower rates ISO/IEC 13818-3). A
 * sample is one frame. codec_data is the header of a frame, 32 bits, of which
 * the file only says which of the two standards it is:
 *
 *   sync 11, version 2, layer 2, protection 1, bit rate 4, rate 2, padding 1,
 *   private 1, mode 2, and what is of no interest here */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include "esds.h"

#define HEADER_SIZE 4

#define LAYER_3 1
#define VERSION_RESERVED 1
#define VERSION_1 3
#define MODE_MONO 3

/* By version and rate; 2.5 is an extension that nobody standardised. */
static const guint rates[4][3] = {
  { 11025, 12000, 8000 },
  { 0 },
  { 22050, 24000, 16000 },
  { 44100, 48000, 32000 },
};

static const gchar *
mp3_sample_entry (const gchar *stream_format)
{
  return "mp4a";
}

static gboolean
mp3_parse_format (const guint8 *codec_data, gsize size,
    HabAudioFormat *format, GError **error)
{
  guint32 header = size >= HEADER_SIZE ? GST_READ_UINT32_BE (codec_data) : 0;
  guint version = header >> 19 & 3, layer = header >> 17 & 3;
  guint rate = header >> 10 & 3;

  if (header >> 21 != 0x7ff || version == VERSION_RESERVED || rate == 3) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "the first sample does not begin with an MPEG audio header");
    return FALSE;
  }
  if (layer != LAYER_3) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "MPEG audio of another layer than III (MP3) is not supported");
    return FALSE;
  }
  *format = (HabAudioFormat){
    .rate = rates[version][rate],
    .channels = (header >> 6 & 3) == MODE_MONO ? 1 : 2,
    .sample_bits = 16,
  };
  format->layout = format->channels;
  return TRUE;
}

static GBytes *
mp3_make_codec_data (const HabCodecStart *start, GError **error)
{
  HabAudioFormat format;

  if (!mp3_parse_format (start->sample, start->size, &format, error))
    return NULL;
  return g_bytes_new (start->sample, HEADER_SIZE);
}

static guint8
object_type (const guint8 *header)
{
  return (header[1] >> 3 & 3) == VERSION_1 ? HAB_ESDS_MPEG1_AUDIO :
                                             HAB_ESDS_MPEG2_AUDIO;
}

static gboolean
mp3_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  HabAudioFormat format;

  if (!mp3_parse_format (codec_data, size, &format, error))
    return FALSE;
  hab_esds_write (writer, object_type (codec_data), NULL, 0);
  return TRUE;
}

/* RFC 6381, 3.3 */
static gchar *
mp3_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  HabAudioFormat format;

  if (!mp3_parse_format (codec_data, size, &format, error))
    return NULL;
  return g_strdup_printf ("mp4a.%02X", object_type (codec_data));
}

const HabCodec hab_codec_mp3 = {
  .kind = HAB_MEDIA_AUDIO,
  .media_type = "audio/mpeg",
  .mpegversion = 1,
  .caps = "audio/mpeg, mpegversion = (int) 1",
  .clear_only = "no standard says how MP3 is encrypted in MP4, and no player "
                "knows it",
  .whole_sample = TRUE,
  .sample_entry = mp3_sample_entry,
  .make_codec_data = mp3_make_codec_data,
  .parse_format = mp3_parse_format,
  .write_config = mp3_write_config,
  .mime_codec = mp3_mime_codec,
};
