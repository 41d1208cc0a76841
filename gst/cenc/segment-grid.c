/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segment-grid.h"

#define TOLERANCE ((gint64) HAB_SAMPLE_TIME_TOLERANCE)

void
hab_segment_grid_begin (HabSegmentGrid *grid, const HabSampleTime *time)
{
  guint64 at = MAX (time->pts, 0) + TOLERANCE;

  grid->next_line = (at / grid->segment_duration + 1) * grid->segment_duration;
  grid->chunk_start = time->dts;
}

static gboolean
starts_chunk (const HabSegmentGrid *grid, const HabSampleTime *time,
    gboolean random_access)
{
  if (grid->chunk_duration == 0)
    return FALSE;
  return (grid->video && random_access) ||
      time->dts - grid->chunk_start + TOLERANCE >=
      (gint64) grid->chunk_duration;
}

HabGridStep
hab_segment_grid_move (HabSegmentGrid *grid, const HabSampleTime *time,
    gboolean random_access)
{
  if (random_access && hab_sample_time_reaches (time->pts, grid->next_line)) {
    hab_segment_grid_begin (grid, time);
    return HAB_GRID_SEGMENT;
  }
  if (!starts_chunk (grid, time, random_access))
    return HAB_GRID_GOES_ON;
  grid->chunk_start = time->dts;
  return HAB_GRID_CHUNK;
}
