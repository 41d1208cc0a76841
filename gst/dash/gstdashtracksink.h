/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasesink.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* Writes what cencmux gives as files: init.mp4 and 1.m4s, 2.m4s, ... in one
 * folder. Part of cencdashsink, not registered. Posts an element message
 * cencdashsink-segment for each segment that is in place. */

/* Name of the element message after a flush: segments count from 1 again. */
#define GST_DASH_TRACK_SINK_RESTART "dashtracksink-restart"

#define GST_TYPE_DASH_TRACK_SINK (gst_dash_track_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstDashTrackSink, gst_dash_track_sink, GST,
    DASH_TRACK_SINK, GstBaseSink)

GstElement *gst_dash_track_sink_new (const gchar *track);

/* Where the folder of the track is to be made, and whether its files must
 * survive a power cut. To be called before the element starts. */
void gst_dash_track_sink_set_output (GstDashTrackSink *self,
    const gchar *folder, gboolean durable);

G_END_DECLS
