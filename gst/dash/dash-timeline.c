/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dash-timeline.h"

typedef struct
{
  guint number;
  GstClockTime until; /* the stream's end at which its file may go */
} Expired;

void
hab_dash_timeline_init (HabDashTimeline *timeline)
{
  *timeline = (HabDashTimeline){
    .segments = g_array_new (FALSE, FALSE, sizeof (HabDashSegment)),
    .first_number = 1,
    .expired = g_array_new (FALSE, FALSE, sizeof (Expired)),
  };
}

void
hab_dash_timeline_clear (HabDashTimeline *timeline)
{
  g_array_unref (timeline->segments);
  g_array_unref (timeline->expired);
}

void
hab_dash_timeline_reset (HabDashTimeline *timeline)
{
  g_array_set_size (timeline->segments, 0);
  g_array_set_size (timeline->expired, 0);
  timeline->first_number = 1;
  timeline->longest = 0;
  timeline->lead_gone = FALSE;
}

static const HabDashSegment *
segment_at (const HabDashTimeline *timeline, guint i)
{
  return &g_array_index (timeline->segments, HabDashSegment, i);
}

static GstClockTime
length_of (const HabDashSegment *segment)
{
  return segment->end - MIN (segment->start, segment->end);
}

void
hab_dash_timeline_append (HabDashTimeline *timeline,
    const HabDashSegment *segment)
{
  g_array_append_vals (timeline->segments, segment, 1);
  timeline->longest = MAX (timeline->longest, length_of (segment));
}

const HabDashSegment *
hab_dash_timeline_get (const HabDashTimeline *timeline, guint number)
{
  guint i = number - timeline->first_number;

  return number >= timeline->first_number && i < timeline->segments->len ?
      segment_at (timeline, i) : NULL;
}

static GstClockTime
end_of (const HabDashTimeline *timeline)
{
  return segment_at (timeline, timeline->segments->len - 1)->end;
}

/* How long playlists were that named what is named now. */
static GstClockTime
span_of (const HabDashTimeline *timeline)
{
  return end_of (timeline) - segment_at (timeline, 0)->start;
}

static void
expire_first (HabDashTimeline *timeline)
{
  const HabDashSegment *first = segment_at (timeline, 0);
  Expired expired = {
    .number = timeline->first_number,
    .until = end_of (timeline) + span_of (timeline) + length_of (first),
  };

  timeline->lead_gone |= first->kid[0] == '\0';
  g_array_append_val (timeline->expired, expired);
  g_array_remove_index (timeline->segments, 0);
  timeline->first_number++;
}

void
hab_dash_timeline_advance (HabDashTimeline *timeline, GstClockTime depth)
{
  while (timeline->segments->len > HAB_DASH_MIN_SEGMENTS &&
      segment_at (timeline, 0)->end + depth <= end_of (timeline))
    expire_first (timeline);
}

guint
hab_dash_timeline_pop_expired (HabDashTimeline *timeline)
{
  const Expired *first = &g_array_index (timeline->expired, Expired, 0);
  guint number;

  if (timeline->expired->len == 0 || end_of (timeline) < first->until)
    return 0;
  number = first->number;
  g_array_remove_index (timeline->expired, 0);
  return number;
}
