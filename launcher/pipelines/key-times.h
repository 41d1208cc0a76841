/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* At which pictures the encoders of a ladder begin a GOP: at those at which the
 * source does, which is told as it comes, or else at multiples of a distance.
 * Pictures come in the order in which they are shown; what is told may come from
 * another thread. Times are running times in ns. */
typedef struct _HabKeyTimes HabKeyTimes;

/* distance: 0 where the source tells. */
HabKeyTimes *hab_key_times_new (GstClockTime distance);
void hab_key_times_free (HabKeyTimes *times);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabKeyTimes, hab_key_times_free)

/* A GOP of the source starts. */
void hab_key_times_tell (HabKeyTimes *times, GstClockTime at);

/* Whether the encoders have to be told that the picture shown then begins a
 * GOP, as all but the first have. */
gboolean hab_key_times_take (HabKeyTimes *times, GstClockTime at);

/* For GOPs that make up segments of this length, none of them above limit. */
GstClockTime hab_key_times_get_distance (GstClockTime segment,
    GstClockTime limit);

G_END_DECLS
