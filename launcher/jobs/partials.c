/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "partials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file-hash.h"
#include "ingest.h"
#include "media-failure.h"

/* Those that wait for their client cost memory and, when they have bytes,
 * space. */
#define MAX_PARTIALS 1024
#define MAX_EXPIRY_INTERVAL_SECONDS 600

struct _HabPartials
{
  const HabJobsContext *context;
  HabDataDir *dir;
  GHashTable *by_id; /* id -> HabPartial */
  guint expiry_id;
};

typedef enum
{
  STATE_WAITING,
  STATE_RECEIVING, /* until the append has ended and is stored */
  STATE_READING,
} State;

/* Counted: requests have one that was removed meanwhile. */
struct _HabPartial
{
  HabPartials *all;
  HabResumable facts;
  guint64 offset;
  State state;
  gboolean removed;
  void (*interrupt) (gpointer data);
  gpointer interrupt_data;
  guint64 start, max_bytes; /* of the append that ends */
  gchar *sha256;            /* where one append brought all bytes */
  GSList *waiting;          /* of GTask: until it is settled */
};

static void
partial_clear (gpointer data)
{
  HabPartial *self = data;

  g_free (self->facts.id);
  g_free (self->facts.owner);
  g_free (self->facts.name);
  g_free (self->sha256);
}

HabPartial *
hab_partial_ref (HabPartial *self)
{
  return g_rc_box_acquire (self);
}

void
hab_partial_unref (HabPartial *self)
{
  g_rc_box_release_full (self, partial_clear);
}

static HabPartial *
partial_new (HabPartials *all, const gchar *id, const gchar *owner,
    const gchar *name, guint64 size_bytes)
{
  HabPartial *self = g_rc_box_new0 (HabPartial);

  self->all = all;
  self->facts.id = g_strdup (id);
  self->facts.owner = g_strdup (owner);
  self->facts.name = g_strdup (name);
  self->facts.size_bytes = size_bytes;
  self->facts.touched_us = hab_clock_now ();
  return self;
}

static HabStore *
partial_get_store (HabPartial *self)
{
  return self->all->context->store;
}

/* --- what is known of it ---------------------------------------------- */

const gchar *
hab_partial_get_id (HabPartial *self)
{
  return self->facts.id;
}

const gchar *
hab_partial_get_owner (HabPartial *self)
{
  return self->facts.owner;
}

const gchar *
hab_partial_get_name (HabPartial *self)
{
  return self->facts.name;
}

guint64
hab_partial_get_size (HabPartial *self)
{
  return self->facts.size_bytes;
}

guint64
hab_partial_get_offset (HabPartial *self)
{
  return self->offset;
}

gint64
hab_partial_get_input_id (HabPartial *self)
{
  return self->facts.input_id;
}

gint64
hab_partial_get_expiry (HabPartial *self)
{
  const HabSettings *settings = self->all->context->settings;

  return self->facts.touched_us +
      (gint64) settings->upload_expiry * G_USEC_PER_SEC;
}

const gchar *
hab_partial_get_state (HabPartial *self)
{
  static const gchar *const words[] = {
    [STATE_WAITING] = "waiting",
    [STATE_RECEIVING] = "receiving",
    [STATE_READING] = "reading",
  };

  return self->facts.input_id > 0 ? "done" : words[self->state];
}

/* --- becoming settled ------------------------------------------------- */

/* In the store's thread. */
static gpointer
delete_row (HabVault *vault, gpointer data, GError **error)
{
  HabPartial *self = data;

  hab_catalog_delete_upload (vault->catalog, self->facts.id, error);
  return NULL;
}

static void
on_row_deleted (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabPartial) self = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("%s", error->message);
}

/* A row without a file is removed by the next service, so the file goes
 * first. */
static void
partial_remove (HabPartial *self)
{
  HabPartials *all = self->all;

  if (self->removed)
    return;
  self->removed = TRUE;
  hab_data_dir_remove (all->dir, HAB_FOLDER_UPLOADS, self->facts.id);
  hab_store_call_async (partial_get_store (self), delete_row, self, NULL,
      on_row_deleted, hab_partial_ref (self));
  g_hash_table_remove (all->by_id, self->facts.id);
}

static void
partial_wake (HabPartial *self, const GError *error)
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

static gboolean
partial_is_whole (HabPartial *self)
{
  return self->offset == (guint64) self->facts.size_bytes &&
      self->facts.input_id == 0;
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
partial_fail (HabPartial *self, const GError *error)
{
  if (is_final (error))
    partial_remove (self);
  partial_wake (self, error);
}

/* In the store's thread. */
static gpointer
finish_row (HabVault *vault, gpointer data, GError **error)
{
  HabPartial *self = data;

  hab_catalog_finish_upload (vault->catalog, self->facts.id,
      self->facts.input_id, error);
  return NULL;
}

static void
on_row_finished (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabPartial) self = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("%s", error->message);
  hab_data_dir_remove (self->all->dir, HAB_FOLDER_UPLOADS, self->facts.id);
  partial_wake (self, NULL);
}

static void
on_ingested (GObject *source, GAsyncResult *result, gpointer data)
{
  HabPartial *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HabIngested) ingested = hab_ingest_finish (result, &error);

  if (ingested == NULL) {
    partial_fail (self, error);
    hab_partial_unref (self);
    return;
  }
  self->facts.input_id = ingested->id;
  self->facts.touched_us = hab_clock_now ();
  hab_store_call_async (partial_get_store (self), finish_row, self, NULL,
      on_row_finished, self);
}

/* The file has a second name while it becomes an input content: where that
 * fails for a cause that can pass, it is still there. */
static void
partial_ingest (HabPartial *self)
{
  HabPartials *all = self->all;
  g_autofree gchar *incoming = hab_data_dir_make_name ();
  g_autoptr (GError) error = NULL;

  if (hab_data_dir_link (all->dir, HAB_FOLDER_UPLOADS, self->facts.id,
          HAB_FOLDER_INCOMING, incoming, &error))
    hab_ingest_async (all->context, self->facts.owner, self->facts.name,
        incoming, self->facts.size_bytes, self->sha256, NULL, on_ingested,
        hab_partial_ref (self));
  else
    partial_fail (self, error);
}

static void
on_hashed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabPartial) self = data;
  g_autoptr (GError) error = NULL;

  self->sha256 = hab_file_hash_finish (result, &error);
  if (self->sha256 != NULL)
    partial_ingest (self);
  else
    partial_fail (self, error);
}

static void
partial_read (HabPartial *self)
{
  HabPartials *all = self->all;
  g_autoptr (GError) error = NULL;
  int fd;

  self->state = STATE_READING;
  if (self->sha256 != NULL) {
    partial_ingest (self);
    return;
  }
  fd = hab_data_dir_open_file (all->dir, HAB_FOLDER_UPLOADS, self->facts.id,
      O_RDONLY, &error);
  if (fd >= 0)
    hab_file_hash_async (fd, all->context->cancellable,
        on_hashed, hab_partial_ref (self));
  else
    partial_fail (self, error);
}

static void
partial_interrupt (HabPartial *self)
{
  void (*interrupt) (gpointer data) = g_steal_pointer (&self->interrupt);

  if (interrupt != NULL)
    interrupt (self->interrupt_data);
}

void
hab_partial_settle_async (HabPartial *self, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  self->waiting = g_slist_prepend (self->waiting, task);
  if (self->state != STATE_WAITING)
    partial_interrupt (self);
  else if (partial_is_whole (self))
    partial_read (self);
  else
    partial_wake (self, NULL);
}

gboolean
hab_partial_settle_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- appending -------------------------------------------------------- */

HabSpool *
hab_partial_begin (HabPartial *self, void (*interrupt) (gpointer data),
    gpointer data, GError **error)
{
  HabSpool *spool;

  if (self->state != STATE_WAITING) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
        "Another request has this upload; HEAD ends it and tells the offset");
    return NULL;
  }
  spool = hab_spool_new_append (self->all->dir, HAB_FOLDER_UPLOADS,
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
partial_measure (HabPartial *self, GError **error)
{
  struct stat info;
  int fd = hab_data_dir_open_file (self->all->dir, HAB_FOLDER_UPLOADS,
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
  g_autoptr (HabPartial) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *sha256 = hab_spool_finish_finish (NULL, result, &error);

  self->facts.touched_us = hab_clock_now ();
  if (!self->removed)
    partial_measure (self, error == NULL ? &error : NULL);
  if (error != NULL) {
    partial_wake (self, error);
  } else if (!self->removed && partial_is_whole (self)) {
    if (self->start == 0)
      self->sha256 = g_steal_pointer (&sha256);
    partial_read (self);
  } else {
    partial_wake (self, NULL);
  }
}

void
hab_partial_end (HabPartial *self, HabSpool *spool, guint64 max_bytes)
{
  self->interrupt = NULL;
  self->max_bytes = MIN (max_bytes, (guint64) self->facts.size_bytes);
  hab_spool_finish_async (spool, on_flushed, hab_partial_ref (self));
  hab_spool_free (spool);
}

/* --- removing --------------------------------------------------------- */

static void
on_settled_for_removal (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;

  partial_remove (g_task_get_task_data (task));
  g_task_return_boolean (task, TRUE);
}

void
hab_partial_remove_async (HabPartial *self, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, hab_partial_ref (self),
      (GDestroyNotify) hab_partial_unref);
  if (self->state == STATE_READING) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY,
        "The upload is whole and becomes an input content just now");
  } else if (self->state == STATE_RECEIVING) {
    hab_partial_settle_async (self, on_settled_for_removal,
        g_steal_pointer (&task));
  } else {
    partial_remove (self);
    g_task_return_boolean (task, TRUE);
  }
}

gboolean
hab_partial_remove_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- making one ------------------------------------------------------- */

/* In the store's thread. */
static gpointer
add_row (HabVault *vault, gpointer data, GError **error)
{
  HabPartial *self = data;

  hab_catalog_add_upload (vault->catalog, &self->facts, error);
  return NULL;
}

static void
on_row_added (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  HabPartial *self = g_task_get_task_data (task);
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL) {
    hab_data_dir_remove (self->all->dir, HAB_FOLDER_UPLOADS, self->facts.id);
    g_task_return_error (task, error);
    return;
  }
  g_hash_table_insert (self->all->by_id, self->facts.id,
      hab_partial_ref (self));
  g_task_return_pointer (task, hab_partial_ref (self),
      (GDestroyNotify) hab_partial_unref);
}

static gboolean
partials_make_file (HabPartials *self, const gchar *id, GError **error)
{
  int fd;

  if (g_hash_table_size (self->by_id) >= MAX_PARTIALS) {
    g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_BUSY,
        "%d uploads wait to be resumed; delete some, or wait until they expire",
        MAX_PARTIALS);
    return FALSE;
  }
  fd = hab_data_dir_open_file (self->dir, HAB_FOLDER_UPLOADS, id,
      O_RDWR | O_CREAT | O_EXCL, error);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

void
hab_partials_create_async (HabPartials *self, const gchar *owner,
    const gchar *name, guint64 size_bytes, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autofree gchar *id = hab_data_dir_make_name ();
  HabPartial *partial;
  GError *error = NULL;

  if (!partials_make_file (self, id, &error)) {
    g_task_return_error (task, error);
    return;
  }
  partial = partial_new (self, id, owner, name, size_bytes);
  g_task_set_task_data (task, partial, (GDestroyNotify) hab_partial_unref);
  hab_store_call_async (self->context->store, add_row,
      partial, NULL, on_row_added, g_steal_pointer (&task));
}

HabPartial *
hab_partials_create_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- all of them ------------------------------------------------------ */

static gboolean
partial_has_expired (HabPartial *self)
{
  return self->state == STATE_WAITING &&
      hab_partial_get_expiry (self) < hab_clock_now ();
}

HabPartial *
hab_partials_find (HabPartials *self, const gchar *id)
{
  HabPartial *partial = g_hash_table_lookup (self->by_id, id);

  if (partial == NULL || !partial_has_expired (partial))
    return partial;
  partial_remove (partial);
  return NULL;
}

static gboolean
on_expiry (gpointer data)
{
  HabPartials *self = data;
  g_autoptr (GList) partials = g_hash_table_get_values (self->by_id);

  for (GList *item = partials; item != NULL; item = item->next)
    if (partial_has_expired (item->data))
      partial_remove (item->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_known (const gchar *name, gpointer data)
{
  HabPartials *self = data;
  HabPartial *partial = g_hash_table_lookup (self->by_id, name);

  return partial != NULL && partial->facts.input_id == 0;
}

/* How much is there, its file says; when something came, too. Its size on the
 * disk is no larger than what was written: journalling file systems see to
 * that over a loss of power. */
static void
partials_add (HabPartials *self, const HabResumable *row)
{
  HabPartial *partial = partial_new (self, row->id, row->owner,
      row->name, row->size_bytes);
  struct stat info;

  partial->facts.input_id = row->input_id;
  partial->facts.touched_us = row->touched_us;
  partial->offset = row->size_bytes;
  g_hash_table_insert (self->by_id, partial->facts.id, partial);
  if (row->input_id > 0)
    return;
  if (fstatat (hab_data_dir_get_fd (self->dir, HAB_FOLDER_UPLOADS), row->id,
          &info, AT_SYMLINK_NOFOLLOW) < 0 || info.st_size > row->size_bytes) {
    partial_remove (partial);
    return;
  }
  partial->offset = info.st_size;
  partial->facts.touched_us = MAX (row->touched_us,
      (gint64) info.st_mtim.tv_sec * G_USEC_PER_SEC);
}

/* In the store's thread. */
static gpointer
list_rows (HabVault *vault, gpointer data, GError **error)
{
  return hab_catalog_list_uploads (vault->catalog, error);
}

HabPartials *
hab_partials_new (const HabJobsContext *context, GError **error)
{
  g_autoptr (GPtrArray) rows = hab_store_call (
      context->store, list_rows, NULL, error);
  HabPartials *self;

  if (rows == NULL)
    return NULL;
  self = g_new0 (HabPartials, 1);
  self->context = context;
  self->dir = context->dir;
  self->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) hab_partial_unref);
  for (guint i = 0; i < rows->len; i++)
    partials_add (self, g_ptr_array_index (rows, i));
  hab_data_dir_sweep (self->dir, HAB_FOLDER_UPLOADS, is_known, self);
  return self;
}

static void
on_settled_at_start (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!hab_partial_settle_finish (result, &error))
    g_message ("an upload that was whole: %s", error->message);
}

void
hab_partials_start (HabPartials *self)
{
  guint interval = self->context->settings->upload_expiry;
  g_autoptr (GList) partials = g_hash_table_get_values (self->by_id);

  self->expiry_id = g_timeout_add_seconds (
      CLAMP (interval, 1, MAX_EXPIRY_INTERVAL_SECONDS), on_expiry, self);
  for (GList *item = partials; item != NULL; item = item->next)
    if (partial_is_whole (item->data))
      hab_partial_settle_async (item->data, on_settled_at_start, NULL);
}

void
hab_partials_free (HabPartials *self)
{
  g_clear_handle_id (&self->expiry_id, g_source_remove);
  g_hash_table_unref (self->by_id);
  g_free (self);
}
