/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "disk-usage.h"

#include <fts.h>
#include <sys/stat.h>

guint64
hab_disk_usage_measure (const gchar *path)
{
  char *const paths[] = { (char *) path, NULL };
  FTS *tree = fts_open (paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
  guint64 total = 0;
  FTSENT *entry;

  if (tree == NULL)
    return 0;
  /* What goes away meanwhile has no size. */
  while ((entry = fts_read (tree)) != NULL)
    if (entry->fts_info == FTS_F)
      total += entry->fts_statp->st_size;
  fts_close (tree);
  return total;
}
