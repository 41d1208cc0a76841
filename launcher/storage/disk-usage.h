/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes of all regular files below path, links not followed; 0 where there is
 * nothing. Reads folders: not for the main thread. */
guint64 hab_disk_usage_measure (const gchar *path);

G_END_DECLS
