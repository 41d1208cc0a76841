/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cue.h"

G_BEGIN_DECLS

/* Cuts a text track into WebVTT files of equal length, as HLS wants them: a cue
 * stands whole in each segment that it is shown in (RFC 8216, 3.5). */
typedef struct _HabCueSegmenter HabCueSegmenter;

/* Bytes of cues that go on from one segment into the next at the most; of more
 * the latest are kept. Else a file of cues that never end would be written as
 * often as there are segments. */
#define HAB_CUE_SEGMENTER_MAX_OPEN 65536

/* length: of a segment, in nanoseconds. */
HabCueSegmenter *hab_cue_segmenter_new (guint64 length);
void hab_cue_segmenter_free (HabCueSegmenter *segmenter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCueSegmenter, hab_cue_segmenter_free)

/* Where the segment at hand ends, in nanoseconds. */
guint64 hab_cue_segmenter_get_end (const HabCueSegmenter *segmenter);

/* Takes cue, which begins before that end, unless it is the last segment's; its
 * own end is known. */
void hab_cue_segmenter_add (HabCueSegmenter *segmenter, HabCue *cue);

/* (transfer full): the segment at hand as a file; the next one begins. */
GString *hab_cue_segmenter_finish (HabCueSegmenter *segmenter);

G_END_DECLS
