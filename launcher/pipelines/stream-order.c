/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-order.h"

#include "unit-inspector.h"

/* What is known of such a stream; of its pad. */
typedef struct
{
  GstElement *reporter; /* not owned */
  HabUnitInspector *inspector;
} OrderCheck;

static void
order_check_free (OrderCheck *check)
{
  hab_unit_inspector_free (check->inspector);
  g_free (check);
}

static gboolean
is_shown_later (OrderCheck *check, GstBuffer *buffer)
{
  HabAccessUnitInfo info;

  hab_unit_inspector_inspect (check->inspector, buffer, &info, NULL);
  return info.picture_type == 'B';
}

/* Without B-pictures the order of decoding is that of presentation, and the
 * times are the same. */
static GstPadProbeReturn
on_video_without_pts (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  OrderCheck *check = data;
  GstBuffer *buffer;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    hab_unit_inspector_take_event (check->inspector,
        GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }
  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_PAD_PROBE_OK;
  if (is_shown_later (check, buffer)) {
    GST_ELEMENT_ERROR (check->reporter, STREAM, NOT_IMPLEMENTED,
        ("the video has B-frames, and its container does not say when they "
         "are shown; make an MP4 of it first"), (NULL));
    gst_buffer_unref (buffer);
    GST_PAD_PROBE_INFO_DATA (info) = NULL;
    GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
    return GST_PAD_PROBE_HANDLED;
  }
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

void
hab_stream_order_check (GstPad *pad, GstElement *reporter)
{
  OrderCheck *check = g_new0 (OrderCheck, 1);

  check->reporter = reporter;
  check->inspector = hab_unit_inspector_new ();
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_video_without_pts, check, (GDestroyNotify) order_check_free);
}
