/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasesink.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/* Writes a text track as one WebVTT file, track.vtt, in the track's folder,
 * which is there once the track has ended and has a cue in it. Part of
 * cencdashsink, not registered. Posts an element message cencdashsink-segment
 * when the file is in place. */

#define GST_TYPE_DASH_TEXT_SINK (gst_dash_text_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstDashTextSink, gst_dash_text_sink, GST, DASH_TEXT_SINK,
    GstBaseSink)

/* (transfer full): what it takes. */
GstCaps *gst_dash_text_sink_get_template_caps (void);

GstElement *gst_dash_text_sink_new (const gchar *track);

/* To be called before the element starts. folder: in which the track's is made;
 * durable: the file must survive a power cut. */
void gst_dash_text_sink_set_output (GstDashTextSink *self, const gchar *folder,
    gboolean durable);

G_END_DECLS
