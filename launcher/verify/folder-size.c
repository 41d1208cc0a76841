/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "folder-size.h"

/* Deeper than any presentation. */
#define MAX_DEPTH 16

static guint
count (const gchar *folder, guint limit, guint depth)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;
  guint n = 0;

  while (dir != NULL && n < limit && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_SYMLINK) ||
        !g_file_test (path, G_FILE_TEST_IS_DIR))
      n++;
    else if (depth < MAX_DEPTH)
      n += count (path, limit - n, depth + 1);
  }
  return n;
}

guint
hab_folder_count_files (const gchar *folder, guint limit)
{
  return count (folder, limit, 0);
}
