/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-index.h"

#include <fcntl.h>
#include <unistd.h>

#include "log.h"
#include "media.h"
#include "records.h"

struct _HabMediaIndex
{
  const HabJobsContext *context;
  GQueue candidates;   /* of HabFolderFile */
  GHashTable *refused; /* path -> HabFileStamp of the file that it was */

  /* the one that is being read, or NULL */
  HabFolderFile *file;
  gint64 twin;         /* an input of the same bytes, or 0 */
  int watched_fd;      /* -1 without */
  HabGopIndex *gops;
};

HabMediaIndex *
hab_media_index_new (const HabJobsContext *context)
{
  HabMediaIndex *self = g_new0 (HabMediaIndex, 1);

  self->context = context;
  self->watched_fd = -1;
  g_queue_init (&self->candidates);
  self->refused =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

static void
drop_candidates (HabMediaIndex *self)
{
  g_queue_clear_full (&self->candidates,
      (GDestroyNotify) hab_folder_file_free);
}

void
hab_media_index_free (HabMediaIndex *self)
{
  drop_candidates (self);
  g_clear_pointer (&self->file, hab_folder_file_free);
  g_hash_table_unref (self->refused);
  g_free (self);
}

gboolean
hab_media_index_is_idle (HabMediaIndex *self)
{
  return self->file == NULL;
}

/* --- files that cannot be processed -------------------------------------- */

static gchar *
build_path (const HabFolderFile *file)
{
  return g_build_filename (file->folder, file->file, NULL);
}

static gboolean
is_refused (HabMediaIndex *self, const HabFolderFile *file)
{
  g_autofree gchar *path = build_path (file);
  const HabFileStamp *stamp = g_hash_table_lookup (self->refused, path);

  return stamp != NULL && hab_file_stamp_equal (stamp, &file->stamp);
}

/* What has to do with the moment and not with the file passes: the next look
 * brings the file again. */
static gboolean
will_pass (const GError *error)
{
  return error->domain == HAB_INPUT_FILE_ERROR ||
      error->domain == HAB_CATALOG_ERROR ||
      g_error_matches (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_CANCELLED) ||
      g_error_matches (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO) ||
      g_error_matches (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_SPACE);
}

static void
refuse (HabMediaIndex *self, const GError *error)
{
  HabFileStamp *stamp;

  if (will_pass (error)) {
    hab_log (G_LOG_LEVEL_INFO, "media file is not taken yet", "name",
        self->file->name, "reason", error->message, NULL);
    return;
  }
  hab_log (G_LOG_LEVEL_MESSAGE, "media file is not offered", "name",
      self->file->name, "reason", error->message, NULL);
  stamp = g_new (HabFileStamp, 1);
  *stamp = self->file->stamp;
  g_hash_table_replace (self->refused, build_path (self->file), stamp);
}

/* --- one ----------------------------------------------------------------- */

static void index_next (HabMediaIndex *self);

static void
index_end (HabMediaIndex *self, const GError *error)
{
  if (error != NULL)
    refuse (self, error);
  g_clear_pointer (&self->file, hab_folder_file_free);
  g_clear_pointer (&self->gops, hab_gop_index_free);
  if (self->watched_fd >= 0)
    close (self->watched_fd);
  self->watched_fd = -1;
}

static void
index_go_on (HabMediaIndex *self, const GError *error)
{
  index_end (self, error);
  index_next (self);
  hab_jobs_context_check_idle (self->context);
}

/* In the store's thread. */
static gpointer
store_file (HabVault *vault, gpointer data, GError **error)
{
  HabMediaIndex *self = data;
  HabFolderFile *file = self->file;

  file->input_id = self->twin > 0
      ? hab_catalog_copy_folder_file (vault->catalog, self->twin, file, error)
      : hab_catalog_add_folder_file (vault->catalog, file,
            self->gops->duration_ns, self->gops->tracks,
            self->gops->video_track_number, self->gops->gops,
            self->gops->iframes, error);
  if (file->input_id > 0)
    hab_input_files_put (self->context->files, hab_folder_file_copy (file));
  return NULL;
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer data)
{
  HabMediaIndex *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *id =
      g_strdup_printf ("%" G_GINT64_FORMAT, self->file->input_id);

  hab_store_call_finish (result, &error);
  if (error == NULL)
    hab_log (G_LOG_LEVEL_INFO, "media file is new", "input", id, "name",
        self->file->name, NULL);
  index_go_on (self, error);
}

static void
index_store (HabMediaIndex *self)
{
  hab_store_call_async (self->context->store, store_file, self, NULL,
      on_stored, self);
}

static gboolean
check_unchanged (HabMediaIndex *self, GError **error)
{
  HabFileStamp stamp;

  if (hab_file_stamp_read (self->watched_fd, &stamp) &&
      hab_file_stamp_equal (&stamp, &self->file->stamp))
    return TRUE;
  g_set_error_literal (error, HAB_INPUT_FILE_ERROR,
      HAB_INPUT_FILE_ERROR_CHANGED, "it was written to while it was read");
  return FALSE;
}

static void
on_indexed (GObject *source, GAsyncResult *result, gpointer data)
{
  HabMediaIndex *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) changed = NULL;
  gboolean done =
      hab_workers_run_finish (self->context->readers, result, &error);

  if (!check_unchanged (self, &changed))
    index_go_on (self, changed);
  else if (!done)
    index_go_on (self, error);
  else
    index_store (self);
}

static void
on_record (JsonObject *record, gpointer data)
{
  HabMediaIndex *self = data;

  hab_records_index_add (self->gops, record);
}

/* Takes input_fd. */
static void
index_read (HabMediaIndex *self, int input_fd)
{
  g_autoptr (GBytes) job = g_bytes_new_static ("{\"task\":\"index\"}", 16);
  HabWork work = {
    .job = job,
    .input_fd = input_fd,
    .output_fd = -1,
    .timeout_seconds = self->context->settings->stall_timeout,
    .record = on_record,
    .data = self,
  };

  self->watched_fd = fcntl (input_fd, F_DUPFD_CLOEXEC, 0);
  self->gops = hab_records_index_new ();
  hab_workers_run_async (self->context->readers, &work,
      self->context->cancellable, on_indexed, self);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  HabMediaIndex *self = data;
  g_autoptr (GError) error = NULL;
  int fd = hab_input_files_open_finish (result, &error);

  if (fd >= 0)
    index_read (self, fd);
  else
    index_go_on (self, error);
}

/* Another name of a file that is an input needs not be read; what became an
 * input while the folder was looked at is done. */
static void
index_start (HabMediaIndex *self)
{
  if (hab_input_files_has (self->context->files, self->file)) {
    index_end (self, NULL);
    return;
  }
  self->file->storage = hab_input_files_make_media_storage ();
  self->twin =
      hab_input_files_find_twin (self->context->files, self->file);
  if (self->twin > 0)
    index_store (self);
  else
    hab_input_files_open_file_async (self->context->files, self->file,
        on_opened, self);
}

static void
index_next (HabMediaIndex *self)
{
  while (self->file == NULL && !g_queue_is_empty (&self->candidates) &&
      !g_cancellable_is_cancelled (self->context->cancellable)) {
    self->file = g_queue_pop_head (&self->candidates);
    index_start (self);
  }
}

/* --- all ------------------------------------------------------------------ */

static gboolean
is_being_read (HabMediaIndex *self, const HabFolderFile *file)
{
  return self->file != NULL &&
      g_str_equal (self->file->folder, file->folder) &&
      g_str_equal (self->file->file, file->file);
}

void
hab_media_index_set_candidates (HabMediaIndex *self, GPtrArray *files)
{
  drop_candidates (self);
  while (files->len > 0) {
    HabFolderFile *file = g_ptr_array_steal_index (files, files->len - 1);

    if (is_refused (self, file) || is_being_read (self, file))
      hab_folder_file_free (file);
    else
      g_queue_push_head (&self->candidates, file);
  }
  index_next (self);
}
