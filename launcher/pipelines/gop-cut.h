/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media.h"

G_BEGIN_DECLS

/* Writes GOPs first to last (from 0, both included) of the first video track
 * as a progressive MP4 without sound. Every access unit as it is in the input,
 * or, where that has no table of samples, as its demuxer and parser give it.
 * HAB_MEDIA_ERROR_NOT_FOUND where a GOP does not exist. Needs gst_init ().
 *
 * An open GOP's leading pictures refer to the GOP before and are not shown (edit
 * list); a player that is strict about missing references, such as Chromium,
 * may stop at them. */
gboolean hab_gop_cut_run (const gchar *input, guint64 first, guint64 last,
    const gchar *output, GError **error);

G_END_DECLS
