/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Removes what has this name in the folder, a folder with all that is in it. No
 * link is followed but those on the way to name. TRUE also where there was nothing;
 * FALSE, with errno, where something is left. */
gboolean hab_remove_tree_at (int folder_fd, const gchar *name);

G_END_DECLS
