/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many files are in a folder and those below it, links among them, but no
 * more than limit are counted. 0 where it cannot be read. */
guint hab_folder_count_files (const gchar *folder, guint limit);

G_END_DECLS
