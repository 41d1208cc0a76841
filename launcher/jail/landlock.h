/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The version of Landlock that the kernel speaks; 0: none. */
guint hab_landlock_get_version (void);
/* Files that this thread and those it starts may open from now on; of gchar *.
 * Needs a version. */
gboolean hab_landlock_confine (GPtrArray *readable, GPtrArray *writable,
    GError **error);

G_END_DECLS
