/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "resumable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file-hash.h"
#include "ingest.h"
#include "media-failure.h"

typedef enum
{
  STATE_WAITING,
  STATE_RECEIVING, /* until the append has ended and is stored */
  STATE_READING,
} State;

struct _HabResumable
{
  const HabJobsContext *context;
  HabUploadRow facts;
  guint64 offset;
  State state;
  gboolean removed;
  HabResumableGone gone;
  gpointer gone_data;
  void (*interrupt) (gpointer data);
  gpointer interrupt_data;
  guint64 start, max_bytes; /* of the append that ends */
  gchar *sha256;            /* where one append brought all bytes */
  GSList *waiting;          /* of GTask: until it is settled */
};

static void
resumable_clear (gpointer data)
{
  HabResumable *self = data;

  g_free (self->facts.id);
  g_free (self->facts.owner);
  g_free (self->facts.name);
  g_free (self->sha256);
}

HabResumable *
hab_resumable_ref (HabResumable *self)
{
  return g_rc_box_acquire (self);
}

void
hab_resumable_unref (HabResumable *self)
{
  g_rc_box_release_full (self, resumable_clear);
}

HabResumable *
hab_resumable_new (const HabJobsContext *context, const HabUploadRow *row,
    HabResumableGone gone, gpointer data)
{
  HabResumable *self = g_rc_box_new0 (HabResumable);

  self->context = context;
  self->facts = *row;
  self->facts.id = g_strdup (row->id);
  self->facts.owner = g_strdup (row->owner);
  self->facts.name = g_strdup (row->name);
  self->gone = gone;
  self->gone_data = data;
  return self;
}

/* --- what is known of it ---------------------------------------------- */

const gchar *
hab_resumable_get_id (HabResumable *self)
{
  return self->facts.id;
}

const gchar *
hab_resumable_get_owner (HabResumable *self)
{
  return self->facts.owner;
}

const gchar *
hab_resumable_get_name (HabResumable *self)
{
  return self->facts.name;
}

guint64
hab_resumable_get_size (HabResumable *self)
{
  return self->facts.size_bytes;
}

guint64
hab_resumable_get_offset (HabResumable *self)
{
  return self->offset;
}

gint64
hab_resumable_get_input_id (HabResumable *self)
{
  return self->facts.input_id;
}

gint64
hab_resumable_get_expiry (HabResumable *self)
{
  const HabSettings *settings = self->context->settings;

  return self->facts.touched_us +
      (gint64) settings->upload_expiry * G_USEC_PER_SEC;
}

const gchar *
hab_resumable_get_state (HabResumable *self)
{
  static const gchar *const words[] = {
    [STATE_WAITING] = "waiting",
    [STATE_RECEIVING] = "receiving",
    [STATE_READING] = "reading",
  };

  return self->facts.input_id > 0 ? "done" : words[self->state];
}

gboolean
hab_resumable_has_expired (HabResumable *self)
{
  return self->state == STATE_WAITING &&
      hab_resumable_get_expiry (self) < hab_clock_now ();
}

gboolean
hab_resumable_is_whole (HabResumable *self)
{
  return self->offset == (guint64) self->facts.size_bytes &&
      self->facts.input_id == 0;
}

/* --- what outlives the service ---------------------------------------- */

gboolean
hab_resumable_store (HabResumable *self, HabVault *vault, GError **error)
{
  return hab_catalog_add_upload (vault->catalog, &self->facts, error);
}

/* How much is there, its file says; when something came, too. Its size on the
 * disk is no larger than what was written: journalling file systems see to
 * that over a loss of power. */
gboolean
hab_resumable_recover (HabResumable *self)
{
  HabUploadRow *facts = &self->facts;
  struct stat info;

  if (facts->input_id > 0) {
    self->offset = facts->size_bytes;
    return TRUE;
  }
  if (fstatat (hab_data_dir_get_fd (self->context->dir, HAB_FOLDER_UPLOADS),
          facts->id, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
      info.st_size > facts->size_bytes)
    return FALSE;
  self->offset = info.st_size;
  facts->touched_us = MAX (facts->touched_us,
      (gint64) info.st_mtim.tv_sec * G_USEC_PER_SEC);
  return TRUE;
}

/* --- becoming settled ------------------------------------------------- */

/* In the store's thread. */
static gpointer
delete_row (HabVault *vault, gpointer data, GError **error)
{
  HabResumable *self = data;

  hab_catalog_delete_upload (vault->catalog, self->facts.id, error);
  return NULL;
}

static void
on_row_deleted (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabResumable) self = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("%s", error->message);
}

/* A row without a file is removed by the next service, so the file goes
 * first. */
void
hab_resumable_drop (HabResumable *self)
{
  if (self->removed)
    return;
  self->removed = TRUE;
  hab_data_dir_remove (self->context->dir, HAB_FOLDER_UPLOADS, self->facts.id);
  hab_store_call_async (self->context->store, delete_row, self, NULL,
      on_row_deleted, hab_resumable_ref (self));
  self->gone (self, self->gone_data);
}

static void
resumable_wake (HabResumable *self, const GError *error)
{
  GSList *waiting = g_steal_pointer (&self->waiting);

  self->state = STATE_WAITING;
  for (GSList *item = waiting; item != NULL; item = item->next) {
    if (error != NULL)
      g_task_return_error (item->data, g_error_copy (error));
    else
      g_task_return_boolean (item->data, TRUE);
  }
  g_slist_free_full (waiting, g_object_unref);
}

/* The same bytes would fail the same way. */
static gboolean
is_final (const GError *error)
{
  if (error->domain == HAB_CATALOG_ERROR)
    return error->code == HAB_CATALOG_ERROR_EXISTS;
  return error->domain == HAB_MEDIA_ERROR &&
      error->code != HAB_MEDIA_ERROR_CANCELLED &&
      hab_media_failure_get_retries (error) == 0;
}

static void
resumable_fail (HabResumable *self, const GError *error)
{
  if (is_final (error))
    hab_resumable_drop (self);
  resumable_wake (self, error);
}

/* In the store's thread. */
static gpointer
finish_row (HabVault *vault, gpointer data, GError **error)
{
  HabResumable *self = data;

  hab_catalog_finish_upload (vault->catalog, self->facts.id,
      self->facts.input_id, error);
  return NULL;
}

static void
on_row_finished (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabResumable) self = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("%s", error->message);
  hab_data_dir_remove (self->context->dir, HAB_FOLDER_UPLOADS, self->facts.id);
  resumable_wake (self, NULL);
}

static void
on_ingested (GObject *source, GAsyncResult *result, gpointer data)
{
  HabResumable *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HabIngested) ingested = hab_ingest_finish (result, &error);

  if (ingested == NULL) {
    resumable_fail (self, error);
    hab_resumable_unref (self);
    return;
  }
  self->facts.input_id = ingested->id;
  self->facts.touched_us = hab_clock_now ();
  hab_store_call_async (self->context->store, finish_row, self, NULL,
      on_row_finished, self);
}

/* The file has a second name while it becomes an input content: where that
 * fails for a cause that can pass, it is still there. */
static void
resumable_ingest (HabResumable *self)
{
  g_autofree gchar *incoming = hab_data_dir_make_name ();
  g_autoptr (GError) error = NULL;

  if (hab_data_dir_link (self->context->dir, HAB_FOLDER_UPLOADS, self->facts.id,
          HAB_FOLDER_INCOMING, incoming, &error))
    hab_ingest_async (self->context, self->facts.owner, self->facts.name,
        incoming, self->facts.size_bytes, self->sha256, NULL, on_ingested,
        hab_resumable_ref (self));
  else
    resumable_fail (self, error);
}

static void
on_hashed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabResumable) self = data;
  g_autoptr (GError) error = NULL;

  self->sha256 = hab_file_hash_finish (result, &error);
  if (self->sha256 != NULL)
    resumable_ingest (self);
  else
    resumable_fail (self, error);
}

static void
resumable_read (HabResumable *self)
{
  g_autoptr (GError) error = NULL;
  int fd;

  self->state = STATE_READING;
  if (self->sha256 != NULL) {
    resumable_ingest (self);
    return;
  }
  fd = hab_data_dir_open_file (self->context->dir, HAB_FOLDER_UPLOADS,
      self->facts.id, O_RDONLY, &error);
  if (fd >= 0)
    hab_file_hash_async (fd, self->context->cancellable,
        on_hashed, hab_resumable_ref (self));
  else
    resumable_fail (self, error);
}

static void
resumable_interrupt (HabResumable *self)
{
  void (*interrupt) (gpointer data) = g_steal_pointer (&self->interrupt);

  if (interrupt != NULL)
    interrupt (self->interrupt_data);
}

void
hab_resumable_settle_async (HabResumable *self, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  self->waiting = g_slist_prepend (self->waiting, task);
  if (self->state != STATE_WAITING)
    resumable_interrupt (self);
  else if (hab_resumable_is_whole (self))
    resumable_read (self);
  else
    resumable_wake (self, NULL);
}

gboolean
hab_resumable_settle_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- appending -------------------------------------------------------- */

HabSpool *
hab_resumable_begin (HabResumable *self, void (*interrupt) (gpointer data),
    gpointer data, GError **error)
{
  HabSpool *spool;

  if (self->state != STATE_WAITING) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
        "Another request has this upload; HEAD ends it and tells the offset");
    return NULL;
  }
  spool = hab_spool_new_append (self->context->dir, HAB_FOLDER_UPLOADS,
      self->facts.id, self->offset, error);
  if (spool == NULL)
    return NULL;
  g_clear_pointer (&self->sha256, g_free);
  self->state = STATE_RECEIVING;
  self->start = self->offset;
  self->interrupt = interrupt;
  self->interrupt_data = data;
  return spool;
}

/* What is there is what the file has, whatever was meant to be written. */
static gboolean
resumable_measure (HabResumable *self, GError **error)
{
  struct stat info;
  int fd = hab_data_dir_open_file (self->context->dir, HAB_FOLDER_UPLOADS,
      self->facts.id, O_RDWR, error);
  gboolean measured;

  if (fd < 0)
    return FALSE;
  measured = fstat (fd, &info) == 0 &&
      ((guint64) info.st_size <= self->max_bytes ||
          ftruncate (fd, self->max_bytes) == 0);
  close (fd);
  if (measured)
    self->offset = MIN ((guint64) info.st_size, self->max_bytes);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "Cannot look at the upload's file");
  return measured;
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabResumable) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *sha256 = hab_spool_finish_finish (NULL, result, &error);

  self->facts.touched_us = hab_clock_now ();
  if (!self->removed)
    resumable_measure (self, error == NULL ? &error : NULL);
  if (error != NULL) {
    resumable_wake (self, error);
  } else if (!self->removed && hab_resumable_is_whole (self)) {
    if (self->start == 0)
      self->sha256 = g_steal_pointer (&sha256);
    resumable_read (self);
  } else {
    resumable_wake (self, NULL);
  }
}

void
hab_resumable_end (HabResumable *self, HabSpool *spool, guint64 max_bytes)
{
  self->interrupt = NULL;
  self->max_bytes = MIN (max_bytes, (guint64) self->facts.size_bytes);
  hab_spool_finish_async (spool, on_flushed, hab_resumable_ref (self));
  hab_spool_free (spool);
}

/* --- removing --------------------------------------------------------- */

static void
on_settled_for_removal (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;

  hab_resumable_drop (g_task_get_task_data (task));
  g_task_return_boolean (task, TRUE);
}

void
hab_resumable_remove_async (HabResumable *self, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, hab_resumable_ref (self),
      (GDestroyNotify) hab_resumable_unref);
  if (self->state == STATE_READING) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY,
        "The upload is whole and becomes an input content just now");
  } else if (self->state == STATE_RECEIVING) {
    hab_resumable_settle_async (self, on_settled_for_removal,
        g_steal_pointer (&task));
  } else {
    hab_resumable_drop (self);
    g_task_return_boolean (task, TRUE);
  }
}

gboolean
hab_resumable_remove_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
