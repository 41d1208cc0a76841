/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define HAB_SAMPLE_TIME_TOLERANCE GST_MSECOND

/* When a sample is decoded and shown, in running time, signed. */
typedef struct
{
  gint64 dts, pts;       /* ns */
  gboolean dts_known;    /* else dts is pts */
  GstClockTime duration; /* or GST_CLOCK_TIME_NONE */
} HabSampleTime;

/* Of a buffer in a segment of GST_FORMAT_TIME. rate: samples a second, in which
 * audio may say what is to be clipped. A track without reordering may have one
 * kind of time only; FALSE where the buffer has neither. */
gboolean hab_sample_time_read (HabSampleTime *time, const GstSegment *segment,
    GstBuffer *buffer, guint rate);

/* Whether a running time is at or behind a line. What is a little before it is
 * on it: times in nanoseconds are rounded, and those of some containers to
 * milliseconds. The one rule for where segments begin and clear leads end, so
 * that they do it at the same sample. */
gboolean hab_sample_time_reaches (gint64 time, guint64 line);

G_END_DECLS
