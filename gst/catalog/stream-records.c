/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-records.h"

#include <gst/pbutils/pbutils.h>
#include <string.h>

static const gchar *
media_kind (const gchar *media_type)
{
  static const gchar *const kinds[] = { "video", "audio", "text" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    gsize length = strlen (kinds[i]);

    if (strncmp (media_type, kinds[i], length) == 0 &&
        media_type[length] == '/')
      return kinds[i];
  }
  return "other";
}

static gboolean
is_not_binary (GQuark field, const GValue *value, gpointer data)
{
  return !GST_VALUE_HOLDS_BUFFER (value) && !GST_VALUE_HOLDS_ARRAY (value);
}

/* Codec data and stream headers say nothing to a person and may be long. */
static gchar *
describe_caps (GstCaps *caps)
{
  g_autoptr (GstCaps) copy = gst_caps_copy (caps);

  gst_structure_filter_and_map_in_place (gst_caps_get_structure (copy, 0),
      (GstStructureFilterMapFunc) is_not_binary, NULL);

  return gst_caps_to_string (copy);
}

HabRecord *
hab_stream_record_new_track (guint number, GstCaps *caps)
{
  GstStructure *s = gst_caps_get_structure (caps, 0);
  const gchar *media_type = gst_structure_get_string (s, "original-media-type");
  HabRecord *record = g_new0 (HabRecord, 1);
  HabTrack *track = &record->track;

  record->kind = HAB_RECORD_TRACK;
  record->track_number = number;
  track->number = number;
  track->kind = g_strdup (
      media_kind (media_type ? media_type : gst_structure_get_name (s)));
  track->codec = gst_codec_utils_caps_get_mime_codec (caps);
  track->caps = describe_caps (caps);
  track->fps_d = 1;
  track->duration_ns = -1;
  gst_structure_get_int (s, "width", &track->width);
  gst_structure_get_int (s, "height", &track->height);
  gst_structure_get_fraction (s, "framerate", &track->fps_n, &track->fps_d);
  gst_structure_get_int (s, "channels", &track->channels);
  gst_structure_get_int (s, "rate", &track->rate);

  return record;
}

/* Nanoseconds of running time, negative before the segment. */
static gint64
running_time (const GstSegment *segment, GstClockTime time)
{
  guint64 value;
  gint sign;

  if (!GST_CLOCK_TIME_IS_VALID (time) || segment->format != GST_FORMAT_TIME)
    return G_MININT64;

  sign =
      gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time, &value);
  if (sign == 0 || value > G_MAXINT64)
    return G_MININT64;
  return sign * (gint64) value;
}

HabRecord *
hab_stream_record_new_gop (guint track_number, const GstSegment *segment,
    guint64 first_frame, const GstStructure *s)
{
  g_autoptr (HabRecord) record = g_new0 (HabRecord, 1);
  HabGop *gop = &record->gop;
  const gchar *kind = gst_structure_get_string (s, "kind");
  GstClockTime pts = GST_CLOCK_TIME_NONE, dts = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;

  if (!kind || strlen (kind) >= sizeof (gop->kind) ||
      !gst_structure_get (s, "index", G_TYPE_UINT64, &gop->index,
          "frames", G_TYPE_UINT64, &gop->frames,
          "bytes", G_TYPE_UINT64, &gop->bytes,
          "closed", G_TYPE_BOOLEAN, &gop->closed,
          "leading-pictures", G_TYPE_UINT, &gop->leading_pictures, NULL) ||
      gop->index > G_MAXINT64)
    return NULL;
  gst_structure_get (
      s, "pts", G_TYPE_UINT64, &pts, "dts", G_TYPE_UINT64, &dts, NULL);
  gst_structure_get_uint64 (s, "duration", &duration);

  record->kind = HAB_RECORD_GOP;
  record->track_number = track_number;
  g_strlcpy (gop->kind, kind, sizeof (gop->kind));
  gop->first_frame = first_frame;
  gop->pts_ns = running_time (segment, pts);
  gop->dts_ns = running_time (segment, dts);
  gop->duration_ns = GST_CLOCK_TIME_IS_VALID (duration) ? duration : 0;
  gop->first_byte = -1;
  gop->end_byte = -1;

  return g_steal_pointer (&record);
}
