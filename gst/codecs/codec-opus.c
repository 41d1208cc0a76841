/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opus (RFC 6716). codec_data is the payload of a dOps box (Encapsulation of
 * Opus in ISO Base Media File Format, 4.3.2), which is an OpusHead (RFC 7845,
 * 5.1) without its magic, of version 0 and with its numbers in big-endian:
 *
 *   Version, OutputChannelCount   8 bits each
 *   PreSkip                       16
 *   InputSampleRate               32
 *   OutputGain                    16
 *   ChannelMappingFamily          8, and, where it is not 0,
 *   StreamCount, CoupledCount     8 each
 *   ChannelMapping                8 for each channel
 *
 * All times are those of 48 kHz, whatever the input's rate was. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include <string.h>

#define OPUS_RATE 48000
#define OPUS_FIXED_SIZE 11
#define OPUS_MAX_CHANNELS 8

#define HEAD_MAGIC "OpusHead"
#define HEAD_MAGIC_SIZE 8

/* ISO/IEC 23091-3 by number of channels, in the order of family 1 (RFC 7845,
 * 5.1.1.2). */
static const guint8 layouts[OPUS_MAX_CHANNELS + 1] = {
  0, 1, 2, 3, 10, 5, 6, 11, 12,
};

static gboolean
malformed (GError **error)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      "the configuration of Opus (OpusHead, dOps) is missing or malformed");
  return FALSE;
}

static const gchar *
opus_sample_entry (const gchar *stream_format)
{
  return "Opus";
}

/* --- making codec_data --------------------------------------------------------- */

/* An OpusHead as it is in streams, its numbers in little-endian. */
static GBytes *
from_head (const guint8 *head, gsize size, GError **error)
{
  g_auto (HabBoxWriter) writer = { 0 };

  if (size < HEAD_MAGIC_SIZE + OPUS_FIXED_SIZE ||
      memcmp (head, HEAD_MAGIC, HEAD_MAGIC_SIZE) != 0 || head[8] > 15) {
    malformed (error);
    return NULL;
  }
  hab_box_writer_init (&writer);
  hab_box_put_u8 (&writer, 0);
  hab_box_put_u8 (&writer, head[9]);
  hab_box_put_u16 (&writer, GST_READ_UINT16_LE (head + 10));
  hab_box_put_u32 (&writer, GST_READ_UINT32_LE (head + 12));
  hab_box_put_u16 (&writer, GST_READ_UINT16_LE (head + 16));
  hab_box_put_data (&writer, head + 18, size - 18);
  return hab_box_writer_steal (&writer);
}

static gboolean
put_mapping (HabBoxWriter *writer, const GstStructure *caps, gint channels)
{
  const GValue *mapping = gst_structure_get_value (caps, "channel-mapping");
  gint streams = 0, coupled = 0;

  if (!gst_structure_get_int (caps, "stream-count", &streams) ||
      !gst_structure_get_int (caps, "coupled-count", &coupled) ||
      mapping == NULL || !GST_VALUE_HOLDS_ARRAY (mapping) ||
      gst_value_array_get_size (mapping) != (guint) channels)
    return FALSE;
  hab_box_put_u8 (writer, CLAMP (streams, 0, 255));
  hab_box_put_u8 (writer, CLAMP (coupled, 0, 255));
  for (gint i = 0; i < channels; i++) {
    const GValue *index = gst_value_array_get_value (mapping, i);

    if (!G_VALUE_HOLDS_INT (index))
      return FALSE;
    hab_box_put_u8 (writer, CLAMP (g_value_get_int (index), 0, 255));
  }
  return TRUE;
}

/* qtdemux gives the fields of dOps but for the pre-skip, which then is what
 * the edit list leaves out. */
static GBytes *
from_fields (const HabCodecStart *start, GError **error)
{
  g_auto (HabBoxWriter) writer = { 0 };
  guint64 pre_skip = gst_util_uint64_scale_round (start->lead_ns, OPUS_RATE,
      GST_SECOND);
  gint channels = 0, rate = OPUS_RATE, family = 0;

  gst_structure_get_int (start->caps, "channel-mapping-family", &family);
  gst_structure_get_int (start->caps, "rate", &rate);
  if (!gst_structure_get_int (start->caps, "channels", &channels) ||
      channels < 1 || channels > 255 || family < 0 || family > 255) {
    malformed (error);
    return NULL;
  }

  hab_box_writer_init (&writer);
  hab_box_put_u8 (&writer, 0);
  hab_box_put_u8 (&writer, channels);
  hab_box_put_u16 (&writer, MIN (pre_skip, G_MAXUINT16));
  hab_box_put_u32 (&writer, MAX (rate, 0));
  hab_box_put_u16 (&writer, 0); /* OutputGain */
  hab_box_put_u8 (&writer, family);
  if (family != 0 && !put_mapping (&writer, start->caps, channels)) {
    malformed (error);
    return NULL;
  }
  return hab_box_writer_steal (&writer);
}

static GBytes *
opus_make_codec_data (const HabCodecStart *start, GError **error)
{
  const GValue *headers = gst_structure_get_value (start->caps,
      "streamheader");
  const GValue *head = NULL;
  GstMapInfo map;
  GBytes *codec_data;

  if (headers && GST_VALUE_HOLDS_ARRAY (headers) &&
      gst_value_array_get_size (headers) > 0)
    head = gst_value_array_get_value (headers, 0);
  if (head == NULL || !GST_VALUE_HOLDS_BUFFER (head) ||
      !gst_buffer_map (gst_value_get_buffer (head), &map, GST_MAP_READ))
    return from_fields (start, error);
  codec_data = from_head (map.data, map.size, error);
  gst_buffer_unmap (gst_value_get_buffer (head), &map);
  return codec_data;
}

/* --- reading it ------------------------------------------------------------------ */

/* A mapping's entry is a decoded channel, or 255 for silence. */
static gboolean
check_mapping (const guint8 *table, gsize size, guint channels)
{
  guint decoded;

  if (size < 2 + channels)
    return FALSE;
  decoded = table[0] + table[1];
  if (table[0] == 0 || table[1] > table[0] || decoded > 255)
    return FALSE;
  for (guint i = 0; i < channels; i++) {
    if (table[2 + i] != 255 && table[2 + i] >= decoded)
      return FALSE;
  }
  return TRUE;
}

static gboolean
opus_parse_format (const guint8 *codec_data, gsize size,
    HabAudioFormat *format, GError **error)
{
  guint channels, family;

  if (size < OPUS_FIXED_SIZE || codec_data[0] != 0)
    return malformed (error);
  channels = codec_data[1];
  family = codec_data[10];
  if (family > 1) {
    g_set_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "Opus with channel mapping family %u is not supported, only 0 (mono, "
        "stereo) and 1 (surround)", family);
    return FALSE;
  }
  if (channels == 0 || channels > (family == 0 ? 2 : OPUS_MAX_CHANNELS) ||
      (family == 1 && !check_mapping (codec_data + OPUS_FIXED_SIZE,
          size - OPUS_FIXED_SIZE, channels)))
    return malformed (error);

  *format = (HabAudioFormat){
    .rate = OPUS_RATE,
    .channels = channels,
    .sample_bits = 16,
    .layout = layouts[channels],
  };
  return TRUE;
}

static gboolean
opus_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  HabAudioFormat format;

  if (!opus_parse_format (codec_data, size, &format, error))
    return FALSE;
  hab_box_begin (writer, "dOps");
  hab_box_put_data (writer, codec_data, size);
  hab_box_end (writer);
  return TRUE;
}

/* In lower case, which all players know; the sample entry's own form is not
 * known to all. */
static gchar *
opus_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  return g_strdup ("opus");
}

const HabCodec hab_codec_opus = {
  .kind = HAB_MEDIA_AUDIO,
  .media_type = "audio/x-opus",
  .caps = "audio/x-opus",
  .whole_sample = TRUE,
  .sample_entry = opus_sample_entry,
  .make_codec_data = opus_make_codec_data,
  .parse_format = opus_parse_format,
  .write_config = opus_write_config,
  .mime_codec = opus_mime_codec,
};
