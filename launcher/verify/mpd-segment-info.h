/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mpd-scope.h"

G_BEGIN_DECLS

/* Segment information (ISO/IEC 23009-1, 5.3.9): which segments a Representation
 * has, as SegmentTemplate, SegmentList or SegmentBase say it, or none of them,
 * which is one file. */

/* No document has more. */
#define HAB_MPD_MAX_SEGMENTS 1000000

/* What bounds all segments of one document, so that numbers which somebody made
 * up are no work. */
typedef struct
{
  guint n_files;    /* in the manifest's folder */
  guint n_segments; /* so far */
} HabMpdBounds;

/* Fills in the track's init segment, index, segments and their timescale. The
 * scope's base is known, and track has its id and bandwidth. What is wrong with
 * it is reported, and the segments end there. */
void hab_mpd_read_segments (HabMpdScope *scope, HabMpdTrack *track,
    HabMpdBounds *bounds);

G_END_DECLS
