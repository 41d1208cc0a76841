/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "remove-tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Takes the descriptor. */
static gboolean
remove_children (int fd)
{
  DIR *stream = fdopendir (fd);
  gboolean removed = TRUE;
  struct dirent *entry;

  if (stream == NULL) {
    close (fd);
    return FALSE;
  }
  while ((entry = readdir (stream)) != NULL)
    if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
      removed = hab_remove_tree_at (fd, entry->d_name) && removed;
  closedir (stream);
  return removed;
}

gboolean
hab_remove_tree_at (int folder_fd, const gchar *name)
{
  int fd;

  if (unlinkat (folder_fd, name, 0) == 0 || errno == ENOENT)
    return TRUE;
  if (errno != EISDIR && errno != EPERM)
    return FALSE;
  fd = openat (folder_fd, name,
      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  return fd >= 0 && remove_children (fd) &&
      unlinkat (folder_fd, name, AT_REMOVEDIR) == 0;
}
