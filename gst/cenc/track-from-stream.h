/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "cmaf-track.h"

G_BEGIN_DECLS

/* A track from all that came down a stream before its first sample, and from
 * that. */

/* (transfer full) (nullable): without times and pssh. segment: that of first's
 * times. tags (nullable): language and orientation. *complete (transfer full),
 * which must be NULL before: caps with what first added. NULL with error
 * (HAB_CODEC_ERROR) set where the stream cannot be described. */
HabCmafTrack *hab_track_from_stream (GstCaps *caps, const GstSegment *segment,
    GstBuffer *first, const GstTagList *tags, GstCaps **complete,
    GError **error);

/* (transfer full): of the pad that a track leaves by. */
GstCaps *hab_track_output_caps (const HabCmafTrack *track, GstCaps *track_caps,
    GBytes *init_segment);

/* Ticks of a frame by the caps; 1 where they do not say, since something that
 * lasts no time at all cannot be addressed. */
gint64 hab_track_nominal_duration (const HabCmafTrack *track,
    const GstCaps *caps);

G_END_DECLS
