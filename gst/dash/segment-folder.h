/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The folder of a representation. */

/* Removes what an earlier run, or one that was killed, left of the files that a
 * run writes: segments, init segment, single file, playlists, and what was not
 * finished of them. Everything else stays. A folder that is not there is clean. */
gboolean hab_segment_folder_clean (const gchar *path, GError **error);

G_END_DECLS
