/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "disk-space.h"

/* For the catalog and for finishing jobs. */
#define RESERVE_BYTES (G_GUINT64_CONSTANT (64) << 20)

struct _HabDiskSpace
{
  HabDataDir *dir;
  guint64 claimed;
};

HabDiskSpace *
hab_disk_space_new (HabDataDir *dir)
{
  HabDiskSpace *self = g_new0 (HabDiskSpace, 1);

  self->dir = dir;
  return self;
}

void
hab_disk_space_free (HabDiskSpace *self)
{
  g_free (self);
}

gboolean
hab_disk_space_claim (HabDiskSpace *self, guint64 bytes, GError **error)
{
  guint64 free_bytes = hab_data_dir_get_free_bytes (self->dir);
  guint64 taken = self->claimed + RESERVE_BYTES;

  if (free_bytes < taken || free_bytes - taken < bytes) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
        "There is not enough space on the service's disk; remove packages or "
        "input contents that are not needed");
    return FALSE;
  }
  self->claimed += bytes;
  return TRUE;
}

void
hab_disk_space_release (HabDiskSpace *self, guint64 bytes)
{
  self->claimed -= MIN (bytes, self->claimed);
}
