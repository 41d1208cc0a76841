/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"
#include "media.h"
#include "records.h"

/* A child that crashed is tried again so often; a package during which the
 * whole service died, so often. */
#define MAX_CRASHES 3
#define MAX_ATTEMPTS 10
#define PROGRESS_INTERVAL_US (G_USEC_PER_SEC / 4)
/* A child that gets no further for so long is given up. */
#define STALL_SECONDS 300
/* When the catalog cannot be written, which passes: another program holds it,
 * or the disk is full. */
#define RETRY_SECONDS 2
/* Free space that a package needs beside the size of its input. */
#define RESERVE_BYTES (G_GUINT64_CONSTANT (16) << 20)

struct _HabQueue
{
  HabService *service;
  HabWorkers *packagers;
  guint limit;
  gboolean claiming, kicked, stopped;
  GHashTable *jobs;  /* gint64 * of the package's id -> HabJob, not owned */
  GSList *watches;   /* of Watch */
  guint last_watch_id;
};

typedef struct
{
  guint id;
  gint64 package_id;
  void (*callback) (gpointer data);
  gpointer data;
} Watch;

/* A package that is being made. */
typedef struct
{
  HabQueue *queue;
  HabPackage *package;
  guint8 key[HAB_KEY_SIZE]; /* until the child has it */
  int input_fd, output_fd;  /* the same */
  GCancellable *cancellable;
  gulong service_cancelled_id;
  gdouble progress;
  gint64 progress_us;       /* when it was last stored */
  guint stall_id;
  GError *error;            /* what ended it */

  /* of the conclusion, in the store's thread */
  gboolean moved, requeued;
} HabJob;

static void
job_free (HabJob *self)
{
  hab_key_wipe (self->key, sizeof self->key);
  g_clear_pointer (&self->package, hab_package_free);
  if (self->input_fd >= 0)
    close (self->input_fd);
  if (self->output_fd >= 0)
    close (self->output_fd);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_free (self);
}

HabQueue *
hab_queue_new (HabService *service, guint limit)
{
  HabQueue *self = g_new0 (HabQueue, 1);

  self->service = service;
  self->limit = limit;
  self->packagers = hab_workers_new (limit);
  self->jobs = g_hash_table_new (g_int64_hash, g_int64_equal);
  return self;
}

void
hab_queue_free (HabQueue *self)
{
  g_slist_free_full (self->watches, g_free);
  g_hash_table_unref (self->jobs);
  hab_workers_free (self->packagers);
  g_free (self);
}

/* --- who waits for a package ------------------------------------------ */

guint
hab_queue_watch (HabQueue *self, gint64 package_id,
    void (*callback) (gpointer data), gpointer data)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->id = ++self->last_watch_id;
  watch->package_id = package_id;
  watch->callback = callback;
  watch->data = data;
  self->watches = g_slist_prepend (self->watches, watch);
  return watch->id;
}

void
hab_queue_forget (HabQueue *self, guint watch_id)
{
  for (GSList *item = self->watches; item != NULL; item = item->next) {
    Watch *watch = item->data;

    if (watch->id != watch_id)
      continue;
    self->watches = g_slist_delete_link (self->watches, item);
    g_free (watch);
    return;
  }
}

static Watch *
take_watch (HabQueue *self, gint64 package_id)
{
  for (GSList *item = self->watches; item != NULL; item = item->next) {
    Watch *watch = item->data;

    if (watch->package_id == package_id) {
      self->watches = g_slist_delete_link (self->watches, item);
      return watch;
    }
  }
  return NULL;
}

static void
tell_watches (HabQueue *self, gint64 package_id)
{
  Watch *watch;

  while ((watch = take_watch (self, package_id)) != NULL) {
    watch->callback (watch->data);
    g_free (watch);
  }
}

/* --- claiming, in the store's thread ---------------------------------- */

static gboolean
job_open_output (HabJob *self, HabDataDir *dir, GError **error)
{
  const gchar *code = self->package->code;
  g_autofree gchar *dash = g_build_filename (code, "dash", NULL);
  int work_fd = hab_data_dir_get_fd (dir, HAB_FOLDER_WORK);

  /* What an attempt before left over. */
  hab_data_dir_remove (dir, HAB_FOLDER_WORK, code);
  if (mkdirat (work_fd, code, 0700) < 0 || mkdirat (work_fd, dash, 0700) < 0) {
    int saved_errno = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
        "Cannot make the package's folder: %s", g_strerror (saved_errno));
    return FALSE;
  }
  self->output_fd = hab_data_dir_open_file (dir, HAB_FOLDER_WORK, dash,
      O_RDONLY | O_DIRECTORY, error);
  return self->output_fd >= 0;
}

static gboolean
job_check_space (HabDataDir *dir, const HabInput *input, GError **error)
{
  if (hab_data_dir_get_free_bytes (dir) >= input->size_bytes + RESERVE_BYTES)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
      "There is not enough space on the service's disk; remove packages or "
      "input contents that are not needed, then ask for the package again");
  return FALSE;
}

static gboolean
job_prepare (HabJob *self, HabVault *vault, GError **error)
{
  HabDataDir *dir = hab_service_get_data_dir (self->queue->service);
  g_autoptr (HabInput) input = NULL;

  if (self->package->attempts > MAX_ATTEMPTS) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "The service stopped %d times while it made this package; have the "
        "service's log looked at before you ask for it again", MAX_ATTEMPTS);
    return FALSE;
  }
  input = hab_catalog_get_input (vault->catalog, self->package->input_id,
      error);
  if (input == NULL || !job_check_space (dir, input, error))
    return FALSE;
  if (self->package->sealed_key != NULL &&
      !hab_seal_open (vault->seal, HAB_SEAL_PACKAGE_KEY,
          self->package->sealed_key, self->key, sizeof self->key, error)) {
    g_prefix_error (error, "The content key cannot be read with this master "
        "key: ");
    return FALSE;
  }
  self->input_fd = hab_data_dir_open_file (dir, HAB_FOLDER_INPUTS,
      input->storage, O_RDONLY, error);
  return self->input_fd >= 0 && job_open_output (self, dir, error);
}

/* A HabJob, with its error set where it cannot be made; NULL when nothing
 * waits. */
static gpointer
claim (HabVault *vault, gpointer data, GError **error)
{
  HabPackage *package = hab_catalog_claim_package (vault->catalog, error);
  HabJob *job;

  if (package == NULL)
    return NULL;
  job = g_new0 (HabJob, 1);
  job->queue = data;
  job->package = package;
  job->input_fd = job->output_fd = -1;
  job->cancellable = g_cancellable_new ();
  job_prepare (job, vault, &job->error);
  return job;
}

/* --- what the child says ---------------------------------------------- */

typedef struct
{
  gint64 package_id;
  HabStatus status;
  gchar *file;
  gdouble progress;
} Note;

static void
note_free (Note *note)
{
  g_free (note->file);
  g_free (note);
}

/* In the store's thread. A package that was cancelled meanwhile takes no more
 * notes, which is no fault. */
static gpointer
store_note (HabVault *vault, gpointer data, GError **error)
{
  Note *note = data;
  g_autoptr (GError) failure = NULL;
  gboolean stored = note->file != NULL
      ? hab_catalog_set_status (vault->catalog, note->package_id,
            note->status, NULL, note->file, &failure)
      : hab_catalog_set_progress (vault->catalog, note->package_id,
            note->progress, &failure);

  if (!stored && !g_error_matches (failure, HAB_CATALOG_ERROR,
                     HAB_CATALOG_ERROR_STATE))
    g_warning ("package %" G_GINT64_FORMAT ": %s", note->package_id,
        failure->message);
  return NULL;
}

static void
on_noted (GObject *source, GAsyncResult *result, gpointer data)
{
  hab_store_call_finish (result, NULL);
  note_free (data);
}

/* Takes file. */
static void
job_note (HabJob *self, HabStatus status, gchar *file, gdouble progress)
{
  Note *note = g_new0 (Note, 1);

  note->package_id = self->package->id;
  note->status = status;
  note->file = file;
  note->progress = CLAMP (progress, 0, 1);
  hab_store_call_async (hab_service_get_store (self->queue->service),
      store_note, note, NULL, on_noted, note);
}

static gboolean
on_stall (gpointer data)
{
  HabJob *self = data;

  self->stall_id = 0;
  g_set_error (&self->error, HAB_WORKER_ERROR, HAB_WORKER_ERROR_TIMED_OUT,
      "Packaging stood still for %d seconds; have the service's log looked at "
      "before you ask for it again", STALL_SECONDS);
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
job_restart_clock (HabJob *self)
{
  g_clear_handle_id (&self->stall_id, g_source_remove);
  self->stall_id = g_timeout_add_seconds (STALL_SECONDS, on_stall, self);
}

static void
job_take_stage (HabJob *self, JsonObject *record)
{
  const gchar *word = hab_record_get_text (record, "stage");
  const gchar *file = hab_record_get_text (record, "file");
  g_autofree gchar *folder = NULL;
  HabStatus status;

  job_restart_clock (self);
  /* Ready is the queue's to say, when the package is published; and what is
   * clear was never Encrypted. */
  if (word == NULL || !hab_status_from_string (word, &status) ||
      (status != HAB_STATUS_FRAGMENTED && status != HAB_STATUS_ENCRYPTED) ||
      (status == HAB_STATUS_ENCRYPTED && self->package->sealed_key == NULL))
    return;
  folder = hab_data_dir_build_folder_path (
      hab_service_get_data_dir (self->queue->service), HAB_FOLDER_WORK,
      self->package->code);
  job_note (self, status, g_build_filename (folder, "dash", file, NULL), 0);
}

static void
job_take_progress (HabJob *self, JsonObject *record)
{
  gint64 now = g_get_monotonic_time ();
  gdouble fraction = hab_record_get_double (record, "fraction", 0);

  if (!(fraction > self->progress) ||
      now - self->progress_us < PROGRESS_INTERVAL_US)
    return;
  self->progress = fraction;
  self->progress_us = now;
  job_restart_clock (self);
  job_note (self, 0, NULL, fraction);
}

static void
on_record (JsonObject *record, gpointer data)
{
  const gchar *kind = hab_record_get_text (record, "record");

  if (g_strcmp0 (kind, "stage") == 0)
    job_take_stage (data, record);
  else if (g_strcmp0 (kind, "progress") == 0)
    job_take_progress (data, record);
}

/* --- the end of a package, in the store's thread ---------------------- */

/* Whether a failure of the catalog is its last word: the package was cancelled
 * or removed meanwhile. Anything else is tried again, since a package without
 * a final status would never end. */
static gboolean
is_settled (const GError *error)
{
  return g_error_matches (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_STATE) ||
      g_error_matches (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND);
}

static gboolean
job_move (HabJob *self, GError **error)
{
  HabDataDir *dir = hab_service_get_data_dir (self->queue->service);
  const gchar *code = self->package->code;

  /* Left there by a service that died between the move and the status. */
  hab_data_dir_remove (dir, HAB_FOLDER_PACKAGES, code);
  self->moved = hab_data_dir_move (dir, HAB_FOLDER_WORK, code,
      HAB_FOLDER_PACKAGES, code, error);
  return self->moved;
}

static gboolean
job_set_ready (HabJob *self, HabVault *vault, GError **error)
{
  g_autofree gchar *folder = hab_data_dir_build_folder_path (
      hab_service_get_data_dir (self->queue->service), HAB_FOLDER_PACKAGES,
      self->package->code);
  g_autofree gchar *manifest =
      g_build_filename (folder, "dash", "stream.mpd", NULL);

  return hab_catalog_set_progress (vault->catalog, self->package->id, 1,
             error) &&
      hab_catalog_set_status (vault->catalog, self->package->id,
          HAB_STATUS_READY, NULL, manifest, error);
}

static gboolean
job_publish (HabJob *self, HabVault *vault, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!self->moved && !job_move (self, &self->error))
    return FALSE;
  if (job_set_ready (self, vault, &failure))
    return TRUE;
  if (is_settled (failure))
    hab_data_dir_remove (hab_service_get_data_dir (self->queue->service),
        HAB_FOLDER_PACKAGES, self->package->code);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* By the service's own stop. */
static gboolean
was_cancelled (HabJob *self)
{
  return g_error_matches (self->error, HAB_WORKER_ERROR,
      HAB_WORKER_ERROR_CANCELLED);
}

static gboolean
job_may_try_again (HabJob *self)
{
  if (was_cancelled (self))
    return TRUE;
  return g_error_matches (self->error, HAB_WORKER_ERROR,
             HAB_WORKER_ERROR_CRASHED) &&
      self->package->attempts < MAX_CRASHES;
}

static gboolean
job_give_up (HabJob *self, HabVault *vault, GError **error)
{
  hab_data_dir_remove (hab_service_get_data_dir (self->queue->service),
      HAB_FOLDER_WORK, self->package->code);
  if (!job_may_try_again (self))
    return hab_catalog_set_status (vault->catalog, self->package->id,
        HAB_STATUS_FAILED, self->error->message, NULL, error);
  self->requeued = hab_catalog_requeue_package (vault->catalog,
      self->package->id, was_cancelled (self), error);
  return self->requeued;
}

/* Fails where it is to be called again. */
static gpointer
conclude (HabVault *vault, gpointer data, GError **error)
{
  HabJob *self = data;
  g_autoptr (GError) failure = NULL;

  if (self->error == NULL)
    job_publish (self, vault, &failure);
  if (self->error != NULL)
    job_give_up (self, vault, &failure);
  if (failure != NULL && !is_settled (failure))
    g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

/* --- a package from claim to end, in the main thread ------------------ */

static void
job_end (HabJob *self)
{
  HabQueue *queue = self->queue;

  g_hash_table_remove (queue->jobs, &self->package->id);
  if (!self->requeued)
    tell_watches (queue, self->package->id);
  job_free (self);
  hab_queue_kick (queue);
  hab_service_check_idle (queue->service);
}

static void job_conclude (HabJob *self);

static gboolean
on_conclude_again (gpointer data)
{
  job_conclude (data);
  return G_SOURCE_REMOVE;
}

/* A service that stops does not wait: the next start puts it in order. */
static void
on_concluded (GObject *source, GAsyncResult *result, gpointer data)
{
  HabJob *self = data;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("package %" G_GINT64_FORMAT ": %s", self->package->id,
        error->message);
  if (error != NULL && !self->queue->stopped)
    g_timeout_add_seconds (RETRY_SECONDS, on_conclude_again, self);
  else
    job_end (self);
}

static void
job_conclude (HabJob *self)
{
  hab_store_call_async (hab_service_get_store (self->queue->service), conclude,
      self, NULL, on_concluded, self);
}

static void
on_service_cancelled (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

static void
on_packaged (GObject *source, GAsyncResult *result, gpointer data)
{
  HabJob *self = data;

  g_clear_handle_id (&self->stall_id, g_source_remove);
  g_signal_handler_disconnect (
      hab_service_get_cancellable (self->queue->service),
      self->service_cancelled_id);
  /* That it stood still is told rather than that it was stopped for that. */
  hab_workers_run_finish (self->queue->packagers, result,
      self->error == NULL ? &self->error : NULL);
  if (self->error != NULL)
    g_message ("package %" G_GINT64_FORMAT ": %s", self->package->id,
        self->error->message);
  job_conclude (self);
}

static void
add_text (JsonBuilder *builder, const gchar *name, const gchar *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

/* The licence server of a package is beside its manifest on the delivery
 * listener: …/CODE/dash/stream.mpd, …/CODE/license/clearkey. */
static gchar *
build_license_url (const gchar *manifest_url)
{
  const gchar *end = g_strrstr (manifest_url, "/dash/");
  g_autofree gchar *base =
      g_strndup (manifest_url, end != NULL ? end - manifest_url : 0);

  return g_strconcat (base, "/license/clearkey", NULL);
}

static void
add_key (JsonBuilder *builder, HabJob *self)
{
  g_autofree gchar *kid = hab_key_to_hex (self->package->kid);
  g_autofree gchar *license_url = build_license_url (self->package->url);
  gchar *key = hab_key_to_hex (self->key);

  add_text (builder, "kid", kid);
  add_text (builder, "key", key);
  add_text (builder, "license_url", license_url);
  hab_key_wipe (key, strlen (key));
  g_free (key);
}

static GBytes *
job_describe (HabJob *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_text (builder, "task", "package");
  add_text (builder, "encrypt", self->package->encrypt);
  if (self->package->sealed_key != NULL)
    add_key (builder, self);
  json_builder_set_member_name (builder, "segment_duration");
  json_builder_add_double_value (builder,
      self->package->segment_duration_ns / 1e9);
  add_text (builder, "manifest", "stream.mpd");
  json_builder_end_object (builder);
  return hab_worker_job_new (builder);
}

static void
job_run (HabJob *self)
{
  GCancellable *stop = hab_service_get_cancellable (self->queue->service);
  g_autoptr (GBytes) job = job_describe (self);
  HabWork work = {
    .job = job,
    .input_fd = self->input_fd,
    .output_fd = self->output_fd,
    .record = on_record,
    .data = self,
  };

  hab_key_wipe (self->key, sizeof self->key);
  self->input_fd = self->output_fd = -1;
  job_restart_clock (self);
  self->service_cancelled_id = g_signal_connect (stop, "cancelled",
      G_CALLBACK (on_service_cancelled), self->cancellable);
  if (g_cancellable_is_cancelled (stop))
    g_cancellable_cancel (self->cancellable);
  hab_workers_run_async (self->queue->packagers, &work, self->cancellable,
      on_packaged, self);
}

static gboolean
on_kick_again (gpointer data)
{
  hab_queue_kick (data);
  return G_SOURCE_REMOVE;
}

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer data)
{
  HabQueue *self = data;
  g_autoptr (GError) error = NULL;
  HabJob *job = hab_store_call_finish (result, &error);
  gboolean again = job != NULL || self->kicked;

  self->claiming = self->kicked = FALSE;
  if (error != NULL) {
    g_warning ("Cannot look for work: %s", error->message);
    if (!self->stopped)
      g_timeout_add_seconds (RETRY_SECONDS, on_kick_again, self);
  }
  if (job != NULL) {
    g_hash_table_insert (self->jobs, &job->package->id, job);
    if (job->error != NULL)
      job_conclude (job);
    else
      job_run (job);
  }
  if (again)
    hab_queue_kick (self);
  hab_service_check_idle (self->service);
}

void
hab_queue_kick (HabQueue *self)
{
  if (self->stopped || g_hash_table_size (self->jobs) >= self->limit)
    return;
  if (self->claiming) {
    self->kicked = TRUE;
    return;
  }
  self->claiming = TRUE;
  hab_store_call_async (hab_service_get_store (self->service), claim, self,
      (GDestroyNotify) job_free, on_claimed, self);
}

void
hab_queue_drop (HabQueue *self, gint64 package_id)
{
  HabJob *job = g_hash_table_lookup (self->jobs, &package_id);

  if (job != NULL)
    g_cancellable_cancel (job->cancellable);
  tell_watches (self, package_id);
}

void
hab_queue_stop (HabQueue *self)
{
  self->stopped = TRUE;
}

gboolean
hab_queue_is_idle (HabQueue *self)
{
  return !self->claiming && g_hash_table_size (self->jobs) == 0;
}
