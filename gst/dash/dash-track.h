/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "mpd.h"

G_BEGIN_DECLS

/* A segment as cencdashsink-segment messages tell of it. */
typedef struct
{
  GstClockTime start, end; /* running time */
  guint64 size;            /* bytes */
  guint64 key_frame_size;  /* bytes up to the end of its first sample */
} HabDashSegment;

/* What the manifest says of a track: from the caps that its muxer takes, its
 * tags (nullable), and its segments (of HabDashSegment, one or more). NULL with
 * error set where the caps do not describe a track. */
HabMpdTrack *hab_dash_track_describe (const gchar *id, const GstCaps *caps,
    const GstTagList *tags, GArray *segments, GError **error);

G_END_DECLS
