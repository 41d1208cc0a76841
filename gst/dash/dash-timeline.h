/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "dash-track.h"

G_BEGIN_DECLS

/* The segments of a stream: those that manifests name, which may be a window
 * that moves with the stream, and those behind it whose files are still there,
 * since somebody may hold a manifest that names them. What it keeps is bounded
 * by the window. Pure: who writes and removes files does what it says. */
typedef struct
{
  GArray *segments;     /* of HabDashSegment, those that are named */
  guint first_number;   /* of the first of them; segments count from 1 */
  GstClockTime longest; /* of all there were */
  gboolean lead_gone;   /* one in the clear is not named any more */
  GArray *expired;      /* private */
} HabDashTimeline;

/* So many segments are named at least (RFC 8216, 6.2.2). */
#define HAB_DASH_MIN_SEGMENTS 3

void hab_dash_timeline_init (HabDashTimeline *timeline);
void hab_dash_timeline_clear (HabDashTimeline *timeline);
/* Back to before the first segment. */
void hab_dash_timeline_reset (HabDashTimeline *timeline);

void hab_dash_timeline_append (HabDashTimeline *timeline,
    const HabDashSegment *segment);

/* The segment of this number, NULL where it is not named. */
const HabDashSegment *hab_dash_timeline_get (const HabDashTimeline *timeline,
    guint number);

/* Names no more what ended depth or longer before the end. */
void hab_dash_timeline_advance (HabDashTimeline *timeline,
    GstClockTime depth);

/* Number of a segment whose file may go, each once; 0 for none. Files stay as
 * long as a playlist can be that names them, and their own length (RFC 8216,
 * 6.2.2). */
guint hab_dash_timeline_pop_expired (HabDashTimeline *timeline);

G_END_DECLS
