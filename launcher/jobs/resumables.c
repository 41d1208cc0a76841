/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "resumables.h"

#include <fcntl.h>
#include <unistd.h>

#include "clock.h"

/* Those that wait for their client cost memory and, when they have bytes,
 * space. */
#define MAX_UPLOADS 1024
#define MAX_EXPIRY_INTERVAL_SECONDS 600

struct _HabResumables
{
  const HabJobsContext *context;
  HabDataDir *dir;
  GHashTable *by_id; /* id -> HabResumable */
  guint expiry_id;
};

static void
on_gone (HabResumable *upload, gpointer data)
{
  HabResumables *self = data;

  g_hash_table_remove (self->by_id, hab_resumable_get_id (upload));
}

/* Takes upload. Its id is the key. */
static void
resumables_insert (HabResumables *self, HabResumable *upload)
{
  g_hash_table_insert (self->by_id,
      (gpointer) hab_resumable_get_id (upload), upload);
}

/* --- making one ------------------------------------------------------- */

typedef struct
{
  HabResumables *all;
  HabResumable *upload;
} Creation;

static void
creation_free (Creation *self)
{
  hab_resumable_unref (self->upload);
  g_free (self);
}

/* In the store's thread. */
static gpointer
add_row (HabVault *vault, gpointer data, GError **error)
{
  Creation *creation = data;

  hab_resumable_store (creation->upload, vault, error);
  return NULL;
}

static void
on_row_added (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Creation *creation = g_task_get_task_data (task);
  HabResumable *upload = creation->upload;
  GError *error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL) {
    hab_data_dir_remove (creation->all->dir, HAB_FOLDER_UPLOADS,
        hab_resumable_get_id (upload));
    g_task_return_error (task, error);
    return;
  }
  resumables_insert (creation->all, hab_resumable_ref (upload));
  g_task_return_pointer (task, hab_resumable_ref (upload),
      (GDestroyNotify) hab_resumable_unref);
}

static gboolean
resumables_make_file (HabResumables *self, const gchar *id, GError **error)
{
  int fd;

  if (g_hash_table_size (self->by_id) >= MAX_UPLOADS) {
    g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_BUSY,
        "%d uploads wait to be resumed; delete some, or wait until they expire",
        MAX_UPLOADS);
    return FALSE;
  }
  fd = hab_data_dir_open_file (self->dir, HAB_FOLDER_UPLOADS, id,
      O_RDWR | O_CREAT | O_EXCL, error);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

void
hab_resumables_create_async (HabResumables *self, const gchar *owner,
    const gchar *name, guint64 size_bytes, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autofree gchar *id = hab_data_dir_make_name ();
  const HabUploadRow row = {
    .id = id,
    .owner = (gchar *) owner,
    .name = (gchar *) name,
    .size_bytes = size_bytes,
    .touched_us = hab_clock_now (),
  };
  Creation *creation;
  GError *error = NULL;

  if (!resumables_make_file (self, id, &error)) {
    g_task_return_error (task, error);
    return;
  }
  creation = g_new0 (Creation, 1);
  creation->all = self;
  creation->upload =
      hab_resumable_new (self->context, &row, on_gone, self);
  g_task_set_task_data (task, creation, (GDestroyNotify) creation_free);
  hab_store_call_async (self->context->store, add_row, creation, NULL,
      on_row_added, g_steal_pointer (&task));
}

HabResumable *
hab_resumables_create_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- all of them ------------------------------------------------------ */

HabResumable *
hab_resumables_find (HabResumables *self, const gchar *id)
{
  HabResumable *upload = g_hash_table_lookup (self->by_id, id);

  if (upload == NULL || !hab_resumable_has_expired (upload))
    return upload;
  hab_resumable_drop (upload);
  return NULL;
}

static gboolean
on_expiry (gpointer data)
{
  HabResumables *self = data;
  g_autoptr (GList) resumables = g_hash_table_get_values (self->by_id);

  for (GList *item = resumables; item != NULL; item = item->next)
    if (hab_resumable_has_expired (item->data))
      hab_resumable_drop (item->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_known (const gchar *name, gpointer data)
{
  HabResumables *self = data;
  HabResumable *upload = g_hash_table_lookup (self->by_id, name);

  return upload != NULL && hab_resumable_get_input_id (upload) == 0;
}

static void
resumables_add (HabResumables *self, const HabUploadRow *row)
{
  HabResumable *upload =
      hab_resumable_new (self->context, row, on_gone, self);

  resumables_insert (self, upload);
  if (!hab_resumable_recover (upload))
    hab_resumable_drop (upload);
}

/* In the store's thread. */
static gpointer
list_rows (HabVault *vault, gpointer data, GError **error)
{
  return hab_catalog_list_uploads (vault->catalog, error);
}

HabResumables *
hab_resumables_new (const HabJobsContext *context, GError **error)
{
  g_autoptr (GPtrArray) rows = hab_store_call (
      context->store, list_rows, NULL, error);
  HabResumables *self;

  if (rows == NULL)
    return NULL;
  self = g_new0 (HabResumables, 1);
  self->context = context;
  self->dir = context->dir;
  self->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) hab_resumable_unref);
  for (guint i = 0; i < rows->len; i++)
    resumables_add (self, g_ptr_array_index (rows, i));
  hab_data_dir_sweep (self->dir, HAB_FOLDER_UPLOADS, is_known, self);
  return self;
}

static void
on_settled_at_start (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!hab_resumable_settle_finish (result, &error))
    g_message ("an upload that was whole: %s", error->message);
}

void
hab_resumables_start (HabResumables *self)
{
  guint interval = self->context->settings->upload_expiry;
  g_autoptr (GList) resumables = g_hash_table_get_values (self->by_id);

  self->expiry_id = g_timeout_add_seconds (
      CLAMP (interval, 1, MAX_EXPIRY_INTERVAL_SECONDS), on_expiry, self);
  for (GList *item = resumables; item != NULL; item = item->next)
    if (hab_resumable_is_whole (item->data))
      hab_resumable_settle_async (item->data, on_settled_at_start, NULL);
}

void
hab_resumables_free (HabResumables *self)
{
  g_clear_handle_id (&self->expiry_id, g_source_remove);
  g_hash_table_unref (self->by_id);
  g_free (self);
}
