/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* AAC (ISO/IEC 14496-3) as raw access units. codec_data is an
 * AudioSpecificConfig (1.6.2.1), which says of spectral band replication (SBR:
 * HE-AAC, twice the rate) and parametric stereo (PS: HE-AAC v2, two channels
 * of one) in one of three ways:
 *
 *   hierarchical         the audio object type is 5 or 29, another behind it
 *   backward compatible  a sync extension at the end, which old decoders ignore
 *   implicit             not at all; only the access units have it
 *
 * The first two are read here. The third looks like AAC-LC of half the rate,
 * and is written as what it says. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include <gst/base/gstbitreader.h>

#include "esds.h"

typedef enum
{
  AOT_AAC_LC = 2,
  AOT_AAC_SCALABLE = 6,
  AOT_SBR = 5,
  AOT_ER_AAC_LC = 17,
  AOT_ER_AAC_SCALABLE = 20,
  AOT_ER_BSAC = 22,
  AOT_ER_AAC_LD = 23,
  AOT_PS = 29,
  AOT_ESCAPE = 31,
} AudioObjectType;

#define SYNC_EXTENSION_SBR 0x2b7
#define SYNC_EXTENSION_PS 0x548

typedef struct
{
  guint object_type; /* that of the core, behind SBR and PS */
  guint core_rate, rate;
  guint channels;
  guint layout;
  gboolean sbr, ps;
} AacConfig;

static const guint rates[] = {
  96000, 88200, 64000, 48000, 44100, 32000, 24000,
  22050, 16000, 12000, 11025, 8000, 7350,
};

/* By channelConfiguration, which is ISO/IEC 23091-3's ChannelConfiguration;
 * 0 for what is not defined. */
static const guint8 channel_counts[16] = {
  0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0,
};

static gboolean
malformed (GError **error)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
      "the AudioSpecificConfig is missing or malformed");
  return FALSE;
}

static const gchar *
aac_sample_entry (const gchar *stream_format)
{
  return "mp4a";
}

/* --- AudioSpecificConfig ---------------------------------------------------- */

static gboolean
read_object_type (GstBitReader *bits, guint *type)
{
  guint32 value, escaped;

  if (!gst_bit_reader_get_bits_uint32 (bits, &value, 5))
    return FALSE;
  *type = value;
  if (value != AOT_ESCAPE)
    return TRUE;
  if (!gst_bit_reader_get_bits_uint32 (bits, &escaped, 6))
    return FALSE;
  *type = 32 + escaped;
  return TRUE;
}

static gboolean
read_rate (GstBitReader *bits, guint *rate)
{
  guint32 index, value;

  if (!gst_bit_reader_get_bits_uint32 (bits, &index, 4))
    return FALSE;
  if (index == 15) {
    if (!gst_bit_reader_get_bits_uint32 (bits, &value, 24) || value == 0)
      return FALSE;
    *rate = value;
    return TRUE;
  }
  if (index >= G_N_ELEMENTS (rates))
    return FALSE;
  *rate = rates[index];
  return TRUE;
}

/* n elements of a program_config_element, of one or two channels each. */
static gboolean
count_channels (GstBitReader *bits, guint n, guint *channels)
{
  for (guint i = 0; i < n; i++) {
    guint8 pair;

    if (!gst_bit_reader_get_bits_uint8 (bits, &pair, 1) ||
        !gst_bit_reader_skip (bits, 4))
      return FALSE;
    *channels += 1 + pair;
  }
  return TRUE;
}

static gboolean
skip_optional (GstBitReader *bits, guint n)
{
  guint8 present;

  return gst_bit_reader_get_bits_uint8 (bits, &present, 1) &&
      (!present || gst_bit_reader_skip (bits, n));
}

/* The elements' tags, and a comment, which has a length. */
static gboolean
skip_program_tail (GstBitReader *bits, guint n_lfe, guint n_data,
    guint n_coupling)
{
  guint padding;
  guint8 comment;

  if (!gst_bit_reader_skip (bits, 4 * n_lfe + 4 * n_data + 5 * n_coupling))
    return FALSE;
  padding = -gst_bit_reader_get_pos (bits) % 8;
  return gst_bit_reader_skip (bits, padding) &&
      gst_bit_reader_get_bits_uint8 (bits, &comment, 8) &&
      gst_bit_reader_skip (bits, 8u * comment);
}

/* program_config_element (4.5.1.1): channels one by one, for arrangements that
 * have no number. */
static gboolean
read_program (GstBitReader *bits, AacConfig *config)
{
  guint8 front, side, back, lfe, data, coupling;
  guint n_front = 0, n_other = 0;

  if (!gst_bit_reader_skip (bits, 4 + 2 + 4) ||
      !gst_bit_reader_get_bits_uint8 (bits, &front, 4) ||
      !gst_bit_reader_get_bits_uint8 (bits, &side, 4) ||
      !gst_bit_reader_get_bits_uint8 (bits, &back, 4) ||
      !gst_bit_reader_get_bits_uint8 (bits, &lfe, 2) ||
      !gst_bit_reader_get_bits_uint8 (bits, &data, 3) ||
      !gst_bit_reader_get_bits_uint8 (bits, &coupling, 4) ||
      !skip_optional (bits, 4) || !skip_optional (bits, 4) ||
      !skip_optional (bits, 3) || !count_channels (bits, front, &n_front) ||
      !count_channels (bits, side + back, &n_other) ||
      !skip_program_tail (bits, lfe, data, coupling))
    return FALSE;

  config->channels = n_front + n_other + lfe;
  if (n_other == 0 && lfe == 0 && n_front <= 3)
    config->layout = n_front;
  else if (n_front == 3 && n_other == 2 && lfe <= 1)
    config->layout = 5 + lfe;
  return config->channels > 0;
}

static gboolean
is_general_audio (guint type)
{
  return (type >= 1 && type <= 7 && type != AOT_SBR) ||
      type == AOT_ER_AAC_LC || (type >= 19 && type <= AOT_ER_AAC_LD);
}

/* What GASpecificConfig (4.4.1) has for error resilience and scalability. */
static gboolean
skip_general_extension (GstBitReader *bits, guint type)
{
  guint n = 1;

  if (type == AOT_ER_BSAC)
    n += 5 + 11;
  else if (type == AOT_ER_AAC_LC || type == 19 || type == AOT_ER_AAC_SCALABLE ||
      type == AOT_ER_AAC_LD)
    n += 3;
  return gst_bit_reader_skip (bits, n);
}

static gboolean
read_general_audio (GstBitReader *bits, AacConfig *config, guint channels)
{
  guint type = config->object_type;
  guint8 extension;

  if (!gst_bit_reader_skip (bits, 1) || !skip_optional (bits, 14) ||
      !gst_bit_reader_get_bits_uint8 (bits, &extension, 1))
    return FALSE;
  if (channels == 0 && !read_program (bits, config))
    return FALSE;
  if ((type == AOT_AAC_SCALABLE || type == AOT_ER_AAC_SCALABLE) &&
      !gst_bit_reader_skip (bits, 3))
    return FALSE;
  if (extension && !skip_general_extension (bits, type))
    return FALSE;
  return type < AOT_ER_AAC_LC || gst_bit_reader_skip (bits, 2); /* epConfig */
}

/* Not there, or cut off, is as good as absent: old decoders read no further
 * either. */
static void
read_sync_extension (GstBitReader *bits, AacConfig *config)
{
  guint32 sync;
  guint8 present;
  guint type, rate;

  if (!gst_bit_reader_get_bits_uint32 (bits, &sync, 11) ||
      sync != SYNC_EXTENSION_SBR || !read_object_type (bits, &type) ||
      type != AOT_SBR || !gst_bit_reader_get_bits_uint8 (bits, &present, 1) ||
      !present || !read_rate (bits, &rate))
    return;
  config->sbr = TRUE;
  config->rate = rate;
  if (gst_bit_reader_get_bits_uint32 (bits, &sync, 11) &&
      sync == SYNC_EXTENSION_PS &&
      gst_bit_reader_get_bits_uint8 (bits, &present, 1))
    config->ps = present;
}

static gboolean
read_hierarchy (GstBitReader *bits, AacConfig *config)
{
  config->sbr = TRUE;
  config->ps = config->object_type == AOT_PS;
  return read_rate (bits, &config->rate) &&
      read_object_type (bits, &config->object_type) &&
      (config->object_type != AOT_ER_BSAC || gst_bit_reader_skip (bits, 4));
}

static gboolean
read_config (const guint8 *data, gsize size, AacConfig *config, GError **error)
{
  GstBitReader bits;
  guint8 channels;

  *config = (AacConfig){ 0 };
  if (size < 2 || size > HAB_ESDS_MAX_SPECIFIC)
    return malformed (error);
  gst_bit_reader_init (&bits, data, size);
  if (!read_object_type (&bits, &config->object_type) ||
      !read_rate (&bits, &config->core_rate) ||
      !gst_bit_reader_get_bits_uint8 (&bits, &channels, 4))
    return malformed (error);

  config->rate = config->core_rate;
  config->channels = channel_counts[channels];
  config->layout = config->channels ? channels : 0;
  if ((config->object_type == AOT_SBR || config->object_type == AOT_PS) &&
      !read_hierarchy (&bits, config))
    return malformed (error);
  if (is_general_audio (config->object_type)) {
    if (!read_general_audio (&bits, config, channels))
      return malformed (error);
    if (!config->sbr)
      read_sync_extension (&bits, config);
  }
  if (config->ps && config->channels == 1)
    config->channels = config->layout = 2;
  return TRUE;
}

/* --- the row ------------------------------------------------------------------- */

static gboolean
aac_parse_format (const guint8 *codec_data, gsize size, HabAudioFormat *format,
    GError **error)
{
  AacConfig config;

  if (!read_config (codec_data, size, &config, error))
    return FALSE;
  *format = (HabAudioFormat){
    .rate = config.rate,
    .channels = config.channels,
    .sample_bits = 16,
    .layout = config.layout,
  };
  return TRUE;
}

static gboolean
aac_write_config (HabBoxWriter *writer, const guint8 *codec_data, gsize size,
    GError **error)
{
  if (size < 2 || size > HAB_ESDS_MAX_SPECIFIC)
    return malformed (error);
  hab_esds_write (writer, HAB_ESDS_MPEG4_AUDIO, codec_data, size);
  return TRUE;
}

/* RFC 6381, 3.3: mp4a.40. and the audio object type, which is SBR's or PS's
 * however they are signalled, so that a player without them can tell. */
static gchar *
aac_mime_codec (const gchar *stream_format, const guint8 *codec_data,
    gsize size, GError **error)
{
  AacConfig config;

  if (!read_config (codec_data, size, &config, error))
    return NULL;
  return g_strdup_printf ("mp4a.40.%u", config.ps ? AOT_PS :
      config.sbr                                  ? AOT_SBR :
                                                    config.object_type);
}

const HabCodec hab_codec_aac = {
  .kind = HAB_MEDIA_AUDIO,
  .media_type = "audio/mpeg",
  .mpegversion = 4,
  .caps = "audio/mpeg, mpegversion = (int) 4, stream-format = (string) raw, "
          "framed = (boolean) true",
  .whole_sample = TRUE,
  .sample_entry = aac_sample_entry,
  .parse_format = aac_parse_format,
  .write_config = aac_write_config,
  .mime_codec = aac_mime_codec,
};
