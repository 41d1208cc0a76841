/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file-hash.h"

/* So much is worth the way to another thread. */
#define MIN_BLOCK (256 * 1024)
/* What may wait of a spool while as much is written; all of them share
 * MAX_SHARED, down to MIN_WAITING. The more waits, the less often somebody who
 * reads waits for a thread to get its turn on a processor. */
#define MAX_WAITING (1024 * 1024)
#define MAX_SHARED (16 * 1024 * 1024)
#define MIN_WAITING (2 * MIN_BLOCK)

struct _HabSpool
{
  gatomicrefcount refs; /* the owner's, and one while a block is written */
  HabDataDir *dir;
  gchar *name; /* NULL where the file is not ours to remove */
  int fd;

  /* main thread only */
  GByteArray *pending;
  GByteArray *block; /* that is written, or was and is used again; or NULL */
  guint64 size;
  gboolean writing;
  GError *error;
  GTask *finish;
  void (*drained) (gpointer data);
  gpointer drained_data;

  /* by the one writing thread while writing is set */
  struct sha256_ctx hash;
};

static gint n_spools;

/* How many bytes may wait. */
static gsize
get_limit (void)
{
  return CLAMP (MAX_SHARED / MAX (g_atomic_int_get (&n_spools), 1),
      MIN_WAITING, MAX_WAITING);
}

static void
spool_unref (HabSpool *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_atomic_int_add (&n_spools, -1);
  if (self->name != NULL)
    hab_data_dir_remove (self->dir, HAB_FOLDER_INCOMING, self->name);
  close (self->fd);
  g_free (self->name);
  g_byte_array_unref (self->pending);
  g_clear_pointer (&self->block, g_byte_array_unref);
  g_clear_error (&self->error);
  g_free (self);
}

/* Takes fd. */
static HabSpool *
spool_new (HabDataDir *dir, int fd)
{
  HabSpool *self = g_new0 (HabSpool, 1);

  g_atomic_int_inc (&n_spools);
  g_atomic_ref_count_init (&self->refs);
  self->dir = dir;
  self->fd = fd;
  self->pending = g_byte_array_new ();
  sha256_init (&self->hash);
  return self;
}

HabSpool *
hab_spool_new (HabDataDir *dir, GError **error)
{
  g_autofree gchar *name = hab_data_dir_make_name ();
  HabSpool *self;
  int fd = hab_data_dir_open_file (dir, HAB_FOLDER_INCOMING, name,
      O_RDWR | O_CREAT | O_EXCL, error);

  if (fd < 0)
    return NULL;
  self = spool_new (dir, fd);
  self->name = g_steal_pointer (&name);
  return self;
}

HabSpool *
hab_spool_new_append (HabDataDir *dir, HabFolder folder, const gchar *name,
    guint64 offset, GError **error)
{
  HabSpool *self;
  int fd = hab_data_dir_open_file (dir, folder, name, O_RDWR, error);

  if (fd < 0)
    return NULL;
  self = spool_new (dir, fd);
  self->size = offset;
  if (ftruncate (fd, offset) == 0 && lseek (fd, offset, SEEK_SET) >= 0)
    return self;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
      "Cannot go on with the upload: %s", g_strerror (errno));
  hab_spool_free (self);
  return NULL;
}

void
hab_spool_free (HabSpool *self)
{
  if (self == NULL)
    return;
  self->drained = NULL;
  spool_unref (self);
}

void
hab_spool_set_drained (HabSpool *self, void (*drained) (gpointer data),
    gpointer data)
{
  self->drained = drained;
  self->drained_data = data;
}

static gboolean
fail_errno (GTask *task)
{
  int saved_errno = errno;
  /* A limit on the size of files is a full disk to whoever uploads one. */
  GIOErrorEnum code = saved_errno == EFBIG
      ? G_IO_ERROR_NO_SPACE
      : g_io_error_from_errno (saved_errno);

  g_task_return_new_error (task, G_IO_ERROR, code,
      "Cannot store the upload: %s", g_strerror (saved_errno));
  return FALSE;
}

static gboolean
write_all (int fd, const guint8 *bytes, gsize size)
{
  while (size > 0) {
    gssize count = write (fd, bytes, size);

    if (count < 0 && errno != EINTR)
      return FALSE;
    if (count > 0) {
      bytes += count;
      size -= count;
    }
  }
  return TRUE;
}

/* In a thread. Starts to write the block to the disk right away, so that
 * the last sync of a large file has little left to do. */
static void
write_block (GTask *task, gpointer source, gpointer data,
    GCancellable *cancellable)
{
  HabSpool *self = g_task_get_task_data (task);

  sha256_update (&self->hash, self->block->len, self->block->data);
  if (!write_all (self->fd, self->block->data, self->block->len)) {
    fail_errno (task);
    return;
  }
  sync_file_range (self->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  g_task_return_boolean (task, TRUE);
}

/* In a thread. */
static void
sync_file (GTask *task, gpointer source, gpointer data,
    GCancellable *cancellable)
{
  HabSpool *self = g_task_get_task_data (task);
  if (fsync (self->fd) < 0) {
    fail_errno (task);
    return;
  }
  g_task_return_pointer (task, hab_sha256_to_text (&self->hash), g_free);
}

static void spool_go_on (HabSpool *self);

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  HabSpool *self = data;
  GError *error = NULL;

  self->writing = FALSE;
  /* What it took up before others came is given back. */
  if (self->block->len > get_limit ())
    g_clear_pointer (&self->block, g_byte_array_unref);
  if (!g_task_propagate_boolean (G_TASK (result), &error)) {
    g_clear_error (&self->error);
    self->error = error;
  }
  spool_go_on (self);
  if (self->drained != NULL)
    self->drained (self->drained_data);
}

static void
spool_write (HabSpool *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_written, self);
  GByteArray *used = g_steal_pointer (&self->block);

  self->block = self->pending;
  self->pending = used != NULL ? g_byte_array_set_size (used, 0)
                               : g_byte_array_sized_new (MIN_BLOCK);
  self->writing = TRUE;
  g_atomic_ref_count_inc (&self->refs);
  g_task_set_task_data (task, self, (GDestroyNotify) spool_unref);
  g_task_run_in_thread (task, write_block);
}

static void
spool_end (HabSpool *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->finish);

  if (self->error != NULL)
    g_task_return_error (task, g_error_copy (self->error));
  else
    g_task_run_in_thread (task, sync_file);
}

static void
spool_go_on (HabSpool *self)
{
  gsize enough = self->finish != NULL ? 1 : MIN_BLOCK;

  if (self->writing)
    return;
  if (self->error == NULL && self->pending->len >= enough)
    spool_write (self);
  else if (self->finish != NULL)
    spool_end (self);
}

gboolean
hab_spool_append (HabSpool *self, const guint8 *bytes, gsize size,
    GError **error)
{
  if (self->error != NULL) {
    g_propagate_error (error, g_error_copy (self->error));
    return FALSE;
  }
  self->size += size;
  g_byte_array_append (self->pending, bytes, size);
  spool_go_on (self);
  return TRUE;
}

gboolean
hab_spool_is_full (HabSpool *self)
{
  /* After a failure nothing drains any more: the next bytes are to be told. */
  return self->error == NULL && self->pending->len >= get_limit ();
}

guint64
hab_spool_get_size (HabSpool *self)
{
  return self->size;
}

void
hab_spool_finish_async (HabSpool *self, GAsyncReadyCallback callback,
    gpointer user_data)
{
  self->finish = g_task_new (NULL, NULL, callback, user_data);
  g_atomic_ref_count_inc (&self->refs);
  g_task_set_task_data (self->finish, self, (GDestroyNotify) spool_unref);
  spool_go_on (self);
}

gchar *
hab_spool_finish_finish (HabSpool *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gchar *
hab_spool_steal_name (HabSpool *self)
{
  return g_steal_pointer (&self->name);
}
