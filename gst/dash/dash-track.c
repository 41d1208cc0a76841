/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dash-track.h"

#include <string.h>

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
  GArray *result = g_array_new (FALSE, FALSE, sizeof (HabSegment));

  for (guint i = 0; i < segments->len; i++) {
    const HabDashSegment *segment = segment_at (segments, i);
    GstClockTime end = i + 1 < segments->len ?
        segment_at (segments, i + 1)->start :
        segment->end;
    HabSegment ticks = {
      .time = to_ticks (segment->start, timescale),
      .size = segment->size,
      .key_frame_size = segment->key_frame_size,
    };

    memcpy (ticks.kid, segment->kid, sizeof ticks.kid);
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
describe_video (HabRepresentation *rep, const HabCmafTrack *cmaf,
    const GstCaps *caps)
{
  gint fps_n = 0, fps_d = 1;

  gst_structure_get_fraction (gst_caps_get_structure (caps, 0), "framerate",
      &fps_n, &fps_d);
  rep->width = cmaf->picture.width;
  rep->height = cmaf->picture.height;
  rep->fps_n = MAX (fps_n, 0);
  rep->fps_d = MAX (fps_d, 0);
  rep->sar_n = cmaf->picture.par_n;
  rep->sar_d = cmaf->picture.par_d;
  if (!cmaf->picture.has_colour)
    return;
  rep->primaries = cmaf->picture.primaries;
  rep->transfer = cmaf->picture.transfer;
  rep->matrix = cmaf->picture.matrix;
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

static gchar *
title_of (const GstTagList *tags)
{
  gchar *title = NULL;

  gst_tag_list_get_string (tags, GST_TAG_TITLE, &title);
  return title;
}

HabRepresentation *
hab_dash_track_describe (const gchar *id, const GstCaps *caps,
    const GstTagList *tags, GArray *segments, GError **error)
{
  g_autoptr (HabCmafTrack) cmaf = hab_cmaf_track_from_caps (caps, error);
  g_autoptr (HabRepresentation) rep = NULL;

  if (cmaf == NULL)
    return NULL;
  rep = hab_representation_new (id, cmaf->codec->kind);
  rep->codecs = mime_codec (cmaf, error);
  if (rep->codecs == NULL)
    return NULL;

  rep->timescale = cmaf->timescale;
  rep->rate = cmaf->audio.rate;
  rep->channels = cmaf->audio.channels;
  rep->arrangement = cmaf->audio.layout;
  rep->dolby_map = cmaf->audio.dolby_map;
  rep->bandwidth = peak_bandwidth (segments);
  if (rep->content.kind == HAB_MEDIA_VIDEO)
    describe_video (rep, cmaf, caps);
  if (cmaf->encrypted)
    rep->default_kid = hab_key_to_uuid (cmaf->kid);
  if (tags) {
    rep->content.language = language_of (tags);
    rep->content.label = title_of (tags);
  }
  g_array_unref (rep->segments);
  rep->segments = hab_dash_segments_to_ticks (segments, cmaf->timescale);
  return g_steal_pointer (&rep);
}

HabRepresentation *
hab_dash_text_describe (const gchar *id, const GstTagList *tags,
    const HabDashSegment *file)
{
  HabRepresentation *rep = hab_representation_new (id, HAB_MEDIA_TEXT);
  GstClockTime length = MAX (length_of (file), GST_MSECOND);
  HabSegment segment = { .size = file->size };

  rep->timescale = GST_SECOND / GST_MSECOND;
  segment.duration = to_ticks (length, rep->timescale);
  g_array_append_val (rep->segments, segment);
  rep->bandwidth = gst_util_uint64_scale_ceil (file->size * 8, GST_SECOND,
      length);
  rep->content.role = HAB_ROLE_SUBTITLE;
  rep->content.language = language_of (tags);
  return rep;
}

void
hab_dash_track_set_single_file (HabRepresentation *rep,
    const HabSingleFileLayout *layout)
{
  guint64 offset = layout->segments_offset;

  rep->single_file = TRUE;
  rep->file_layout = *layout;
  for (guint i = 0; i < rep->segments->len; i++) {
    HabSegment *segment = &g_array_index (rep->segments, HabSegment,
        i);

    segment->offset = offset;
    offset += segment->size;
  }
}
