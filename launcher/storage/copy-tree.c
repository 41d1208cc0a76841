/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "copy-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BLOCK_SIZE (1 << 20)

static gboolean
fail (GError **error, gint saved_errno, const gchar *what, const gchar *path)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "cannot %s %s: %s", what, path, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
write_all (int fd, const guint8 *data, gsize size)
{
  while (size > 0) {
    gssize count = write (fd, data, size);

    if (count < 0 && errno != EINTR)
      return FALSE;
    data += MAX (count, 0);
    size -= MAX (count, 0);
  }
  return TRUE;
}

static gboolean
copy_bytes (int from, int to)
{
  g_autofree guint8 *block = g_malloc (COPY_BLOCK_SIZE);
  gssize count;

  while ((count = read (from, block, COPY_BLOCK_SIZE)) != 0)
    if ((count < 0 && errno != EINTR) ||
        (count > 0 && !write_all (to, block, count)))
      return FALSE;
  return TRUE;
}

static gboolean
fill (int from, int to)
{
  return (ioctl (to, FICLONE, from) == 0 || copy_bytes (from, to)) &&
      fsync (to) == 0;
}

static gboolean
copy_open_file (int from, const gchar *to, GError **error)
{
  int fd = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
      0600);
  gboolean copied;
  gint saved_errno;

  if (fd < 0)
    return fail (error, errno, "make", to);
  copied = fill (from, fd);
  saved_errno = errno;
  close (fd);
  if (copied)
    return TRUE;
  g_unlink (to);
  return fail (error, saved_errno, "write", to);
}

/* Sharing the bytes is tried before a second name: a copy that is its own
 * stays whole when the other one is written to. */
static gboolean
try_clone (int from, const gchar *to)
{
  int fd = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
      0600);
  gboolean cloned;

  if (fd < 0)
    return FALSE;
  cloned = ioctl (fd, FICLONE, from) == 0 && fsync (fd) == 0;
  close (fd);
  if (!cloned)
    g_unlink (to);
  return cloned;
}

gboolean
hab_copy_file (const gchar *from, const gchar *to, HabCopyFlags flags,
    GError **error)
{
  int fd = open (from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat info;
  gboolean copied;

  if (fd < 0)
    return fail (error, errno, "open", from);
  if (fstat (fd, &info) < 0 || !S_ISREG (info.st_mode)) {
    close (fd);
    return fail (error, EINVAL, "copy what is no file,", from);
  }
  copied = (flags & HAB_COPY_MAY_LINK) != 0 &&
      (try_clone (fd, to) || link (from, to) == 0);
  if (!copied)
    copied = copy_open_file (fd, to, error);
  close (fd);
  return copied;
}

static gboolean
sync_folder (const gchar *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;
  gint saved_errno = errno;

  if (fd >= 0)
    close (fd);
  return synced || fail (error, saved_errno, "store", path);
}

static gboolean
copy_entry (const gchar *from, const gchar *to, HabCopyFlags flags,
    GError **error)
{
  struct stat info;

  if (lstat (from, &info) < 0)
    return fail (error, errno, "open", from);
  return S_ISDIR (info.st_mode) ? hab_copy_tree (from, to, flags, error)
                                : hab_copy_file (from, to, flags, error);
}

gboolean
hab_copy_tree (const gchar *from, const gchar *to, HabCopyFlags flags,
    GError **error)
{
  g_autoptr (GDir) names = g_dir_open (from, 0, error);
  const gchar *name;

  if (names == NULL)
    return FALSE;
  if (mkdir (to, 0700) < 0)
    return fail (error, errno, "make", to);
  while ((name = g_dir_read_name (names)) != NULL) {
    g_autofree gchar *source = g_build_filename (from, name, NULL);
    g_autofree gchar *target = g_build_filename (to, name, NULL);

    if (!copy_entry (source, target, flags, error))
      return FALSE;
  }
  return sync_folder (to, error);
}
