/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "data-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "remove-tree.h"

struct _HabDataDir
{
  gchar *path;
  int lock_fd; /* held while the service lives */
  int folder_fds[HAB_N_FOLDERS];
};

static const gchar *const folder_names[HAB_N_FOLDERS] = {
  [HAB_FOLDER_INCOMING] = "incoming",
  [HAB_FOLDER_UPLOADS] = "uploads",
  [HAB_FOLDER_INPUTS] = "inputs",
  [HAB_FOLDER_WORK] = "work",
  [HAB_FOLDER_PACKAGES] = "packages",
  [HAB_FOLDER_CUTS] = "cuts",
};

static gboolean
fail_errno (GError **error, int saved_errno, const gchar *what,
    const gchar *name)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "%s %s: %s", what, name, g_strerror (saved_errno));
  return FALSE;
}

gchar *
hab_data_dir_get_default_path (void)
{
  return g_build_filename (g_get_user_data_dir (), "haberdash", NULL);
}

/* The lock is the kernel's, so it is gone when its holder is. */
static gboolean
data_dir_lock (HabDataDir *self, GError **error)
{
  g_autofree gchar *path = g_build_filename (self->path, "lock", NULL);

  self->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (self->lock_fd < 0)
    return fail_errno (error, errno, "Cannot open", path);
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return fail_errno (error, errno, "Cannot lock", path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
      "Another service uses the data folder %s; stop it or choose another "
      "folder with --data-dir", self->path);
  return FALSE;
}

static gboolean
data_dir_open_folder (HabDataDir *self, HabFolder folder, GError **error)
{
  g_autofree gchar *path =
      g_build_filename (self->path, folder_names[folder], NULL);

  if (mkdir (path, 0700) < 0 && errno != EEXIST)
    return fail_errno (error, errno, "Cannot make the folder", path);
  self->folder_fds[folder] =
      open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (self->folder_fds[folder] < 0)
    return fail_errno (error, errno, "Cannot open the folder", path);
  return TRUE;
}

HabDataDir *
hab_data_dir_open (const gchar *path, GError **error)
{
  g_autoptr (HabDataDir) self = g_new0 (HabDataDir, 1);

  self->path = g_strdup (path);
  self->lock_fd = -1;
  for (guint i = 0; i < HAB_N_FOLDERS; i++)
    self->folder_fds[i] = -1;

  if (g_mkdir_with_parents (path, 0700) < 0) {
    fail_errno (error, errno, "Cannot make the data folder", path);
    return NULL;
  }
  if (!data_dir_lock (self, error))
    return NULL;
  for (guint i = 0; i < HAB_N_FOLDERS; i++)
    if (!data_dir_open_folder (self, i, error))
      return NULL;
  return g_steal_pointer (&self);
}

void
hab_data_dir_free (HabDataDir *self)
{
  for (guint i = 0; i < HAB_N_FOLDERS; i++)
    if (self->folder_fds[i] >= 0)
      close (self->folder_fds[i]);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->path);
  g_free (self);
}

gchar *
hab_data_dir_build_path (HabDataDir *self, const gchar *name)
{
  return g_build_filename (self->path, name, NULL);
}

gchar *
hab_data_dir_build_folder_path (HabDataDir *self, HabFolder folder,
    const gchar *name)
{
  return g_build_filename (self->path, folder_names[folder], name, NULL);
}

const gchar *
hab_data_dir_get_folder_name (HabFolder folder)
{
  return folder_names[folder];
}

int
hab_data_dir_get_fd (HabDataDir *self, HabFolder folder)
{
  return self->folder_fds[folder];
}

gchar *
hab_data_dir_make_name (void)
{
  guint8 random[16];
  GString *name = g_string_sized_new (2 * sizeof random);

  while (getrandom (random, sizeof random, 0) != sizeof random)
    continue;
  for (gsize i = 0; i < sizeof random; i++)
    g_string_append_printf (name, "%02x", random[i]);
  return g_string_free (name, FALSE);
}

int
hab_data_dir_open_file (HabDataDir *self, HabFolder folder, const gchar *name,
    int flags, GError **error)
{
  int fd = openat (self->folder_fds[folder], name,
      flags | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    fail_errno (error, errno, "Cannot open", name);
  return fd;
}

gboolean
hab_data_dir_move (HabDataDir *self, HabFolder from, const gchar *name,
    HabFolder to, const gchar *new_name, GError **error)
{
  if (renameat (self->folder_fds[from], name, self->folder_fds[to],
          new_name) < 0)
    return fail_errno (error, errno, "Cannot move", name);
  if (fsync (self->folder_fds[to]) < 0 || fsync (self->folder_fds[from]) < 0)
    return fail_errno (error, errno, "Cannot store the move of", name);
  return TRUE;
}

gboolean
hab_data_dir_link (HabDataDir *self, HabFolder from, const gchar *name,
    HabFolder to, const gchar *new_name, GError **error)
{
  if (linkat (self->folder_fds[from], name, self->folder_fds[to], new_name,
          0) < 0)
    return fail_errno (error, errno, "Cannot link", name);
  utimensat (self->folder_fds[to], new_name, NULL, AT_SYMLINK_NOFOLLOW);
  if (fsync (self->folder_fds[to]) < 0)
    return fail_errno (error, errno, "Cannot store the link of", name);
  return TRUE;
}

void
hab_data_dir_remove (HabDataDir *self, HabFolder folder, const gchar *name)
{
  if (!hab_remove_tree_at (self->folder_fds[folder], name))
    g_warning ("Cannot remove %s/%s: %s", folder_names[folder], name,
        g_strerror (errno));
}

void
hab_data_dir_sweep (HabDataDir *self, HabFolder folder, HabKeepFunc keep,
    gpointer data)
{
  g_autofree gchar *path = hab_data_dir_build_folder_path (self, folder, NULL);
  g_autoptr (GDir) names = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (names != NULL && (name = g_dir_read_name (names)) != NULL)
    if (keep == NULL || !keep (name, data))
      hab_data_dir_remove (self, folder, name);
}

typedef struct
{
  int folder_fd;
  gint64 oldest; /* seconds since 1970 */
} Expiry;

static gboolean
is_young (const gchar *name, gpointer data)
{
  const Expiry *expiry = data;
  struct stat info;

  return fstatat (expiry->folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      info.st_mtime >= expiry->oldest;
}

void
hab_data_dir_expire (HabDataDir *self, HabFolder folder,
    gint64 max_age_seconds)
{
  Expiry expiry = {
    .folder_fd = self->folder_fds[folder],
    .oldest = g_get_real_time () / G_USEC_PER_SEC - max_age_seconds,
  };

  hab_data_dir_sweep (self, folder, is_young, &expiry);
}

guint64
hab_data_dir_get_free_bytes (HabDataDir *self)
{
  struct statvfs info;

  if (fstatvfs (self->folder_fds[HAB_FOLDER_INCOMING], &info) < 0)
    return G_MAXUINT64;
  return (guint64) info.f_bavail * info.f_frsize;
}
