/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ingest.h"

#include <fcntl.h>

#include "clock.h"
#include "records.h"

typedef struct
{
  const HabJobsContext *context;
  HabInput input;  /* owner, name, storage, size and digest are set */
  gchar *request_id;
  HabGopIndex *index;
} Ingest;

void
hab_ingested_free (HabIngested *ingested)
{
  g_free (ingested->name);
  g_free (ingested);
}

/* What is still in incoming/ is nobody's. */
static void
ingest_free (Ingest *self)
{
  hab_data_dir_remove (self->context->dir,
      HAB_FOLDER_INCOMING, self->input.storage);
  g_free (self->input.owner);
  g_free (self->input.name);
  g_free (self->input.storage);
  g_free (self->input.sha256);
  g_free (self->request_id);
  g_clear_pointer (&self->index, hab_gop_index_free);
  g_free (self);
}

static HabIngested *
ingested_new (const Ingest *self, gint64 id, gboolean was_there)
{
  HabIngested *ingested = g_new0 (HabIngested, 1);

  ingested->id = id;
  ingested->name = g_strdup (self->input.name);
  ingested->was_there = was_there;
  return ingested;
}

/* In the store's thread. NULL without an error where the name is free. */
static gpointer
find_same (HabVault *vault, gpointer data, GError **error)
{
  Ingest *self = data;
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabInput) input =
      hab_catalog_find_input (vault->catalog, self->input.owner,
          self->input.name, &failure);

  if (input == NULL) {
    if (failure != NULL && !g_error_matches (failure, HAB_CATALOG_ERROR,
                               HAB_CATALOG_ERROR_NOT_FOUND))
      g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  if (g_str_equal (input->sha256, self->input.sha256))
    return ingested_new (self, input->id, TRUE);
  g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_EXISTS,
      "Input content %" G_GINT64_FORMAT " has the name \"%s\" and other "
      "bytes; give the file another name, or delete that one first",
      input->id, input->name);
  return NULL;
}

/* In the store's thread. The same bytes under another name, or of another
 * owner: a further name for their file, which needs not be read again. NULL
 * where that cannot be done; then it is read as any other. */
static HabIngested *
copy_known (HabVault *vault, Ingest *self)
{
  HabDataDir *dir = self->context->dir;
  g_autofree gchar *storage = NULL;
  gint64 id = hab_catalog_find_input_by_sha256 (vault->catalog,
      self->input.sha256, &storage, NULL);

  if (id == 0 || !hab_data_dir_link (dir, HAB_FOLDER_INPUTS, storage,
                     HAB_FOLDER_INPUTS, self->input.storage, NULL))
    return NULL;
  id = hab_catalog_copy_input (vault->catalog, id, &self->input, NULL);
  if (id > 0)
    return ingested_new (self, id, FALSE);
  hab_data_dir_remove (dir, HAB_FOLDER_INPUTS, self->input.storage);
  return NULL;
}

/* In the store's thread. NULL without an error where it has to be read. */
static gpointer
find_known (HabVault *vault, gpointer data, GError **error)
{
  GError *failure = NULL;
  HabIngested *same = find_same (vault, data, &failure);

  if (failure != NULL)
    g_propagate_error (error, failure);
  return same != NULL || failure != NULL ? same : copy_known (vault, data);
}

/* In the store's thread. The file is moved before its row is there: a row
 * never points at a file that is missing. */
static gpointer
store_input (HabVault *vault, gpointer data, GError **error)
{
  Ingest *self = data;
  HabDataDir *dir = self->context->dir;
  g_autoptr (GError) failure = NULL;
  gint64 id;

  if (!hab_data_dir_move (dir, HAB_FOLDER_INCOMING, self->input.storage,
          HAB_FOLDER_INPUTS, self->input.storage, error))
    return NULL;
  id = hab_catalog_add_input (vault->catalog, &self->input,
      self->index->tracks, self->index->video_track_number,
      self->index->gops, self->index->iframes, &failure);
  if (id > 0)
    return ingested_new (self, id, FALSE);
  hab_data_dir_remove (dir, HAB_FOLDER_INPUTS, self->input.storage);
  /* Another upload of that name was faster. */
  if (g_error_matches (failure, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_EXISTS))
    return find_same (vault, self, error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

static void
return_ingested (GTask *task, HabIngested *ingested)
{
  g_task_return_pointer (task, ingested, (GDestroyNotify) hab_ingested_free);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  HabIngested *ingested = hab_store_call_finish (result, &error);

  if (ingested != NULL)
    return_ingested (task, ingested);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_BUSY,
        "An input content of this name was just deleted; try again");
}

static void
on_indexed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Ingest *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!hab_workers_run_finish (self->context->readers, result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  self->input.duration_ns = self->index->duration_ns;
  self->input.indexed = TRUE;
  self->input.created_us = hab_clock_now ();
  hab_store_call_async (self->context->store, store_input,
      self, (GDestroyNotify) hab_ingested_free, on_stored,
      g_steal_pointer (&task));
}

static void
on_record (JsonObject *record, gpointer data)
{
  Ingest *self = data;

  hab_records_index_add (self->index, record);
}

static void
ingest_index (Ingest *self, GTask *task)
{
  g_autoptr (GBytes) job = g_bytes_new_static ("{\"task\":\"index\"}", 16);
  GError *error = NULL;
  HabWork work = {
    .job = job,
    .input_fd = hab_data_dir_open_file (
        self->context->dir, HAB_FOLDER_INCOMING,
        self->input.storage, O_RDONLY, &error),
    .output_fd = -1,
    .request_id = self->request_id,
    .timeout_seconds = self->context->settings->stall_timeout,
    .record = on_record,
    .data = self,
  };

  if (work.input_fd < 0) {
    g_task_return_error (task, error);
    return;
  }
  self->index = hab_records_index_new ();
  hab_workers_run_async (self->context->readers, &work,
      self->context->cancellable, on_indexed, g_object_ref (task));
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  HabIngested *ingested = hab_store_call_finish (result, &error);

  if (ingested != NULL)
    return_ingested (task, ingested);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    ingest_index (g_task_get_task_data (task), task);
}

void
hab_ingest_async (const HabJobsContext *context, const gchar *owner,
    const gchar *name, const gchar *incoming, guint64 size_bytes,
    const gchar *sha256, const gchar *request_id,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Ingest *self = g_new0 (Ingest, 1);

  self->context = context;
  self->input.owner = g_strdup (owner);
  self->input.name = g_strdup (name);
  self->input.storage = g_strdup (incoming);
  self->input.size_bytes = size_bytes;
  self->input.sha256 = g_strdup (sha256);
  self->request_id = g_strdup (request_id);
  g_task_set_task_data (task, self, (GDestroyNotify) ingest_free);
  hab_store_call_async (context->store, find_known, self,
      (GDestroyNotify) hab_ingested_free, on_looked_up, task);
}

HabIngested *
hab_ingest_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
