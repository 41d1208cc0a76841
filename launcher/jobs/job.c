/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delivery-address.h"
#include "feed.h"
#include "input-files.h"
#include "keys.h"
#include "log.h"
#include "media-failure.h"
#include "package-keys.h"
#include "package-outcome.h"
#include "package-watch.h"
#include "work-order.h"

/* A package during which the whole service died is tried again so often. */
#define MAX_ATTEMPTS 10
/* When the catalog cannot be written, which passes: another program holds it,
 * or the disk is full. */
#define RETRY_SECONDS 2
/* Free space that a package needs beside the size of its input. */
#define RESERVE_BYTES (G_GUINT64_CONSTANT (16) << 20)

struct _HabJob
{
  const HabJobsContext *context;
  HabWorkers *packagers;
  void (*ended) (HabJob *job, gpointer data);
  gpointer ended_data;

  HabPackage *package;
  HabPackageWatch *watch; /* while there is a child */
  HabPackageOutcome outcome;

  HabContentKey keys[HAB_N_TRACK_TYPES]; /* until the child has them */
  int input_fd, output_fd;  /* the same */
  GCancellable *cancellable;
  gulong service_cancelled_id;
  gint64 started_us;
  gint64 input_bytes;
};

void
hab_job_free (HabJob *self)
{
  hab_key_wipe (self->keys, sizeof self->keys);
  g_clear_pointer (&self->watch, hab_package_watch_free);
  hab_package_outcome_clear (&self->outcome);
  hab_package_free (self->package);
  if (self->input_fd >= 0)
    close (self->input_fd);
  if (self->output_fd >= 0)
    close (self->output_fd);
  g_clear_object (&self->cancellable);
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
    self->outcome.storage = g_strdup (input->storage);
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
  self->input_fd = self->output_fd = -1;
  self->cancellable = g_cancellable_new ();
  hab_package_outcome_init (&self->outcome, context, package);
  job_prepare (self, vault, &self->outcome.error);
  return self;
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

static void
job_log (HabJob *self, const gchar *message, const gchar *result,
    const gchar *milliseconds)
{
  const GError *error = self->outcome.error;
  g_autofree gchar *id =
      g_strdup_printf ("%" G_GINT64_FORMAT, self->package->id);
  g_autofree gchar *attempt = g_strdup_printf ("%u", self->package->attempts);

  hab_log (G_LOG_LEVEL_MESSAGE, message, "package", id, "attempt", attempt,
      "result", result, "milliseconds", milliseconds,
      "reason", error != NULL ? error->message : NULL, NULL);
}

static void
job_count (HabJob *self)
{
  HabMetrics *metrics = self->context->metrics;
  gint64 duration_us = g_get_monotonic_time () - self->started_us;
  const gchar *result = hab_package_outcome_to_string (&self->outcome);
  g_autofree gchar *label = hab_metrics_labels ("result", result, NULL);
  g_autofree gchar *milliseconds =
      g_strdup_printf ("%" G_GINT64_FORMAT, duration_us / 1000);

  hab_metrics_observe (metrics, HAB_METRIC_PACKAGE_DURATION, label,
      duration_us / 1e6);
  if (self->outcome.error == NULL)
    hab_metrics_add (metrics, HAB_METRIC_PACKAGE_PROCESSED, NULL,
        self->input_bytes);
  job_log (self, "package ends", result, milliseconds);
}

static void
job_end (HabJob *self)
{
  job_count (self);
  job_tell (self, self->outcome.requeued ? HAB_CHANGE_STATUS : HAB_CHANGE_END);
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

/* In the store's thread. */
static gpointer
store_outcome (HabVault *vault, gpointer data, GError **error)
{
  HabJob *self = data;

  hab_package_outcome_store (&self->outcome, vault, error);
  return NULL;
}

static void
job_conclude (HabJob *self)
{
  hab_store_call_async (self->context->store, store_outcome, self, NULL,
      on_concluded, self);
}

static void
on_service_cancelled (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

static void
on_stalled (gpointer data)
{
  HabJob *self = data;

  g_set_error (&self->outcome.error, HAB_MEDIA_ERROR,
      HAB_MEDIA_ERROR_TIMED_OUT, "packaging stood still for %u seconds; is "
      "the disk reachable, and does the file play elsewhere?",
      self->context->settings->stall_timeout);
  g_cancellable_cancel (self->cancellable);
}

static void
on_packaged (GObject *source, GAsyncResult *result, gpointer data)
{
  HabJob *self = data;

  self->outcome.notes = hab_package_watch_format_notes (self->watch);
  g_clear_pointer (&self->watch, hab_package_watch_free);
  g_signal_handler_disconnect (self->context->cancellable,
      self->service_cancelled_id);
  /* That it stood still is told rather than that it was stopped for that. */
  hab_workers_run_finish (self->packagers, result,
      self->outcome.error == NULL ? &self->outcome.error : NULL);
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
    .record = hab_package_watch_take,
  };

  hab_key_wipe (self->keys, sizeof self->keys);
  self->input_fd = self->output_fd = -1;
  self->watch = work.data = hab_package_watch_new (self->context,
      self->package, on_stalled, self);
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
  GError **error = &self->outcome.error;

  if (g_error_matches (failure, HAB_INPUT_FILE_ERROR,
          HAB_INPUT_FILE_ERROR_MISSING))
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO,
        failure->message);
  else if (failure->domain == HAB_INPUT_FILE_ERROR)
    *error = g_error_copy (failure);
  else
    g_propagate_prefixed_error (error, g_error_copy (failure),
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
  hab_package_outcome_remember_input (&self->outcome, self->input_fd);
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
  if (self->outcome.error != NULL)
    job_conclude (self);
  else
    hab_input_files_open_async (self->context->files, self->outcome.storage,
        on_opened, self);
}

void
hab_job_cancel (HabJob *self)
{
  g_cancellable_cancel (self->cancellable);
}
