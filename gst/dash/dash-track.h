/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "presentation.h"

G_BEGIN_DECLS

/* A segment as cencdashsink-segment messages tell of it. */
typedef struct
{
  GstClockTime start, end; /* running time */
  guint64 size;            /* bytes */
  guint64 key_frame_size;  /* bytes up to the end of its first sample */
  gchar kid[33];           /* hex digits, empty where it is in the clear */
} HabDashSegment;

/* (transfer full) (element-type HabSegment): where the segments lie in the
 * presentation. Each lasts until the next one begins, so that the timeline has
 * no holes where times were rounded. */
GArray *hab_dash_segments_to_ticks (GArray *segments, guint32 timescale);

/* What the manifest says of a track: from the caps that its muxer takes, its
 * tags (nullable), and its segments (of HabDashSegment, one or more). Its pssh
 * boxes are the caller's to add. NULL with error set where the caps do not
 * describe a track. */
HabRepresentation *hab_dash_track_describe (const gchar *id,
    const GstCaps *caps, const GstTagList *tags, GArray *segments,
    GError **error);

/* The same of a text track, of which file tells how long and how large its file
 * is. */
HabRepresentation *hab_dash_text_describe (const gchar *id,
    const GstTagList *tags, const HabDashSegment *file);

/* The track is one file, laid out like this. */
void hab_dash_track_set_single_file (HabRepresentation *rep,
    const HabSingleFileLayout *layout);

G_END_DECLS
