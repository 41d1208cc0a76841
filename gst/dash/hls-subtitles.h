/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "presentation.h"

G_BEGIN_DECLS

/* The text tracks of a presentation in HLS: one group of subtitles, which every
 * variant has. */

/* Appends the renditions. Returns the group's id, NULL where there are none. */
const gchar *hab_hls_append_subtitles (GString *text,
    const HabPresentation *presentation);

/* (transfer full): the media playlist of a text track, for as long as the
 * presentation lasts: 1.vtt, 2.vtt, ..., length nanoseconds each, or where length
 * is 0 the track's one file. */
gchar *hab_hls_write_text (guint64 duration, guint64 length);

/* How many segments that are. */
guint hab_hls_count_text (guint64 duration, guint64 length);

G_END_DECLS
