/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segment-times.h"

#include <math.h>

/* What packagers take for the start of a segment: its earliest presentation
 * time, the presentation time of its first sample, or its first decoding time;
 * each behind the edit list or before it. One of these has to hold
 * throughout. */
#define N_STARTS 6

/* Of times without a SegmentTimeline, as a part of the segment's duration
 * (DASH-IF IOP). */
#define CONSTANT_SLACK 0.5

void
hab_time_check_init (HabTimeCheck *self, const HabMpdTrack *track,
    const HabInitSegment *init, HabReport *report)
{
  self->report = report;
  self->timescale = MAX (track->timescale, 1);
  self->constant = !track->exact && track->index.file == NULL;
  self->media_timescale = init->timescale;
  self->shift = init->shift;
  self->starts = (1 << N_STARTS) - 1;
}

/* What the edit list cuts off in front of 0 is not announced. */
static void
find_starts (const HabTimeCheck *self, const HabSegmentTimes *times,
    gint64 starts[N_STARTS])
{
  const gint64 media[] = {
    times->earliest, times->first_cts, times->first_dts
  };

  for (guint i = 0; i < G_N_ELEMENTS (media); i++) {
    starts[2 * i] = MAX (media[i] - self->shift, 0);
    starts[2 * i + 1] = media[i];
  }
}

static gdouble
to_seconds (const HabTimeCheck *self, gint64 media_ticks)
{
  return (gdouble) media_ticks / self->media_timescale;
}

/* A tick of the coarser clock, and a little for the arithmetic. */
static gdouble
get_tolerance (const HabTimeCheck *self, const HabMpdSegment *announced)
{
  if (self->constant)
    return CONSTANT_SLACK * announced->duration / self->timescale;
  return 1.01 / MIN (self->timescale, self->media_timescale);
}

static void
check_start (HabTimeCheck *self, const HabMpdSegment *announced,
    const HabSegmentTimes *times, const gchar *file)
{
  gdouble time = (gdouble) announced->time / self->timescale;
  gdouble tolerance = get_tolerance (self, announced);
  gint64 starts[N_STARTS];
  guint fitting = 0;

  find_starts (self, times, starts);
  for (guint i = 0; i < N_STARTS; i++)
    if (fabs (to_seconds (self, starts[i]) - time) <= tolerance)
      fitting |= 1 << i;
  if ((fitting & self->starts) == 0)
    hab_report_error (self->report, "time", file, announced->bytes.offset,
        "it is announced for %.6f s and begins at %.6f s", time,
        to_seconds (self, starts[0]));
  else
    self->starts &= fitting;
}

/* Where one duration is announced for all, the start of the next says how long
 * this one is, unless it is longer than announced. */
static gboolean
is_as_long (const HabTimeCheck *self, const HabMpdSegment *announced,
    const HabSegmentTimes *times)
{
  gdouble duration = (gdouble) announced->duration / self->timescale;
  gdouble media = to_seconds (self, times->duration);
  gdouble presented = to_seconds (self, times->latest - times->earliest);
  gdouble tolerance = get_tolerance (self, announced) +
      to_seconds (self, times->longest);

  if (self->constant)
    return media <= duration + tolerance;
  return fabs (duration - media) <= tolerance ||
      fabs (duration - presented) <= tolerance;
}

void
hab_time_check_take (HabTimeCheck *self, const HabMpdSegment *announced,
    const HabSegmentTimes *times, const gchar *file)
{
  check_start (self, announced, times, file);
  if (!is_as_long (self, announced, times))
    hab_report_error (self->report, "duration", file,
        announced->bytes.offset, "it is announced with %.6f s and has %.6f s",
        (gdouble) announced->duration / self->timescale,
        to_seconds (self, times->duration));
}
