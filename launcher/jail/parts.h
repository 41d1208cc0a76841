/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jail.h"

G_BEGIN_DECLS

/* Of the jail's own files. */

/* The version of Landlock that the kernel speaks; 0: none. */
guint hab_jail_files_get_version (void);
/* paths: of gchar *. Needs a version. */
gboolean hab_jail_files_confine (GPtrArray *readable, GPtrArray *writable,
    GError **error);

gboolean hab_jail_calls_are_filtered_here (void);
/* Of all threads. */
gboolean hab_jail_calls_confine (GError **error);

G_END_DECLS
