/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-time.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "ts-clock.h"

/* Of a transport stream: in so many bytes is the first clock reference. */
#define TS_CLOCK_BYTES (1024 * 1024)

/* tsdemux counts from the first clock reference. */
gint64
hab_stream_time_find_offset (const HabContainer *container, const gchar *path)
{
  g_autofree guint8 *data = NULL;
  int fd = -1;
  gssize size;

  if (container != NULL &&
      g_str_equal (container->caps_name, "video/mpegts"))
    fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0)
    return 0;
  data = g_malloc (TS_CLOCK_BYTES);
  size = pread (fd, data, TS_CLOCK_BYTES, 0);
  close (fd);
  return size <= 0 ? 0 :
      (gint64) gst_util_uint64_scale_round (
          hab_ts_clock_find_first (data, size), GST_SECOND, 90000);
}

gint64
hab_stream_time_of (GstPad *pad, GstClockTime time, gint64 offset)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  guint64 stream_time;
  gint sign;

  if (event == NULL || !GST_CLOCK_TIME_IS_VALID (time))
    return G_MININT64;
  gst_event_parse_segment (event, &segment);
  sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, time,
      &stream_time);
  if (sign == 0 || stream_time > G_MAXINT64 / 2)
    return G_MININT64;
  return sign * (gint64) stream_time + offset;
}
