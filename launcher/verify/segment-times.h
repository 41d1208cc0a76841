/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "init-segment.h"
#include "mpd-document.h"
#include "report.h"

G_BEGIN_DECLS

/* Whether the segments of a track begin when an MPD or an index announces them,
 * and last as long. */

/* What a segment turned out to be, in ticks of the media. */
typedef struct
{
  gint64 first_dts, first_cts; /* of its first sample */
  gint64 earliest, latest;     /* presentation, before the edit list */
  guint64 duration;            /* of all samples */
  guint32 longest;             /* sample */
} HabSegmentTimes;

/* Of all segments of a track. */
typedef struct
{
  HabReport *report;
  guint64 timescale; /* ticks a second of what is announced */
  gboolean constant; /* one duration was announced for all of them */

  /* its own */
  guint64 media_timescale;
  gint64 shift; /* by the edit list */
  guint starts; /* bit mask of what may be the start of a segment */
} HabTimeCheck;

/* The track's times are those announced: of an index set timescale. */
void hab_time_check_init (HabTimeCheck *check, const HabMpdTrack *track,
    const HabInitSegment *init, HabReport *report);

/* file: of the segment, for the report. */
void hab_time_check_take (HabTimeCheck *check,
    const HabMpdSegment *announced, const HabSegmentTimes *times,
    const gchar *file);

G_END_DECLS
