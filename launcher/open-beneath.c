/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "open-beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int
open_component (int parent, const gchar *name, gboolean is_last)
{
  int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

  if (*name == '.' || *name == '\0') {
    errno = ENOENT;
    return -1;
  }
  return openat (parent, name, is_last ? flags : flags | O_DIRECTORY);
}

int
hab_open_beneath (int folder_fd, const gchar *path)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  int fd = fcntl (folder_fd, F_DUPFD_CLOEXEC, 0);

  for (gchar **name = components; *name != NULL && fd >= 0; name++) {
    int parent = fd, saved_errno;

    fd = open_component (parent, *name, name[1] == NULL);
    saved_errno = errno;
    close (parent);
    errno = saved_errno;
  }
  return fd;
}
