/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "open-beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW)

static gboolean
may_be_named (const gchar *component)
{
  return *component != '.' && *component != '/' && *component != '\0';
}

static gboolean
all_may_be_named (const gchar *path)
{
  const gchar *slash;

  for (; may_be_named (path) && (slash = strchr (path, '/')) != NULL;)
    path = slash + 1;
  return may_be_named (path);
}

/* Folders on the way are only gone through. */
static int
open_component (int parent, const gchar *name, gboolean is_last)
{
  return openat (parent, name, is_last
      ? FILE_FLAGS
      : O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static int
open_by_components (int folder_fd, const gchar *path)
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

/* All at once: Linux 5.6. */
static int
open_by_kernel (int folder_fd, const gchar *path)
{
  struct open_how how = {
    .flags = FILE_FLAGS,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
  };

  return syscall (SYS_openat2, folder_fd, path, &how, sizeof how);
}

/* Whether another way may lead to it: filters of system calls that do not know
 * this one say ENOSYS or EPERM, and a path may be longer than the kernel takes
 * at once. */
static gboolean
is_refused (int number)
{
  return number == ENOSYS || number == EPERM || number == ENAMETOOLONG;
}

int
hab_open_beneath (int folder_fd, const gchar *path)
{
  int fd;

  if (!all_may_be_named (path)) {
    errno = ENOENT;
    return -1;
  }
  fd = open_by_kernel (folder_fd, path);
  return fd < 0 && is_refused (errno) ? open_by_components (folder_fd, path)
                                      : fd;
}
