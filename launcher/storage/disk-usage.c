/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "disk-usage.h"

#include <fts.h>
#include <glib.h>
#include <sys/stat.h>

/* Whether the file was counted under another of its names. */
static gboolean
is_known (GHashTable *inodes, const struct stat *info)
{
  return info->st_nlink > 1 &&
      !g_hash_table_add (inodes, g_memdup2 (&info->st_ino, sizeof (gint64)));
}

guint64
hab_disk_usage_measure (const gchar *path)
{
  char *const paths[] = { (char *) path, NULL };
  FTS *tree = fts_open (paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
  g_autoptr (GHashTable) inodes =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  guint64 total = 0;
  FTSENT *entry;

  if (tree == NULL)
    return 0;
  /* What goes away meanwhile has no size. */
  while ((entry = fts_read (tree)) != NULL)
    if (entry->fts_info == FTS_F && !is_known (inodes, entry->fts_statp))
      total += entry->fts_statp->st_size;
  fts_close (tree);
  return total;
}
