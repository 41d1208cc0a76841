/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backoff.h"
#include "clock.h"
#include "delivery-address.h"
#include "feed.h"
#include "input-files.h"
#include "json-read.h"
#include "keys.h"
#include "log.h"
#include "media-failure.h"
#include "package-keys.h"
#include "rate.h"
#include "work-order.h"

/* A package during which the whole service died is tried again so often. */
#define MAX_ATTEMPTS 10
/* The longest time between two attempts. */
#define MAX_RETRY_DELAY_SECONDS 600

G_STATIC_ASSERT ((gint64) MAX_RETRY_DELAY_SECONDS * G_USEC_PER_SEC <=
    HAB_CATALOG_MAX_WAIT_US);
/* When the catalog cannot be written, which passes: another program holds it,
 * or the disk is full. */
#define RETRY_SECONDS 2
/* Of one child, which is not to be trusted. */
#define MAX_NOTES 32
#define MAX_NOTE 500
/* Free space that a package needs beside the size of its input. */
#define RESERVE_BYTES (G_GUINT64_CONSTANT (16) << 20)

struct _HabJob
{
  const HabJobsContext *context;
  HabWorkers *packagers;
  void (*ended) (HabJob *job, gpointer data);
  gpointer ended_data;

  HabPackage *package;
  HabContentKey keys[HAB_N_TRACK_TYPES]; /* until the child has them */
  int input_fd, output_fd;  /* the same */
  int watched_fd;           /* the input again, and what it was when it was */
  HabFileStamp stamp;       /* opened: nobody may write to it meanwhile */
  GCancellable *cancellable;
  gulong service_cancelled_id;
  gint64 started_us;
  gint64 input_bytes;
  gchar *storage;           /* of the input */
  HabRate rate;
  JsonArray *notes;         /* the child's, strings */
  guint stall_id;
  GError *error;            /* what ended it */

  /* of the conclusion, in the store's thread */
  gboolean moved, requeued;
};

void
hab_job_free (HabJob *self)
{
  hab_key_wipe (self->keys, sizeof self->keys);
  g_clear_pointer (&self->package, hab_package_free);
  if (self->input_fd >= 0)
    close (self->input_fd);
  if (self->output_fd >= 0)
    close (self->output_fd);
  if (self->watched_fd >= 0)
    close (self->watched_fd);
  g_free (self->storage);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->notes, json_array_unref);
  g_clear_error (&self->error);
  g_free (self);
}

gint64
hab_job_get_package_id (HabJob *self)
{
  return self->package->id;
}

/* --- claiming, in the store's thread ---------------------------------- */

static gboolean
job_open_output (HabJob *self, HabDataDir *dir, GError **error)
{
  const gchar *code = self->package->code;
  g_autofree gchar *dash = g_build_filename (code, HAB_PATH_MEDIA, NULL);
  int work_fd = hab_data_dir_get_fd (dir, HAB_FOLDER_WORK);

  /* What an attempt before left over. */
  hab_data_dir_remove (dir, HAB_FOLDER_WORK, code);
  if (mkdirat (work_fd, code, 0700) < 0 || mkdirat (work_fd, dash, 0700) < 0) {
    int saved_errno = errno;

    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
        "cannot make the package's folder: %s", g_strerror (saved_errno));
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
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_SPACE,
      "there is not enough space on the service's disk; remove packages or "
      "input contents that are not needed");
  return FALSE;
}

/* A file of a media folder that was replaced by another under its name is as it
 * was; one that was written to is not what was packaged. Nobody writes to an
 * upload, whose time changes when it gets a further name. */
static gboolean
job_check_unchanged (HabJob *self, GError **error)
{
  HabFileStamp stamp;

  if (!hab_input_files_is_media (self->storage))
    return TRUE;
  if (hab_file_stamp_read (self->watched_fd, &stamp) &&
      hab_file_stamp_equal (&stamp, &self->stamp))
    return TRUE;
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
      "the file was written to while it was packaged; ask for a package of "
      "the input content that it becomes");
  return FALSE;
}

static gboolean
job_prepare (HabJob *self, HabVault *vault, GError **error)
{
  HabDataDir *dir = self->context->dir;
  g_autoptr (HabInput) input = NULL;

  if (self->package->attempts > MAX_ATTEMPTS) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "the service stopped %d times while it made this package; have the "
        "service's log looked at before you ask for it again", MAX_ATTEMPTS);
    return FALSE;
  }
  input = hab_catalog_get_input (vault->catalog, self->package->input_id,
      error);
  if (input != NULL) {
    self->input_bytes = input->size_bytes;
    self->storage = g_strdup (input->storage);
  }
  if (input == NULL || !job_check_space (dir, input, error))
    return FALSE;
  if (!hab_package_open_keys (self->package, vault->seal, self->keys, error)) {
    g_prefix_error (error, "the content keys cannot be read with this master "
        "key; start the service with the one the package was asked for "
        "with: ");
    return FALSE;
  }
  return job_open_output (self, dir, error);
}

HabJob *
hab_job_claim (const HabJobsContext *context, HabVault *vault, GError **error)
{
  HabPackage *package = hab_catalog_claim_package (vault->catalog, error);
  HabJob *self;

  if (package == NULL)
    return NULL;
  self = g_new0 (HabJob, 1);
  self->context = context;
  self->package = package;
  self->input_fd = self->output_fd = self->watched_fd = -1;
  self->cancellable = g_cancellable_new ();
  self->notes = json_array_new ();
  job_prepare (self, vault, &self->error);
  return self;
}

/* --- what the child says ---------------------------------------------- */

typedef struct
{
  const HabJobsContext *context;
  gint64 package_id;
  HabStatus status;
  gchar *file;          /* NULL for progress alone */
  HabProgress progress;
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
            &note->progress, &failure);

  if (!stored && !g_error_matches (failure, HAB_CATALOG_ERROR,
                     HAB_CATALOG_ERROR_STATE))
    g_warning ("package %" G_GINT64_FORMAT ": %s", note->package_id,
        failure->message);
  return NULL;
}

static void
on_noted (GObject *source, GAsyncResult *result, gpointer data)
{
  Note *note = data;

  hab_store_call_finish (result, NULL);
  hab_feed_tell (note->context->feed, note->package_id,
      note->file != NULL ? HAB_CHANGE_STATUS : HAB_CHANGE_PROGRESS);
  note_free (note);
}

static Note *
note_new (HabJob *self)
{
  Note *note = g_new0 (Note, 1);

  note->context = self->context;
  note->package_id = self->package->id;
  return note;
}

/* Takes note. */
static void
job_store_note (HabJob *self, Note *note)
{
  hab_store_call_async (self->context->store,
      store_note, note, NULL, on_noted, note);
}

static gboolean
on_stall (gpointer data)
{
  HabJob *self = data;

  self->stall_id = 0;
  g_set_error (&self->error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_TIMED_OUT,
      "packaging stood still for %u seconds; is the disk reachable, and does "
      "the file play elsewhere?", self->context->settings->stall_timeout);
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
job_restart_clock (HabJob *self)
{
  g_clear_handle_id (&self->stall_id, g_source_remove);
  self->stall_id = g_timeout_add_seconds (
      self->context->settings->stall_timeout, on_stall, self);
}

static void
job_take_stage (HabJob *self, JsonObject *record)
{
  const gchar *word = hab_json_read_text (record, "stage");
  const gchar *file = hab_json_read_text (record, "file");
  g_autofree gchar *folder = NULL;
  HabStatus status;
  Note *note;

  job_restart_clock (self);
  /* Ready is the queue's to say, when the package is published; and what is
   * clear was never Encrypted. */
  if (word == NULL || !hab_status_from_string (word, &status) ||
      (status != HAB_STATUS_FRAGMENTED && status != HAB_STATUS_ENCRYPTED) ||
      (status == HAB_STATUS_ENCRYPTED &&
          !hab_package_is_encrypted (self->package)))
    return;
  folder = hab_data_dir_build_folder_path (self->context->dir, HAB_FOLDER_WORK,
      self->package->code);
  note = note_new (self);
  note->status = status;
  note->file = g_build_filename (folder, HAB_PATH_MEDIA, file, NULL);
  job_store_note (self, note);
}

static gint64
get_amount (JsonObject *record, const gchar *name)
{
  return CLAMP (hab_json_read_int (record, name, 0), 0, HAB_RATE_MAX_AMOUNT);
}

/* What is done counts as getting further even where nobody knows of how
 * much. */
static void
job_take_progress (HabJob *self, JsonObject *record)
{
  const HabRateSample sample = {
    .at_us = g_get_monotonic_time (),
    .fraction =
        CLAMP (hab_json_read_double (record, "fraction", 0), 0, 1),
    .media_ns = get_amount (record, "position_ns"),
    .bytes = get_amount (record, "bytes"),
  };
  Note *note;

  if (!hab_rate_add (&self->rate, &sample))
    return;
  job_restart_clock (self);
  note = note_new (self);
  note->progress.fraction = sample.fraction;
  note->progress.speed = self->rate.media_per_second;
  note->progress.bytes_per_second = self->rate.bytes_per_second;
  note->progress.expected_end_us = self->rate.left_us < 0
      ? 0
      : hab_clock_now () + self->rate.left_us;
  job_store_note (self, note);
}

static void
job_take_note (HabJob *self, JsonObject *record)
{
  const gchar *text = hab_json_read_text (record, "text");

  if (text != NULL && strlen (text) <= MAX_NOTE &&
      json_array_get_length (self->notes) < MAX_NOTES)
    json_array_add_string_element (self->notes, text);
}

static void
on_record (JsonObject *record, gpointer data)
{
  const gchar *kind = hab_json_read_text (record, "record");

  if (g_strcmp0 (kind, "stage") == 0)
    job_take_stage (data, record);
  else if (g_strcmp0 (kind, "progress") == 0)
    job_take_progress (data, record);
  else if (g_strcmp0 (kind, "note") == 0)
    job_take_note (data, record);
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
  HabDataDir *dir = self->context->dir;
  const gchar *code = self->package->code;

  /* Of an attempt before, should its removal have failed. */
  hab_data_dir_remove (dir, HAB_FOLDER_PACKAGES, code);
  self->moved = hab_data_dir_move (dir, HAB_FOLDER_WORK, code,
      HAB_FOLDER_PACKAGES, code, error);
  return self->moved;
}

static gboolean
job_set_notes (HabJob *self, HabVault *vault, GError **error)
{
  g_autoptr (JsonNode) root =
      json_node_init_array (json_node_alloc (), self->notes);
  g_autofree gchar *text = json_to_string (root, FALSE);

  return hab_catalog_set_notes (vault->catalog, self->package->id, text,
      error);
}

static gboolean
job_set_ready (HabJob *self, HabVault *vault, GError **error)
{
  g_autofree gchar *folder = hab_data_dir_build_folder_path (
      self->context->dir, HAB_FOLDER_PACKAGES, self->package->code);
  g_autofree gchar *manifest =
      g_build_filename (folder, HAB_PATH_MANIFEST, NULL);

  return job_set_notes (self, vault, error) &&
      hab_catalog_set_status (vault->catalog, self->package->id,
          HAB_STATUS_READY, NULL, manifest, error);
}

static gboolean
job_publish (HabJob *self, HabVault *vault, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!self->moved && (!job_check_unchanged (self, &self->error) ||
                          !job_move (self, &self->error)))
    return FALSE;
  if (job_set_ready (self, vault, &failure))
    return TRUE;
  if (is_settled (failure))
    hab_data_dir_remove (self->context->dir,
        HAB_FOLDER_PACKAGES, self->package->code);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* By the service's own stop. */
static gboolean
was_cancelled (HabJob *self)
{
  return g_error_matches (self->error, HAB_MEDIA_ERROR,
      HAB_MEDIA_ERROR_CANCELLED);
}

/* Which file, what is wrong with it, and what to do. */
static gchar *
job_explain (HabJob *self)
{
  return g_strdup_printf ("%s: %s", self->package->input_name,
      self->error->message);
}

static gboolean
job_retry (HabJob *self, HabVault *vault, const gchar *reason, GError **error)
{
  const HabSettings *settings = self->context->settings;
  gint64 delay = hab_backoff_get_delay (settings->retry_delay,
      self->package->attempts, MAX_RETRY_DELAY_SECONDS);

  return hab_catalog_retry_package (vault->catalog, self->package->id,
      hab_clock_now () + delay, reason, error);
}

static gboolean
job_give_up (HabJob *self, HabVault *vault, GError **error)
{
  gint64 id = self->package->id;
  g_autofree gchar *reason = job_explain (self);

  hab_data_dir_remove (self->context->dir,
      HAB_FOLDER_WORK, self->package->code);
  if (was_cancelled (self))
    self->requeued =
        hab_catalog_requeue_package (vault->catalog, id, TRUE, error);
  else if (self->package->attempts <=
      hab_media_failure_get_retries (self->error))
    self->requeued = job_retry (self, vault, reason, error);
  else
    return hab_catalog_set_status (vault->catalog, id, HAB_STATUS_FAILED,
        reason, NULL, error);
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

static gboolean
is_stopping (HabJob *self)
{
  return g_cancellable_is_cancelled (self->context->cancellable);
}

static void
job_tell (HabJob *self, HabChange change)
{
  hab_feed_tell (self->context->feed, self->package->id, change);
}

static const gchar *
job_get_result (HabJob *self)
{
  if (self->error == NULL)
    return "Ready";
  if (self->requeued)
    return "Queued";
  return was_cancelled (self) ? "Cancelled" : "Failed";
}

static void
job_log (HabJob *self, const gchar *message, const gchar *result,
    const gchar *milliseconds)
{
  g_autofree gchar *id =
      g_strdup_printf ("%" G_GINT64_FORMAT, self->package->id);
  g_autofree gchar *attempt = g_strdup_printf ("%u", self->package->attempts);

  hab_log (G_LOG_LEVEL_MESSAGE, message, "package", id, "attempt", attempt,
      "result", result, "milliseconds", milliseconds,
      "reason", self->error != NULL ? self->error->message : NULL, NULL);
}

static void
job_count (HabJob *self)
{
  HabMetrics *metrics = self->context->metrics;
  gint64 duration_us = g_get_monotonic_time () - self->started_us;
  g_autofree gchar *label =
      hab_metrics_labels ("result", job_get_result (self), NULL);
  g_autofree gchar *milliseconds =
      g_strdup_printf ("%" G_GINT64_FORMAT, duration_us / 1000);

  hab_metrics_observe (metrics, HAB_METRIC_PACKAGE_DURATION, label,
      duration_us / 1e6);
  if (self->error == NULL)
    hab_metrics_add (metrics, HAB_METRIC_PACKAGE_PROCESSED, NULL,
        self->input_bytes);
  job_log (self, "package ends", job_get_result (self), milliseconds);
}

static void
job_end (HabJob *self)
{
  job_count (self);
  job_tell (self, self->requeued ? HAB_CHANGE_STATUS : HAB_CHANGE_END);
  self->ended (self, self->ended_data);
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
  if (error != NULL && !is_stopping (self))
    g_timeout_add_seconds (RETRY_SECONDS, on_conclude_again, self);
  else
    job_end (self);
}

static void
job_conclude (HabJob *self)
{
  hab_store_call_async (self->context->store, conclude,
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
  g_signal_handler_disconnect (self->context->cancellable,
      self->service_cancelled_id);
  /* That it stood still is told rather than that it was stopped for that. */
  hab_workers_run_finish (self->packagers, result,
      self->error == NULL ? &self->error : NULL);
  job_conclude (self);
}

static void
job_run (HabJob *self)
{
  GCancellable *stop = self->context->cancellable;
  g_autoptr (GBytes) order = hab_work_order_new (self->package, self->keys,
      self->context->settings);
  HabWork work = {
    .job = order,
    .input_fd = self->input_fd,
    .output_fd = self->output_fd,
    .record = on_record,
    .data = self,
  };

  hab_key_wipe (self->keys, sizeof self->keys);
  self->input_fd = self->output_fd = -1;
  job_restart_clock (self);
  self->service_cancelled_id = g_signal_connect (stop, "cancelled",
      G_CALLBACK (on_service_cancelled), self->cancellable);
  if (is_stopping (self))
    g_cancellable_cancel (self->cancellable);
  hab_workers_run_async (self->packagers, &work, self->cancellable,
      on_packaged, self);
}

/* A file of a media folder that is not there now may come back. */
static void
job_fail_open (HabJob *self, GError *failure)
{
  if (g_error_matches (failure, HAB_INPUT_FILE_ERROR,
          HAB_INPUT_FILE_ERROR_MISSING))
    g_set_error_literal (&self->error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO,
        failure->message);
  else if (failure->domain == HAB_INPUT_FILE_ERROR)
    self->error = g_error_copy (failure);
  else
    g_propagate_prefixed_error (&self->error, g_error_copy (failure),
        "what was uploaded is not there any more; upload it again: ");
  job_conclude (self);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  HabJob *self = data;
  g_autoptr (GError) failure = NULL;

  self->input_fd = hab_input_files_open_finish (result, &failure);
  if (self->input_fd < 0) {
    job_fail_open (self, failure);
    return;
  }
  self->watched_fd = fcntl (self->input_fd, F_DUPFD_CLOEXEC, 0);
  hab_file_stamp_read (self->watched_fd, &self->stamp);
  job_run (self);
}

void
hab_job_start (HabJob *self, HabWorkers *packagers,
    void (*ended) (HabJob *job, gpointer data), gpointer data)
{
  self->packagers = packagers;
  self->ended = ended;
  self->ended_data = data;
  self->started_us = g_get_monotonic_time ();
  job_log (self, "package begins", NULL, NULL);
  job_tell (self, HAB_CHANGE_PROGRESS);
  if (self->error != NULL)
    job_conclude (self);
  else
    hab_input_files_open_async (self->context->files, self->storage,
        on_opened, self);
}

void
hab_job_cancel (HabJob *self)
{
  g_cancellable_cancel (self->cancellable);
}
