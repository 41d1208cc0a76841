/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sample-time.h"

G_BEGIN_DECLS

/* Where the segments of a track begin, and the chunks in them. Segments begin
 * on a grid of running time, which is the same for all tracks: at the first
 * sample at or behind a line of it at which decoding can start. Lines are
 * multiples of a duration and not distances from the segment before, so that
 * segments of two tracks stay side by side however long it goes on. */
typedef struct
{
  guint64 segment_duration; /* ns, the distance of the lines, not 0 */
  guint64 chunk_duration;   /* ns, 0 for chunks as long as their segment */
  gboolean video;           /* chunks begin with GOPs as well */

  guint64 next_line;        /* ns */
  gint64 chunk_start;       /* ns, decoding time */
} HabSegmentGrid;

typedef enum
{
  HAB_GRID_GOES_ON,
  HAB_GRID_CHUNK,   /* the sample begins a chunk of the same segment */
  HAB_GRID_SEGMENT, /* it begins a segment */
} HabGridStep;

/* The first sample. */
void hab_segment_grid_begin (HabSegmentGrid *grid, const HabSampleTime *time);

/* The next one. random_access: decoding can start at it. */
HabGridStep hab_segment_grid_move (HabSegmentGrid *grid,
    const HabSampleTime *time, gboolean random_access);

G_END_DECLS
