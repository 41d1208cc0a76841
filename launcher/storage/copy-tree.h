/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  HAB_COPY_DEFAULT = 0,
  /* A file may become a second name of the same bytes, where the file system
   * cannot share them otherwise. For files that nobody changes any more. */
  HAB_COPY_MAY_LINK = 1 << 0,
} HabCopyFlags;

/* Copies a regular file to a path where there is none, durably; shares the
 * bytes where the file system can. */
gboolean hab_copy_file (const gchar *from, const gchar *to,
    HabCopyFlags flags, GError **error);
/* Copies a folder of folders and regular files to a path where there is none.
 * Links and the like are an error. */
gboolean hab_copy_tree (const gchar *from, const gchar *to,
    HabCopyFlags flags, GError **error);

G_END_DECLS
