/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-meter.h"

static void
count_bytes (HabPackageMeter *self, GstBuffer *buffer)
{
  __atomic_add_fetch (&self->bytes, gst_buffer_get_size (buffer),
      __ATOMIC_RELAXED);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  count_bytes (data, GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static void
keep_position (HabPackageMeter *self, GstPad *pad, GstClockTime pts)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  GstClockTime position;

  if (event == NULL)
    return;
  gst_event_parse_segment (event, &segment);
  position = gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
  if (GST_CLOCK_TIME_IS_VALID (position))
    __atomic_store_n (&self->position, position, __ATOMIC_RELAXED);
}

/* Of tracks that nothing is ahead of. */
static GstPadProbeReturn
on_leading_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  count_bytes (data, buffer);
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    keep_position (data, pad, GST_BUFFER_PTS (buffer));
  return GST_PAD_PROBE_OK;
}

void
hab_package_meter_watch (HabPackageMeter *self, GstPad *pad, gboolean ahead)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER,
      ahead ? on_buffer : on_leading_buffer, self, NULL);
}

void
hab_package_meter_read (HabPackageMeter *self, GstElement *pipeline,
    HabPackageProgress *progress)
{
  gint64 duration = 0;

  *progress = (HabPackageProgress) {
    .position_ns = __atomic_load_n (&self->position, __ATOMIC_RELAXED),
    .bytes = __atomic_load_n (&self->bytes, __ATOMIC_RELAXED),
  };
  if (gst_element_query_duration (pipeline, GST_FORMAT_TIME, &duration) &&
      duration > 0)
    progress->fraction =
        CLAMP (progress->position_ns / (gdouble) duration, 0, 1);
}
