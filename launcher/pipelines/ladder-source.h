/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ladder.h"
#include "media.h"
#include "track-choice.h"

G_BEGIN_DECLS

/* Reads the first video track of a file from one end to the other, without
 * decoding it, for what a ladder can be made of. segment_duration: ns. choice:
 * has that track in it, else it is an error. Errors are HAB_MEDIA_ERROR. Needs gst_init (). */
gboolean hab_ladder_source_read (HabLadderSource *source, const gchar *input,
    guint64 segment_duration, const HabTrackChoice *choice, GError **error);

G_END_DECLS
