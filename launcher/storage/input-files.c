/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "input-files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "open-beneath.h"

G_DEFINE_QUARK (hab-input-file-error-quark, hab_input_file_error)

/* No name in inputs/ begins so: those are hex digits alone. */
#define MEDIA_PREFIX "media-"
/* As many opens may hang before the others wait. */
#define MAX_OPENERS 8

struct _HabInputFiles
{
  HabDataDir *dir;
  GMutex lock;
  GThreadPool *openers; /* of GTask with a HabFolderFile */
  GHashTable *media; /* storage -> HabFolderFile, under lock */
};

static void
open_in_thread (gpointer item, gpointer unused)
{
  g_autoptr (GTask) task = item;
  GError *error = NULL;
  int fd = hab_folder_file_open (g_task_get_task_data (task), &error);

  if (fd >= 0)
    g_task_return_int (task, fd);
  else
    g_task_return_error (task, error);
}

HabInputFiles *
hab_input_files_new (HabDataDir *dir)
{
  HabInputFiles *self = g_new0 (HabInputFiles, 1);

  self->dir = dir;
  g_mutex_init (&self->lock);
  self->openers =
      g_thread_pool_new (open_in_thread, NULL, MAX_OPENERS, FALSE, NULL);
  self->media = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) hab_folder_file_free);
  return self;
}

void
hab_input_files_free (HabInputFiles *self)
{
  /* One that hangs has what it needs for itself. */
  g_thread_pool_free (self->openers, TRUE, FALSE);
  g_hash_table_unref (self->media);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gchar *
hab_input_files_make_media_storage (void)
{
  g_autofree gchar *name = hab_data_dir_make_name ();

  return g_strconcat (MEDIA_PREFIX, name, NULL);
}

gboolean
hab_input_files_is_media (const gchar *storage)
{
  return g_str_has_prefix (storage, MEDIA_PREFIX);
}

/* --- what a file is ---------------------------------------------------- */

void
hab_file_stamp_of_stat (const struct stat *info, HabFileStamp *stamp)
{
  stamp->size_bytes = info->st_size;
  stamp->mtime_ns =
      info->st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) +
      info->st_mtim.tv_nsec;
  stamp->inode = info->st_ino;
}

gboolean
hab_file_stamp_read (int fd, HabFileStamp *stamp)
{
  struct stat info;

  if (fstat (fd, &info) < 0 || !S_ISREG (info.st_mode))
    return FALSE;
  hab_file_stamp_of_stat (&info, stamp);
  return TRUE;
}

gboolean
hab_file_stamp_equal (const HabFileStamp *a, const HabFileStamp *b)
{
  return a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns &&
      a->inode == b->inode;
}

/* --- opening ----------------------------------------------------------- */

/* (nullable) */
static HabFolderFile *
find_media (HabInputFiles *self, const gchar *storage)
{
  HabFolderFile *file;

  g_mutex_lock (&self->lock);
  file = g_hash_table_lookup (self->media, storage);
  if (file != NULL)
    file = hab_folder_file_copy (file);
  g_mutex_unlock (&self->lock);
  return file;
}

/* The folder is opened anew each time: it may be a file system that is
 * mounted only now. */
static int
open_in_folder (const HabFolderFile *file)
{
  int folder_fd = open (file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int fd, saved_errno;

  if (folder_fd < 0)
    return -1;
  fd = hab_open_beneath (folder_fd, file->file);
  saved_errno = errno;
  close (folder_fd);
  errno = saved_errno;
  return fd;
}

int
hab_folder_file_open (const HabFolderFile *file, GError **error)
{
  int fd;
  HabFileStamp stamp;

  errno = ENOENT;
  fd = file->missing ? -1 : open_in_folder (file);
  if (fd < 0) {
    int saved_errno = errno;

    g_set_error (error, HAB_INPUT_FILE_ERROR, HAB_INPUT_FILE_ERROR_MISSING,
        "\"%s\" cannot be read in its folder on the service's machine (%s); "
        "put it back there, or let the service read it", file->name,
        g_strerror (saved_errno));
    return -1;
  }
  if (hab_file_stamp_read (fd, &stamp) &&
      hab_file_stamp_equal (&stamp, &file->stamp))
    return fd;
  close (fd);
  g_set_error (error, HAB_INPUT_FILE_ERROR, HAB_INPUT_FILE_ERROR_CHANGED,
      "\"%s\" has been changed in its folder on the service's machine; it "
      "becomes a new input content soon", file->name);
  return -1;
}

/* Takes file. */
static void
open_later (HabInputFiles *self, GTask *task, HabFolderFile *file)
{
  g_task_set_task_data (task, file, (GDestroyNotify) hab_folder_file_free);
  g_thread_pool_push (self->openers, task, NULL);
}

void
hab_input_files_open_file_async (HabInputFiles *self,
    const HabFolderFile *file, GAsyncReadyCallback callback,
    gpointer user_data)
{
  open_later (self, g_task_new (NULL, NULL, callback, user_data),
      hab_folder_file_copy (file));
}

/* (nullable): of storage that begins with MEDIA_PREFIX. */
static HabFolderFile *
look_up_media (HabInputFiles *self, const gchar *storage, GError **error)
{
  HabFolderFile *file = find_media (self, storage);

  if (file == NULL)
    g_set_error_literal (error, HAB_INPUT_FILE_ERROR,
        HAB_INPUT_FILE_ERROR_CHANGED,
        "The file in its folder on the service's machine has other bytes by "
        "now; use the input content that was made of these");
  return file;
}

void
hab_input_files_open_async (HabInputFiles *self, const gchar *storage,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  gboolean media = hab_input_files_is_media (storage);
  GError *error = NULL;
  HabFolderFile *file = media ? look_up_media (self, storage, &error) : NULL;
  int fd = media
      ? -1
      : hab_data_dir_open_file (self->dir, HAB_FOLDER_INPUTS, storage,
            O_RDONLY, &error);

  if (file != NULL)
    open_later (self, g_steal_pointer (&task), file);
  else if (fd >= 0)
    g_task_return_int (task, fd);
  else
    g_task_return_error (task, error);
}

int
hab_input_files_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

/* --- the table --------------------------------------------------------- */

void
hab_input_files_put (HabInputFiles *self, HabFolderFile *file)
{
  g_mutex_lock (&self->lock);
  g_hash_table_replace (self->media, file->storage, file);
  g_mutex_unlock (&self->lock);
}

void
hab_input_files_remove (HabInputFiles *self, const gchar *storage)
{
  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->media, storage);
  g_mutex_unlock (&self->lock);
}

/* (transfer none): of the same folder and bytes; at the same path, too, where
 * here is TRUE. Under lock. */
static const HabFolderFile *
find_same (HabInputFiles *self, const HabFolderFile *file, gboolean here)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->media);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const HabFolderFile *other = value;

    if (hab_file_stamp_equal (&file->stamp, &other->stamp) &&
        g_str_equal (file->folder, other->folder) &&
        (!here || g_str_equal (file->file, other->file)))
      return other;
  }
  return NULL;
}

gboolean
hab_input_files_has (HabInputFiles *self, const HabFolderFile *file)
{
  gboolean has;

  g_mutex_lock (&self->lock);
  has = find_same (self, file, TRUE) != NULL;
  g_mutex_unlock (&self->lock);
  return has;
}

gint64
hab_input_files_find_twin (HabInputFiles *self, const HabFolderFile *file)
{
  const HabFolderFile *twin;
  gint64 id;

  g_mutex_lock (&self->lock);
  twin = find_same (self, file, FALSE);
  id = twin != NULL ? twin->input_id : 0;
  g_mutex_unlock (&self->lock);
  return id;
}

GPtrArray *
hab_input_files_list (HabInputFiles *self)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_folder_file_free);
  GHashTableIter iter;
  gpointer file;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->media);
  while (g_hash_table_iter_next (&iter, NULL, &file))
    g_ptr_array_add (files, hab_folder_file_copy (file));
  g_mutex_unlock (&self->lock);
  return files;
}
