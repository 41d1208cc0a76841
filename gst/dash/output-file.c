/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "output-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct _HabOutputFile
{
  gchar *name;
  gchar *part;
  gint folder_fd;
  gint fd; /* -1 once it is committed or given up */
};

static gboolean
fail (GError **error, const gchar *what, const gchar *name)
{
  gint code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
      "cannot %s %s: %s", what, name, g_strerror (code));
  return FALSE;
}

/* The names in a folder are data of the folder. */
static gboolean
sync_folder (const gchar *path, GError **error)
{
  gint fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;

  if (!synced)
    fail (error, "store the folder", path);
  if (fd >= 0)
    close (fd);
  return synced;
}

gboolean
hab_output_folder_make (const gchar *path, gboolean durable, GError **error)
{
  g_autofree gchar *parent = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  parent = g_path_get_dirname (path);
  if (!hab_output_folder_make (parent, durable, error))
    return FALSE;
  /* Somebody else may have made it meanwhile. */
  if (mkdir (path, 0777) < 0 &&
      !(errno == EEXIST && g_file_test (path, G_FILE_TEST_IS_DIR)))
    return fail (error, "create the folder", path);
  return !durable || sync_folder (parent, error);
}

/* Takes folder_fd and part. */
static HabOutputFile *
open_part (gint folder_fd, const gchar *name, gchar *part, GError **error)
{
  g_autoptr (HabOutputFile) file = g_new0 (HabOutputFile, 1);

  file->name = g_strdup (name);
  file->part = part;
  file->folder_fd = folder_fd;
  file->fd = openat (folder_fd, part,
      O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file->fd < 0) {
    fail (error, "create", name);
    return NULL;
  }
  return g_steal_pointer (&file);
}

HabOutputFile *
hab_output_file_new (const gchar *folder, const gchar *name, GError **error)
{
  gint folder_fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (folder_fd < 0) {
    fail (error, "open the folder", folder);
    return NULL;
  }
  return open_part (folder_fd, name, g_strdup_printf (".%s.part", name),
      error);
}

HabOutputFile *
hab_output_file_new_beside (const HabOutputFile *file, GError **error)
{
  gint folder_fd = fcntl (file->folder_fd, F_DUPFD_CLOEXEC, 0);

  if (folder_fd < 0) {
    fail (error, "open the folder of", file->name);
    return NULL;
  }
  return open_part (folder_fd, file->name,
      g_strdup_printf ("%s.new", file->part), error);
}

void
hab_output_file_free (HabOutputFile *file)
{
  if (file == NULL)
    return;
  if (file->fd >= 0) {
    close (file->fd);
    unlinkat (file->folder_fd, file->part, 0);
  }
  if (file->folder_fd >= 0)
    close (file->folder_fd);
  g_free (file->name);
  g_free (file->part);
  g_free (file);
}

/* Passes over what was written of the vectors. */
static void
advance (struct iovec **vectors, gsize *n_vectors, gsize written)
{
  while (*n_vectors > 0 && written >= (*vectors)->iov_len) {
    written -= (*vectors)->iov_len;
    (*vectors)++;
    (*n_vectors)--;
  }
  if (*n_vectors > 0) {
    (*vectors)->iov_base = (guint8 *) (*vectors)->iov_base + written;
    (*vectors)->iov_len -= written;
  }
}

gboolean
hab_output_file_write (HabOutputFile *file, struct iovec *vectors,
    gsize n_vectors, GError **error)
{
  while (n_vectors > 0) {
    gssize written = writev (file->fd, vectors, MIN (n_vectors, IOV_MAX));

    if (written < 0 && errno != EINTR)
      return fail (error, "write", file->name);
    if (written >= 0)
      advance (&vectors, &n_vectors, written);
  }
  return TRUE;
}

gboolean
hab_output_file_overwrite (HabOutputFile *file, guint64 offset,
    gconstpointer data, gsize size, GError **error)
{
  const guint8 *bytes = data;

  while (size > 0) {
    gssize written = pwrite (file->fd, bytes, size, offset);

    if (written < 0 && errno != EINTR)
      return fail (error, "write", file->name);
    if (written < 0)
      continue;
    bytes += written;
    offset += written;
    size -= written;
  }
  return TRUE;
}

/* What a file system that cannot copy by itself answers. */
static gboolean
must_read (gint code)
{
  return code == EXDEV || code == EINVAL || code == ENOSYS ||
      code == EOPNOTSUPP;
}

static gboolean
append_by_reading (HabOutputFile *file, const HabOutputFile *from,
    guint64 offset, GError **error)
{
  const gsize size = 256 * 1024;
  g_autofree guint8 *buffer = g_malloc (size);

  for (;;) {
    gssize n = pread (from->fd, buffer, size, offset);
    struct iovec vector = { buffer, MAX (n, 0) };

    if (n == 0)
      return TRUE;
    if (n < 0 && errno != EINTR)
      return fail (error, "read", from->name);
    if (n > 0 && !hab_output_file_write (file, &vector, 1, error))
      return FALSE;
    offset += MAX (n, 0);
  }
}

gboolean
hab_output_file_append_from (HabOutputFile *file, const HabOutputFile *from,
    guint64 offset, GError **error)
{
  loff_t at = offset;
  gssize n;

  do {
    n = copy_file_range (from->fd, &at, file->fd, NULL, 1 << 30, 0);
  } while (n > 0 || (n < 0 && errno == EINTR));
  if (n == 0)
    return TRUE;
  if (must_read (errno))
    return append_by_reading (file, from, at, error);
  return fail (error, "copy", file->name);
}

/* Gives it its name. */
static gboolean
publish (HabOutputFile *file, GError **error)
{
  gint fd = file->fd;

  if (renameat (file->folder_fd, file->part, file->folder_fd, file->name) < 0)
    return fail (error, "name", file->name);
  file->fd = -1;
  return close (fd) == 0 || fail (error, "close", file->name);
}

static gboolean
store_names (const HabOutputFile *file, GError **error)
{
  return fsync (file->folder_fd) == 0 ||
      fail (error, "store the folder of", file->name);
}

gboolean
hab_output_file_commit (HabOutputFile *file, gboolean durable, GError **error)
{
  if (durable && fdatasync (file->fd) < 0)
    return fail (error, "store", file->name);
  return publish (file, error) && (!durable || store_names (file, error));
}

void
hab_output_file_begin_storing (const HabOutputFile *file)
{
  sync_file_range (file->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/* An error of the disk is told once: here, or by fdatasync (). */
static gboolean
wait_for_data (const HabOutputFile *file, GError **error)
{
  return sync_file_range (file->fd, 0, 0,
             SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                 SYNC_FILE_RANGE_WAIT_AFTER) == 0 ||
      (errno != EIO && errno != ENOSPC && errno != EDQUOT) ||
      fail (error, "store", file->name);
}

/* Once the data of all is there, a journal has what the first fdatasync () waits
 * for of the others as well. */
gboolean
hab_output_files_commit (GPtrArray *files, GError **error)
{
  for (guint i = 0; i < files->len; i++) {
    if (!wait_for_data (files->pdata[i], error))
      return FALSE;
  }
  for (guint i = 0; i < files->len; i++) {
    HabOutputFile *file = files->pdata[i];

    if (fdatasync (file->fd) < 0)
      return fail (error, "store", file->name);
  }
  for (guint i = 0; i < files->len; i++) {
    if (!publish (files->pdata[i], error))
      return FALSE;
  }
  return files->len == 0 || store_names (files->pdata[0], error);
}

gboolean
hab_output_file_put (const gchar *folder, const gchar *name,
    gconstpointer data, gsize size, gboolean durable, GError **error)
{
  struct iovec vector = { (gpointer) data, size };
  g_autoptr (HabOutputFile) file = hab_output_file_new (folder, name, error);

  return file && hab_output_file_write (file, &vector, 1, error) &&
      hab_output_file_commit (file, durable, error);
}
