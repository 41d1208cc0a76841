/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A folder of the machine whose videos are offered as inputs. */
typedef struct
{
  gchar *name; /* what the names of its inputs begin with: letters, digits,
                * dots, dashes and underscores */
  gchar *path; /* absolute, without links */
} HabMediaDir;

void hab_media_dir_free (HabMediaDir *dir);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMediaDir, hab_media_dir_free)

/* (element-type HabMediaDir): texts are DIR or NAME=DIR; without one, the name is
 * the last part of DIR. Fails (G_IO_ERROR) where one is no folder that can be
 * read, has a name or a folder that another one has, or is in data_dir or around
 * it. */
GPtrArray *hab_media_dirs_read (const gchar *const *texts,
    const gchar *data_dir, GError **error);

G_END_DECLS
