/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dash-track.h"

#include "cenc-protection.h"
#include "cmaf-track-caps.h"
#include "keys.h"
#include "language.h"

static const HabDashSegment *
segment_at (GArray *segments, guint i)
{
  return &g_array_index (segments, HabDashSegment, i);
}

static guint64
to_ticks (GstClockTime time, guint32 timescale)
{
  return gst_util_uint64_scale_round (time, timescale, GST_SECOND);
}

GArray *
hab_dash_segments_to_ticks (GArray *segments, guint32 timescale)
{
  GArray *result = g_array_new (FALSE, FALSE, sizeof (HabMpdSegment));

  for (guint i = 0; i < segments->len; i++) {
    const HabDashSegment *segment = segment_at (segments, i);
    GstClockTime end = i + 1 < segments->len ?
        segment_at (segments, i + 1)->start :
        segment->end;
    HabMpdSegment ticks = {
      .time = to_ticks (segment->start, timescale),
      .size = segment->size,
      .key_frame_size = segment->key_frame_size,
    };

    ticks.duration = to_ticks (end, timescale);
    ticks.duration -= MIN (ticks.time, ticks.duration);
    g_array_append_val (result, ticks);
  }
  return result;
}

static GstClockTime
length_of (const HabDashSegment *segment)
{
  return segment->end - MIN (segment->start, segment->end);
}

/* Segments that are less than half as long as the longest do not count (as in
 * RFC 8216, 4.1): the last one may be a single key frame, or a frame of audio
 * and a kilobyte of boxes. */
static guint64
peak_bandwidth (GArray *segments)
{
  GstClockTime longest = 1;
  guint64 peak = 1;

  for (guint i = 0; i < segments->len; i++)
    longest = MAX (longest, length_of (segment_at (segments, i)));
  for (guint i = 0; i < segments->len; i++) {
    const HabDashSegment *segment = segment_at (segments, i);
    GstClockTime length = length_of (segment);

    if (length >= longest - longest / 2)
      peak = MAX (peak, gst_util_uint64_scale_ceil (segment->size * 8,
          GST_SECOND, length));
  }
  return peak;
}

static void
describe_video (HabMpdTrack *track, const HabCmafTrack *cmaf,
    const GstCaps *caps)
{
  gint fps_n = 0, fps_d = 1;

  gst_structure_get_fraction (gst_caps_get_structure (caps, 0), "framerate",
      &fps_n, &fps_d);
  track->width = cmaf->width;
  track->height = cmaf->height;
  track->fps_n = MAX (fps_n, 0);
  track->fps_d = MAX (fps_d, 0);
  track->sar_n = cmaf->par_n;
  track->sar_d = cmaf->par_d;
}

static void
describe_protection (HabMpdTrack *track, const HabCmafTrack *cmaf)
{
  g_autoptr (GstBuffer) pssh = NULL;
  gpointer data;
  gsize size;

  if (!cmaf->encrypted)
    return;
  track->default_kid = hab_key_to_uuid (cmaf->kid);
  pssh = hab_protection_pssh_new (cmaf->kid);
  gst_buffer_extract_dup (pssh, 0, -1, &data, &size);
  track->pssh = g_base64_encode (data, size);
  g_free (data);
}

static gchar *
mime_codec (const HabCmafTrack *cmaf, GError **error)
{
  gsize size = 0;
  const guint8 *codec_data = cmaf->codec_data ?
      g_bytes_get_data (cmaf->codec_data, &size) :
      NULL;

  return cmaf->codec->mime_codec (cmaf->stream_format, codec_data, size,
      error);
}

static gchar *
language_of (const GstTagList *tags)
{
  g_autofree gchar *tag = NULL;

  if (!gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &tag))
    return NULL;
  return hab_language_to_bcp_47 (tag);
}

HabMpdTrack *
hab_dash_track_describe (const gchar *id, const GstCaps *caps,
    const GstTagList *tags, GArray *segments, GError **error)
{
  g_autoptr (HabCmafTrack) cmaf = hab_cmaf_track_from_caps (caps, error);
  g_autoptr (HabMpdTrack) track = hab_mpd_track_new (id);

  if (cmaf == NULL)
    return NULL;
  track->codecs = mime_codec (cmaf, error);
  if (track->codecs == NULL)
    return NULL;

  track->video = cmaf->codec->kind == HAB_MEDIA_VIDEO;
  track->timescale = cmaf->timescale;
  track->rate = cmaf->audio.rate;
  track->channels = cmaf->audio.channels;
  track->arrangement = cmaf->audio.layout;
  track->dolby_map = cmaf->audio.dolby_map;
  track->bandwidth = peak_bandwidth (segments);
  if (track->video)
    describe_video (track, cmaf, caps);
  describe_protection (track, cmaf);
  if (tags)
    track->language = language_of (tags);
  g_array_unref (track->segments);
  track->segments = hab_dash_segments_to_ticks (segments, cmaf->timescale);
  return g_steal_pointer (&track);
}

void
hab_dash_track_set_single_file (HabMpdTrack *track,
    const HabSingleFileLayout *layout)
{
  guint64 offset = layout->segments_offset;

  track->single_file = TRUE;
  track->file_layout = *layout;
  for (guint i = 0; i < track->segments->len; i++) {
    HabMpdSegment *segment = &g_array_index (track->segments, HabMpdSegment,
        i);

    segment->offset = offset;
    offset += segment->size;
  }
}
