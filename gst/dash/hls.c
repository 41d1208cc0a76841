/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls.h"

#include <string.h>

/* Of fragmented MP4 with EXT-X-MAP (RFC 8216, 7), and SAMPLE-AES in it. */
#define VERSION 7

static const HabMpdSegment *
segment_at (const HabMpdTrack *track, guint i)
{
  return &g_array_index (track->segments, HabMpdSegment, i);
}

/* Appends seconds with six decimals, whatever the locale. */
static void
append_seconds (GString *text, const HabMpdTrack *track, guint64 ticks)
{
  guint64 us = ticks / track->timescale * 1000000 +
      (ticks % track->timescale * 1000000 + track->timescale / 2) /
          track->timescale;

  g_string_append_printf (text,
      "%" G_GUINT64_FORMAT ".%06" G_GUINT64_FORMAT, us / 1000000,
      us % 1000000);
}

/* Inside a quoted string there is no escape: what cannot stand there
 * (RFC 8216, 4.2) is left out. */
static void
append_quoted (GString *text, const gchar *value)
{
  g_string_append_c (text, '"');
  for (; *value; value++) {
    if (*value != '"' && *value != '\n' && *value != '\r')
      g_string_append_c (text, *value);
  }
  g_string_append_c (text, '"');
}

/* --- what the tracks add up to -------------------------------------------- */

static guint64
media_bytes (const HabMpdTrack *track)
{
  guint64 bytes = 0;

  for (guint i = 0; i < track->segments->len; i++)
    bytes += segment_at (track, i)->size;
  return bytes;
}

static guint64
media_ticks (const HabMpdTrack *track)
{
  guint64 ticks = 0;

  for (guint i = 0; i < track->segments->len; i++)
    ticks += segment_at (track, i)->duration;
  return MAX (ticks, 1);
}

/* Bits a second. */
static guint64
average_bandwidth (const HabMpdTrack *track)
{
  return (guint64) (8.0 * media_bytes (track) * track->timescale /
      media_ticks (track));
}

static const HabMpdTrack *
largest_audio (const GPtrArray *tracks)
{
  const HabMpdTrack *largest = NULL;

  for (guint i = 0; i < tracks->len; i++) {
    const HabMpdTrack *track = tracks->pdata[i];

    if (!track->video &&
        (largest == NULL || track->bandwidth > largest->bandwidth))
      largest = track;
  }
  return largest;
}

/* --- the multivariant playlist ---------------------------------------------- */

static void
append_rendition (GString *text, const HabMpdTrack *track, gboolean first)
{
  g_string_append (text, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=");
  append_quoted (text, track->language ? track->language : track->id);
  if (track->language) {
    g_string_append (text, ",LANGUAGE=");
    append_quoted (text, track->language);
  }
  g_string_append_printf (text, ",DEFAULT=%s,AUTOSELECT=YES,CHANNELS=\"%u\"",
      first ? "YES" : "NO", track->channels);
  g_string_append_printf (text, ",URI=\"%s/" HAB_HLS_MEDIA "\"\n", track->id);
}

/* The codecs of all audio tracks, each once, behind the video's own. */
static void
append_codecs (GString *text, const HabMpdTrack *video,
    const GPtrArray *tracks)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (GStrv) codecs = NULL;
  g_autofree gchar *list = NULL;

  if (video)
    g_strv_builder_add (builder, video->codecs);
  for (guint i = 0; i < tracks->len; i++) {
    const HabMpdTrack *track = tracks->pdata[i];

    if (!track->video && g_hash_table_add (seen, track->codecs))
      g_strv_builder_add (builder, track->codecs);
  }
  codecs = g_strv_builder_end (builder);
  list = g_strjoinv (",", codecs);
  g_string_append_printf (text, ",CODECS=\"%s\"", list);
}

static void
append_video_attributes (GString *text, const HabMpdTrack *video)
{
  guint64 mhz;

  g_string_append_printf (text, ",RESOLUTION=%ux%u", video->width,
      video->height);
  if (video->fps_n == 0 || video->fps_d == 0)
    return;
  mhz = (G_GUINT64_CONSTANT (1000) * video->fps_n + video->fps_d / 2) /
      video->fps_d;
  g_string_append_printf (text,
      ",FRAME-RATE=%" G_GUINT64_FORMAT ".%03" G_GUINT64_FORMAT, mhz / 1000,
      mhz % 1000);
}

static void
append_variant (GString *text, const HabMpdTrack *video,
    const HabMpdTrack *audio, const GPtrArray *tracks)
{
  guint64 peak = (video ? video->bandwidth : 0) +
      (audio ? audio->bandwidth : 0);
  guint64 average = (video ? average_bandwidth (video) : 0) +
      (audio ? average_bandwidth (audio) : 0);

  g_string_append_printf (text,
      "#EXT-X-STREAM-INF:BANDWIDTH=%" G_GUINT64_FORMAT
      ",AVERAGE-BANDWIDTH=%" G_GUINT64_FORMAT,
      peak, MIN (average, peak));
  append_codecs (text, video, tracks);
  if (video)
    append_video_attributes (text, video);
  if (audio)
    g_string_append (text, ",AUDIO=\"audio\"");
  g_string_append_printf (text, "\n%s/" HAB_HLS_MEDIA "\n",
      video ? video->id : audio->id);
}

static guint64
i_frame_bandwidth (const HabMpdTrack *track)
{
  gdouble peak = 0;

  for (guint i = 0; i < track->segments->len; i++) {
    const HabMpdSegment *segment = segment_at (track, i);

    peak = MAX (peak, 8.0 * segment->key_frame_size * track->timescale /
        MAX (segment->duration, 1));
  }
  return (guint64) peak;
}

static void
append_i_frame_variant (GString *text, const HabMpdTrack *video)
{
  guint64 bandwidth = i_frame_bandwidth (video);

  if (bandwidth == 0)
    return;
  g_string_append_printf (text,
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%" G_GUINT64_FORMAT
      ",CODECS=\"%s\",RESOLUTION=%ux%u,URI=\"%s/" HAB_HLS_I_FRAMES "\"\n",
      bandwidth, video->codecs, video->width, video->height, video->id);
}

gchar *
hab_hls_write_multivariant (const GPtrArray *tracks)
{
  GString *text = g_string_new ("#EXTM3U\n");
  const HabMpdTrack *audio = largest_audio (tracks);
  gboolean first = TRUE, video_seen = FALSE;

  g_string_append_printf (text, "#EXT-X-VERSION:%u\n", VERSION);
  for (guint i = 0; i < tracks->len; i++) {
    const HabMpdTrack *track = tracks->pdata[i];

    if (track->video)
      continue;
    append_rendition (text, track, first);
    first = FALSE;
  }
  for (guint i = 0; i < tracks->len; i++) {
    const HabMpdTrack *track = tracks->pdata[i];

    if (!track->video)
      continue;
    append_variant (text, track, audio, tracks);
    append_i_frame_variant (text, track);
    video_seen = TRUE;
  }
  if (!video_seen && audio)
    append_variant (text, NULL, audio, tracks);
  return g_string_free (text, FALSE);
}

/* --- a media playlist --------------------------------------------------------- */

/* Of all segments, rounded to the nearest second (RFC 8216, 4.3.3.1). */
static guint64
target_duration (const HabMpdTrack *track)
{
  guint64 longest = 1;

  for (guint i = 0; i < track->segments->len; i++)
    longest = MAX (longest,
        (segment_at (track, i)->duration + track->timescale / 2) /
            track->timescale);
  return longest;
}

static void
append_key (GString *text, const HabMpdTrack *track, const gchar *key_url)
{
  if (track->default_kid == NULL || key_url == NULL)
    return;
  g_string_append (text, "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=");
  append_quoted (text, key_url);
  g_string_append (text, ",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n");
}

static void
append_map (GString *text, const HabMpdTrack *track)
{
  if (track->single_file)
    g_string_append_printf (text,
        "#EXT-X-MAP:URI=\"" HAB_MPD_SINGLE_FILE "\",BYTERANGE=\"%"
        G_GUINT64_FORMAT "@0\"\n",
        track->file_layout.init_size);
  else
    g_string_append (text, "#EXT-X-MAP:URI=\"" HAB_MPD_INIT "\"\n");
}

static GString *
begin_media (const HabMpdTrack *track, const gchar *key_url)
{
  GString *text = g_string_new ("#EXTM3U\n");

  g_string_append_printf (text,
      "#EXT-X-VERSION:%u\n#EXT-X-TARGETDURATION:%" G_GUINT64_FORMAT
      "\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n",
      VERSION, target_duration (track));
  append_key (text, track, key_url);
  append_map (text, track);
  return text;
}

static void
append_duration (GString *text, const HabMpdTrack *track, guint64 ticks)
{
  g_string_append (text, "#EXTINF:");
  append_seconds (text, track, ticks);
  g_string_append (text, ",\n");
}

/* Segment i, or its first size bytes where that is not 0. */
static void
append_segment (GString *text, const HabMpdTrack *track, guint i, guint64 size)
{
  const HabMpdSegment *segment = segment_at (track, i);

  append_duration (text, track, segment->duration);
  if (track->single_file || size > 0)
    g_string_append_printf (text,
        "#EXT-X-BYTERANGE:%" G_GUINT64_FORMAT "@%" G_GUINT64_FORMAT "\n",
        size > 0 ? size : segment->size,
        track->single_file ? segment->offset : 0);
  if (track->single_file)
    g_string_append (text, HAB_MPD_SINGLE_FILE "\n");
  else
    g_string_append_printf (text, "%u.m4s\n", i + 1);
}

gchar *
hab_hls_write_media (const HabMpdTrack *track, const gchar *key_url)
{
  GString *text = begin_media (track, key_url);

  for (guint i = 0; i < track->segments->len; i++)
    append_segment (text, track, i, 0);
  g_string_append (text, "#EXT-X-ENDLIST\n");
  return g_string_free (text, FALSE);
}

gchar *
hab_hls_write_i_frames (const HabMpdTrack *track, const gchar *key_url)
{
  GString *text;

  if (!track->video || i_frame_bandwidth (track) == 0)
    return NULL;
  text = begin_media (track, key_url);
  g_string_append (text, "#EXT-X-I-FRAMES-ONLY\n");
  for (guint i = 0; i < track->segments->len; i++)
    append_segment (text, track, i, segment_at (track, i)->key_frame_size);
  g_string_append (text, "#EXT-X-ENDLIST\n");
  return g_string_free (text, FALSE);
}
