/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FLAC (RFC 9639). codec_data is the metadata blocks of a dfLa box
 * (Encapsulation of FLAC in ISO Base Media File Format, 3.3.2): STREAMINFO
 * first, and here alone. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include <string.h>

#include <gst/base/gstbytereader.h>

/* A metadata block: last-block flag and type, 24 bits of length, the rest
 * (RFC 9639, 8.1). */
#define BLOCK_HEADER 4
#define BLOCK_LAST 0x80
#define BLOCK_STREAMINFO 0
#define STREAMINFO_SIZE 34

/* Of the Ogg mapping (RFC 9639, 10.1): packet type, "FLAC", version, number of
 * header packets. */
#define OGG_PREFIX "\x7f" "FLAC"
#define OGG_PREFIX_SIZE 9

#define FLAC_MAX_CHANNELS 8

/* ISO/IEC 23091-3 by number of channels (RFC 9639, 9.1.3). */
static const guint8 layouts[FLAC_MAX_CHANNELS + 1] = {
  0, 1, 2, 3, 10, 5, 6, 11, 12,
};

static gboolean
malformed (GError **error)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      "the configuration of FLAC (STREAMINFO) is missing or malformed");
  return FALSE;
}

static const gchar *
flac_sample_entry (const gchar *stream_format)
{
  return "fLaC";
}

/* --- making codec_data --------------------------------------------------------- */

/* The STREAMINFO block in a header packet, whatever stands before it. */
static const guint8 *
find_stream_info (const guint8 *data, gsize size)
{
  if (size >= OGG_PREFIX_SIZE && memcmp (data, OGG_PREFIX, 5) == 0) {
    data += OGG_PREFIX_SIZE;
    size -= OGG_PREFIX_SIZE;
  }
  if (size >= 4 && memcmp (data, "fLaC", 4) == 0) {
    data += 4;
    size -= 4;
  }
  if (size < BLOCK_HEADER + STREAMINFO_SIZE ||
      (data[0] & ~BLOCK_LAST) != BLOCK_STREAMINFO ||
      GST_READ_UINT24_BE (data + 1) != STREAMINFO_SIZE)
    return NULL;
  return data;
}

static GBytes *
stream_info_of (GstBuffer *header)
{
  GstMapInfo map;
  const guint8 *found;
  guint8 *block = NULL;

  if (!gst_buffer_map (header, &map, GST_MAP_READ))
    return NULL;
  found = find_stream_info (map.data, map.size);
  if (found) {
    block = g_memdup2 (found, BLOCK_HEADER + STREAMINFO_SIZE);
    block[0] |= BLOCK_LAST;
  }
  gst_buffer_unmap (header, &map);
  return block ? g_bytes_new_take (block, BLOCK_HEADER + STREAMINFO_SIZE) :
                 NULL;
}

static GBytes *
flac_make_codec_data (const HabCodecStart *start, GError **error)
{
  const GValue *headers = gst_structure_get_value (start->caps,
      "streamheader");
  guint n = headers && GST_VALUE_HOLDS_ARRAY (headers) ?
      gst_value_array_get_size (headers) :
      0;

  for (guint i = 0; i < n; i++) {
    const GValue *header = gst_value_array_get_value (headers, i);
    GBytes *codec_data = GST_VALUE_HOLDS_BUFFER (header) ?
        stream_info_of (gst_value_get_buffer (header)) :
        NULL;

    if (codec_data)
      return codec_data;
  }
  malformed (error);
  return NULL;
}

/* --- reading it ------------------------------------------------------------------ */

static gboolean
flac_parse_format (const guint8 *codec_data, gsize size,
    HabAudioFormat *format, GError **error)
{
  const guint8 *info = find_stream_info (codec_data, size);
  guint64 fields;

  /* dfLa has blocks alone, without what stands before them in a stream. */
  if (info == NULL || info != codec_data)
    return malformed (error);
  /* 20 bits of rate, 3 of channels - 1, 5 of bits a sample - 1 */
  fields = GST_READ_UINT64_BE (info + BLOCK_HEADER + 10);
  *format = (HabAudioFormat){
    .rate = fields >> 44,
    .channels = 1 + (fields >> 41 & 7),
    .sample_bits = 1 + (fields >> 36 & 31),
  };
  format->layout = layouts[format->channels];
  return format->rate > 0 || malformed (error);
}

static gboolean
flac_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  HabAudioFormat format;

  if (!flac_parse_format (codec_data, size, &format, error))
    return FALSE;
  hab_box_begin_full (writer, "dfLa", 0, 0);
  hab_box_put_data (writer, codec_data, size);
  hab_box_end (writer);
  return TRUE;
}

/* In lower case, which all players know; the sample entry's own form is not
 * known to all. */
static gchar *
flac_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  return g_strdup ("flac");
}

const HabCodec hab_codec_flac = {
  .kind = HAB_MEDIA_AUDIO,
  .media_type = "audio/x-flac",
  .caps = "audio/x-flac, framed = (boolean) true",
  .whole_sample = TRUE,
  .sample_entry = flac_sample_entry,
  .make_codec_data = flac_make_codec_data,
  .parse_format = flac_parse_format,
  .write_config = flac_write_config,
  .mime_codec = flac_mime_codec,
};
