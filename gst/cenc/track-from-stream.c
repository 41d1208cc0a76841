/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "track-from-stream.h"

#include <string.h>

#include "caps-completion.h"
#include "cmaf-track-caps.h"
#include "language.h"
#include "stream-facts.h"

static void
apply_language (HabCmafTrack *track, const gchar *language)
{
  g_autofree gchar *tag = hab_language_to_bcp_47 (language);

  hab_language_to_iso_639_2 (language, track->language);
  if (tag && strchr (tag, '-'))
    track->language_tag = g_steal_pointer (&tag);
}

static void
apply_tags (HabCmafTrack *track, const GstTagList *tags)
{
  g_autofree gchar *language = NULL;

  if (gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &language))
    apply_language (track, language);
  if (track->codec->kind == HAB_MEDIA_VIDEO)
    gst_video_orientation_from_tag ((GstTagList *) tags,
        &track->picture.orientation);
}

/* (transfer full) (nullable) */
static GstCaps *
complete_caps (GstCaps *caps, const GstSegment *segment, GstBuffer *first,
    GError **error)
{
  g_autoptr (GstCaps) complete = hab_caps_complete (caps, segment, first,
      error);
  const HabCodec *codec = hab_codec_of_caps (caps);

  if (complete == NULL || codec == NULL || codec->kind != HAB_MEDIA_VIDEO)
    return g_steal_pointer (&complete);
  return hab_stream_facts_add (complete, first);
}

HabCmafTrack *
hab_track_from_stream (GstCaps *caps, const GstSegment *segment,
    GstBuffer *first, const GstTagList *tags, GstCaps **complete,
    GError **error)
{
  g_autoptr (GstCaps) full = complete_caps (caps, segment, first, error);
  HabCmafTrack *track = full ? hab_cmaf_track_from_caps (full, error) : NULL;

  if (track == NULL)
    return NULL;
  if (tags)
    apply_tags (track, tags);
  *complete = g_steal_pointer (&full);
  return track;
}

GstCaps *
hab_track_output_caps (const HabCmafTrack *track, GstCaps *track_caps,
    GBytes *init_segment)
{
  g_autoptr (GstBuffer) init = gst_buffer_new_wrapped_bytes (init_segment);
  GstCaps *caps = gst_caps_new_simple ("video/quicktime",
      "variant", G_TYPE_STRING, "cmaf",
      "timescale", G_TYPE_UINT, track->timescale,
      "track-caps", GST_TYPE_CAPS, track_caps, NULL);
  GValue headers = G_VALUE_INIT, header = G_VALUE_INIT;

  GST_BUFFER_FLAG_SET (init, GST_BUFFER_FLAG_HEADER);
  g_value_init (&headers, GST_TYPE_ARRAY);
  g_value_init (&header, GST_TYPE_BUFFER);
  gst_value_set_buffer (&header, init);
  gst_value_array_append_and_take_value (&headers, &header);
  gst_caps_set_value (caps, "streamheader", &headers);
  g_value_unset (&headers);
  return caps;
}

gint64
hab_track_nominal_duration (const HabCmafTrack *track, const GstCaps *caps)
{
  gint fps_n = 0, fps_d = 0;

  gst_structure_get_fraction (gst_caps_get_structure (caps, 0), "framerate",
      &fps_n, &fps_d);
  if (fps_n <= 0 || fps_d <= 0)
    return 1;
  return gst_util_uint64_scale_round (track->timescale, fps_d, fps_n);
}
