/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "open-beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Folders on the way are only gone through. */
static int
open_component (int parent, const gchar *name, gboolean is_last)
{
  int flags = O_CLOEXEC | O_NOFOLLOW;

  if (*name == '.' || *name == '\0') {
    errno = ENOENT;
    return -1;
  }
  return openat (parent, name, flags | (is_last
      ? O_RDONLY | O_NONBLOCK | O_NOCTTY
      : O_PATH | O_DIRECTORY));
}

int
hab_open_beneath (int folder_fd, const gchar *path)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  int fd = folder_fd;

  for (gchar **name = components; *name != NULL && fd >= 0; name++) {
    int parent = fd, saved_errno;

    fd = open_component (parent, *name, name[1] == NULL);
    saved_errno = errno;
    if (parent != folder_fd)
      close (parent);
    errno = saved_errno;
  }
  return fd;
}
