/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-outcome.h"

#include <fcntl.h>
#include <unistd.h>

#include "backoff.h"
#include "clock.h"
#include "delivery-address.h"
#include "media-failure.h"

/* The longest time between two attempts. */
#define MAX_RETRY_DELAY_SECONDS 600

G_STATIC_ASSERT ((gint64) MAX_RETRY_DELAY_SECONDS * G_USEC_PER_SEC <=
    HAB_CATALOG_MAX_WAIT_US);

void
hab_package_outcome_init (HabPackageOutcome *self,
    const HabJobsContext *context, const HabPackage *package)
{
  *self = (HabPackageOutcome) {
    .context = context,
    .package = package,
    .watched_fd = -1,
  };
}

void
hab_package_outcome_clear (HabPackageOutcome *self)
{
  g_free (self->storage);
  g_free (self->notes);
  g_clear_error (&self->error);
  if (self->watched_fd >= 0)
    close (self->watched_fd);
}

void
hab_package_outcome_remember_input (HabPackageOutcome *self, int fd)
{
  self->watched_fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  hab_file_stamp_read (self->watched_fd, &self->stamp);
}

/* By the service's own stop. */
static gboolean
was_cancelled (const HabPackageOutcome *self)
{
  return g_error_matches (self->error, HAB_MEDIA_ERROR,
      HAB_MEDIA_ERROR_CANCELLED);
}

const gchar *
hab_package_outcome_to_string (const HabPackageOutcome *self)
{
  if (self->error == NULL)
    return "Ready";
  if (self->requeued)
    return "Queued";
  return was_cancelled (self) ? "Cancelled" : "Failed";
}

/* --- a whole package --------------------------------------------------- */

/* A file of a media folder that was replaced by another under its name is as it
 * was; one that was written to is not what was packaged. Nobody writes to an
 * upload, whose time changes when it gets a further name. */
static gboolean
outcome_check_unchanged (HabPackageOutcome *self, GError **error)
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
outcome_move (HabPackageOutcome *self, GError **error)
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
outcome_set_ready (HabPackageOutcome *self, HabVault *vault, GError **error)
{
  g_autofree gchar *folder = hab_data_dir_build_folder_path (
      self->context->dir, HAB_FOLDER_PACKAGES, self->package->code);
  g_autofree gchar *manifest =
      g_build_filename (folder, HAB_PATH_MANIFEST, NULL);

  return hab_catalog_set_notes (vault->catalog, self->package->id, self->notes,
             error) &&
      hab_catalog_set_status (vault->catalog, self->package->id,
          HAB_STATUS_READY, NULL, manifest, error);
}

static gboolean
outcome_publish (HabPackageOutcome *self, HabVault *vault, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!self->moved && (!outcome_check_unchanged (self, &self->error) ||
                          !outcome_move (self, &self->error)))
    return FALSE;
  if (outcome_set_ready (self, vault, &failure))
    return TRUE;
  if (is_settled (failure))
    hab_data_dir_remove (self->context->dir,
        HAB_FOLDER_PACKAGES, self->package->code);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* --- one that failed --------------------------------------------------- */

/* Which file, what is wrong with it, and what to do. */
static gchar *
outcome_explain (HabPackageOutcome *self)
{
  return g_strdup_printf ("%s: %s", self->package->input_name,
      self->error->message);
}

static gboolean
outcome_retry (HabPackageOutcome *self, HabVault *vault, const gchar *reason,
    GError **error)
{
  const HabSettings *settings = self->context->settings;
  gint64 delay = hab_backoff_get_delay (settings->retry_delay,
      self->package->attempts, MAX_RETRY_DELAY_SECONDS);

  return hab_catalog_retry_package (vault->catalog, self->package->id,
      hab_clock_now () + delay, reason, error);
}

static gboolean
outcome_give_up (HabPackageOutcome *self, HabVault *vault, GError **error)
{
  gint64 id = self->package->id;
  g_autofree gchar *reason = outcome_explain (self);

  hab_data_dir_remove (self->context->dir,
      HAB_FOLDER_WORK, self->package->code);
  if (was_cancelled (self))
    self->requeued =
        hab_catalog_requeue_package (vault->catalog, id, TRUE, error);
  else if (self->package->attempts <=
      hab_media_failure_get_retries (self->error))
    self->requeued = outcome_retry (self, vault, reason, error);
  else
    return hab_catalog_set_status (vault->catalog, id, HAB_STATUS_FAILED,
        reason, NULL, error);
  return self->requeued;
}

gboolean
hab_package_outcome_store (HabPackageOutcome *self, HabVault *vault,
    GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (self->error == NULL)
    outcome_publish (self, vault, &failure);
  if (self->error != NULL)
    outcome_give_up (self, vault, &failure);
  if (failure == NULL || is_settled (failure))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
