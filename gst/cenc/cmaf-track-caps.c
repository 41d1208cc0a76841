/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-track-caps.h"

#include "caps-completion.h"
#include "cenc-protection.h"
#include "keys.h"

/* Resolution of video times where the frame rate says nothing: 90 kHz, which
 * MPEG systems use. */
#define DEFAULT_VIDEO_TIMESCALE 90000

/* A multiple of the frame rate's numerator at least this large gives every
 * frame of a constant rate a whole number of ticks and others a place within
 * 20 microseconds. */
#define MIN_VIDEO_TIMESCALE 24000

static gboolean
unsupported (GError **error, const gchar *what)
{
  g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
      what);
  return FALSE;
}

static guint32
video_timescale (gint fps_n, gint fps_d)
{
  guint64 timescale = fps_n;

  if (fps_n <= 0 || fps_d <= 0 || fps_n > 1000000)
    return DEFAULT_VIDEO_TIMESCALE;
  while (timescale < MIN_VIDEO_TIMESCALE)
    timescale *= 2;
  return timescale;
}

static gboolean
read_video (HabCmafTrack *track, const GstStructure *structure, GError **error)
{
  gint fps_n = 0, fps_d = 1;

  if (!hab_cmaf_picture_from_structure (&track->picture, structure))
    return unsupported (error, "the caps have no usable width and height");
  gst_structure_get_fraction (structure, "framerate", &fps_n, &fps_d);
  track->timescale = video_timescale (fps_n, fps_d);
  return TRUE;
}

/* The codec's own words count: demuxers take rate and channels from sample
 * entries, which are wrong in many files, and those of a core without its
 * extensions. */
static gboolean
read_audio (HabCmafTrack *track, GError **error)
{
  gsize size = 0;
  const guint8 *codec_data = track->codec_data ?
      g_bytes_get_data (track->codec_data, &size) :
      NULL;

  /* It is made of the first sample, see caps-completion.h. */
  if (codec_data == NULL && track->codec->make_codec_data)
    return TRUE;
  if (!track->codec->parse_format (codec_data, size, &track->audio, error))
    return FALSE;
  if (track->audio.channels == 0)
    return unsupported (error, "the arrangement of channels is not supported");
  track->timescale = track->audio.rate;
  return TRUE;
}

static gboolean
read_protection (HabCmafTrack *track, const GstStructure *structure,
    GError **error)
{
  const gchar *mode = gst_structure_get_string (structure, "cipher-mode");
  const gchar *kid = gst_structure_get_string (structure, "default-kid");
  const GValue *iv = gst_structure_get_value (structure, "constant-iv");

  if (g_strcmp0 (mode, "cbcs") != 0)
    return unsupported (error, "only cipher-mode cbcs can be written");
  if (kid == NULL || !hab_key_parse (kid, track->kid, NULL))
    return unsupported (error, "the caps have no default-kid");
  if (iv == NULL || !G_VALUE_HOLDS (iv, GST_TYPE_BUFFER) ||
      gst_buffer_extract (gst_value_get_buffer (iv), 0, track->iv, 16) != 16)
    return unsupported (error, "the caps have no constant-iv of 16 bytes");

  gst_structure_get_uint (structure, "crypt-byte-block",
      &track->pattern.crypt_byte_block);
  gst_structure_get_uint (structure, "skip-byte-block",
      &track->pattern.skip_byte_block);
  if (track->pattern.crypt_byte_block > 15 ||
      track->pattern.skip_byte_block > 15)
    return unsupported (error, "the pattern's numbers are above 15");
  track->encrypted = TRUE;
  gst_structure_get_boolean (structure, "clear-lead", &track->clear_lead);
  return TRUE;
}

static gboolean
read_codec (HabCmafTrack *track, const GstStructure *structure, GError **error)
{
  const GValue *codec_data = gst_structure_get_value (structure, "codec_data");

  if (track->codec == NULL)
    return unsupported (error, "the codec is not supported");

  track->stream_format = g_strdup (gst_structure_get_string (structure,
      "stream-format"));
  if (codec_data && G_VALUE_HOLDS (codec_data, GST_TYPE_BUFFER)) {
    gpointer data;
    gsize size;

    gst_buffer_extract_dup (gst_value_get_buffer (codec_data), 0, -1, &data,
        &size);
    track->codec_data = g_bytes_new_take (data, size);
  }
  return TRUE;
}

HabCmafTrack *
hab_cmaf_track_from_caps (const GstCaps *caps, GError **error)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  g_autoptr (HabCmafTrack) track = hab_cmaf_track_new ();

  track->codec = hab_codec_of_caps (caps);
  if (!read_codec (track, structure, error))
    return NULL;
  if (gst_structure_has_name (structure, "application/x-cenc") &&
      !read_protection (track, structure, error))
    return NULL;
  if (track->codec->kind == HAB_MEDIA_VIDEO ?
          !read_video (track, structure, error) :
          !read_audio (track, error))
    return NULL;
  return g_steal_pointer (&track);
}
