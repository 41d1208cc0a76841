/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasesink.h>
#include <gst/gst.h>

#include "single-file.h"

G_BEGIN_DECLS

/* Writes what cencmux gives as files in the track's folder: init.mp4 and 1.m4s,
 * 2.m4s, ..., or all of it as track.mp4. Part of cencdashsink, not registered.
 * Posts an element message cencdashsink-segment for each segment that is in
 * place. */

/* Name of the element message after a flush: segments count from 1 again. */
#define GST_DASH_TRACK_SINK_RESTART "dashtracksink-restart"

#define GST_TYPE_DASH_TRACK_SINK (gst_dash_track_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstDashTrackSink, gst_dash_track_sink, GST,
    DASH_TRACK_SINK, GstBaseSink)

GstElement *gst_dash_track_sink_new (const gchar *track);

typedef struct
{
  const gchar *folder;          /* in which the track's folder is made */
  gboolean durable;             /* files must survive a power cut */
  gboolean single_file;
  GstClockTime segment_length;  /* about, to judge how many there will be */
} GstDashTrackOutput;

/* To be called before the element starts. */
void gst_dash_track_sink_set_output (GstDashTrackSink *self,
    const GstDashTrackOutput *output);

/* The layout of the single file, once the track has ended. */
const HabSingleFileLayout *gst_dash_track_sink_get_layout (
    GstDashTrackSink *self);

/* Posts what became of a file that could not be written. */
void gst_dash_post_write_error (GstElement *element, const GError *error);

G_END_DECLS
