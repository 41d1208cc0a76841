/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sample-time.h"

#include <gst/audio/audio.h>

static gint64
to_running_time (const GstSegment *segment, GstClockTime time)
{
  guint64 running_time = 0;
  gint sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME,
      time, &running_time);

  return sign < 0 ? -(gint64) running_time : (gint64) running_time;
}

/* What is to be clipped off the audio of a sample, in nanoseconds. */
static GstClockTime
to_clip (GstFormat format, guint64 amount, guint rate)
{
  if (format == GST_FORMAT_DEFAULT && rate > 0)
    return gst_util_uint64_scale_round (amount, GST_SECOND, rate);
  return format == GST_FORMAT_TIME ? amount : 0;
}

/* Where a demuxer has no edit list to tell of encoder delay, the time is that
 * of the first audio that is heard, and the sample begins before it. */
static gint64
clip_at_start (GstBuffer *buffer, guint rate)
{
  GstAudioClippingMeta *meta = gst_buffer_get_audio_clipping_meta (buffer);

  return meta ? to_clip (meta->format, meta->start, rate) : 0;
}

/* How long the sample lasts in running time, encoder delay included, padding
 * not. */
static GstClockTime
sample_duration (const GstSegment *segment, GstBuffer *buffer, guint rate)
{
  GstAudioClippingMeta *meta = gst_buffer_get_audio_clipping_meta (buffer);
  GstClockTime duration = GST_BUFFER_DURATION (buffer);

  if (!GST_CLOCK_TIME_IS_VALID (duration))
    return duration;
  if (meta)
    duration -= MIN (duration, to_clip (meta->format, meta->end, rate));
  return segment->rate == 1.0 ? duration : duration / segment->rate;
}

gboolean
hab_sample_time_read (HabSampleTime *time, const GstSegment *segment,
    GstBuffer *buffer, guint rate)
{
  gint64 clip = clip_at_start (buffer, rate);
  GstClockTime dts = GST_BUFFER_DTS (buffer), pts = GST_BUFFER_PTS (buffer);

  time->dts_known = GST_CLOCK_TIME_IS_VALID (dts);
  if (!time->dts_known)
    dts = pts;
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    pts = dts;
  if (!GST_CLOCK_TIME_IS_VALID (dts))
    return FALSE;
  time->dts = to_running_time (segment, dts) - clip;
  time->pts = to_running_time (segment, pts) - clip;
  time->duration = sample_duration (segment, buffer, rate);
  return TRUE;
}

gboolean
hab_sample_time_reaches (gint64 time, guint64 line)
{
  return time + (gint64) HAB_SAMPLE_TIME_TOLERANCE >= (gint64) line;
}
