/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The version of Landlock that the kernel speaks; 0: none. */
guint hab_landlock_get_version (void);
/* A set of rules that allows nothing yet, as a descriptor, the caller's; -1 on
 * failure. Needs a version. */
int hab_landlock_new (GError **error);
/* A file, or a folder with all below it; what is not there is left out. */
gboolean hab_landlock_allow (int rules_fd, const gchar *path,
    gboolean writable, GError **error);
/* What this thread and those it starts may open from now on. */
gboolean hab_landlock_confine (int rules_fd, GError **error);

G_END_DECLS
