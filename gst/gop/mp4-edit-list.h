/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mp4-track.h"

G_BEGIN_DECLS

/* An edit list (elst, ISO/IEC 14496-12, 8.6.6), as far as it says where a track
 * begins: empty edits delay what follows, the first that is not empty begins
 * it. Later ones would repeat or leave out parts of the track and do not change
 * where the others are. */
typedef struct
{
  gboolean present;  /* there is an edit that shows media */
  guint64 delay;     /* of empty edits before it, movie ticks */
  guint64 duration;  /* of it, movie ticks; 0 for all there is */
  gint64 media_time; /* where in the media it begins, media ticks */
} HabMp4EditList;

/* edits: all zero. FALSE where the list makes no sense. */
gboolean hab_mp4_edit_list_read (HabMp4EditList *edits,
    const HabMp4Box *elst);

/* Sets the track's dts_offset and pts_offset by the edit list of its trak box, if
 * it has one: then the first picture shown is at 0, or at the end of the empty
 * edits; a media time between two pictures does not make it start in the middle
 * of one. Without an edit list times are as in the media. The track's sample table
 * has been checked; movie_timescale is that of mvhd, ticks a second, 0 where it is
 * unknown. FALSE where the list makes no sense. */
gboolean hab_mp4_edit_list_apply (HabMp4Track *track, guint32 movie_timescale,
    const HabMp4Box *trak);

G_END_DECLS
