/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-scan.h"

#include "log.h"
#include "media-index.h"
#include "media-look.h"

/* For folders of other machines, of whose changes nobody tells. */
#define INTERVAL_MS 30000
/* After something has changed, and while a file is written to. */
#define SOON_MS 500
#define SETTLE_MS 2100
/* Looking takes at most this part of the time. */
#define PAUSE_FACTOR 10
/* Folders whose changes are told; the others are seen by looking. */
#define MAX_MONITORS 1000

struct _HabMediaScan
{
  const HabJobsContext *context;
  HabMediaIndex *index;
  GHashTable *monitors; /* path -> GFileMonitor */
  GHashTable *told;     /* sentences of the log that are not said again */
  guint timer_id;
  gint64 due_us;        /* when it fires, monotonic */
  gint64 rest_until_us; /* no look begins before */
  gboolean looking;
  gboolean again;       /* something changed while it looked */
};

/* One look. */
typedef struct
{
  HabMediaScan *scan;
  GPtrArray *dirs;      /* of HabMediaDir, the settings' */
  GPtrArray *known;     /* of HabFolderFile */
  HabMediaLook *look;
  GPtrArray *folders;   /* of gchar *: absolute */
  GPtrArray *remarks;   /* of gchar *: for the log */
  gint64 started_us, ended_us;
} Look;

static void
look_free (gpointer data)
{
  Look *self = data;

  g_ptr_array_unref (self->known);
  hab_media_look_free (self->look);
  g_ptr_array_unref (self->folders);
  g_ptr_array_unref (self->remarks);
  g_free (self);
}

static gboolean
is_stopping (HabMediaScan *self)
{
  return g_cancellable_is_cancelled (self->context->cancellable);
}

/* --- looking, in a thread of its own ----------------------------------- */

static void
take_strings (GPtrArray *to, GPtrArray *from)
{
  g_ptr_array_extend (to, from, (GCopyFunc) (GCallback) g_strdup, NULL);
}

static void
note_remarks (Look *self, const HabMediaDir *dir, const HabMediaWalk *walk)
{
  for (guint i = 0; i < walk->unnamed->len; i++)
    g_ptr_array_add (self->remarks, g_strdup_printf (
        "%s is not offered: its name is not UTF-8 or has control characters",
        (const gchar *) g_ptr_array_index (walk->unnamed, i)));
  if (!walk->whole)
    g_ptr_array_add (self->remarks, g_strdup_printf (
        "%s has more than %d videos; the others are not offered", dir->path,
        HAB_MEDIA_MAX_FILES));
}

static void
look (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Look *self = data;

  for (guint i = 0; i < self->dirs->len; i++) {
    const HabMediaDir *dir = g_ptr_array_index (self->dirs, i);
    g_autoptr (HabMediaWalk) walk = hab_media_walk (dir->path);

    hab_media_look_compare (self->look, dir, walk, self->known,
        g_get_real_time () * 1000);
    take_strings (self->folders, walk->folders);
    note_remarks (self, dir, walk);
  }
  self->ended_us = g_get_monotonic_time ();
  g_task_return_boolean (task, TRUE);
}

/* --- what it comes to, in the store's thread ---------------------------- */

static gboolean
make_change (HabCatalog *catalog, const HabMediaChange *change,
    GError **error)
{
  const HabFolderFile *file = change->file;

  switch (change->kind) {
    case HAB_MEDIA_MISSING:
      return hab_catalog_set_input_state (catalog, file->input_id,
          HAB_INPUT_MISSING, error);
    case HAB_MEDIA_REPLACED:
      return hab_catalog_set_input_state (catalog, file->input_id,
          HAB_INPUT_REPLACED, error);
    default:
      return hab_catalog_move_folder_file (catalog, file->input_id, file,
          error);
  }
}

static void
note_change (HabInputFiles *files, const HabMediaChange *change)
{
  static const gchar *const messages[] = {
    [HAB_MEDIA_MISSING] = "media file is missing",
    [HAB_MEDIA_REPLACED] = "media file has changed",
    [HAB_MEDIA_PRESENT] = "media file is there",
  };
  g_autofree gchar *id =
      g_strdup_printf ("%" G_GINT64_FORMAT, change->file->input_id);

  if (change->kind == HAB_MEDIA_REPLACED)
    hab_input_files_remove (files, change->file->storage);
  else
    hab_input_files_put (files, hab_folder_file_copy (change->file));
  hab_log (G_LOG_LEVEL_INFO, messages[change->kind], "input", id, "name",
      change->file->name, NULL);
}

static void
make_changes (Look *self, HabCatalog *catalog)
{
  HabInputFiles *files = self->scan->context->files;

  for (guint i = 0; i < self->look->changes->len; i++) {
    const HabMediaChange *change =
        g_ptr_array_index (self->look->changes, i);
    g_autoptr (GError) error = NULL;

    if (make_change (catalog, change, &error))
      note_change (files, change);
    else if (g_error_matches (error, HAB_CATALOG_ERROR,
                 HAB_CATALOG_ERROR_NOT_FOUND))
      hab_input_files_remove (files, change->file->storage);
    else
      g_warning ("%s: %s", change->file->name, error->message);
  }
}

/* One transaction: a thousand files that are missing at once are one wait for
 * the disk. */
static gpointer
conclude (HabVault *vault, gpointer data, GError **error)
{
  Look *self = data;
  g_autoptr (GPtrArray) storages = g_ptr_array_new_with_free_func (g_free);

  if (!hab_catalog_begin (vault->catalog, error))
    return NULL;
  make_changes (self, vault->catalog);
  if (!hab_catalog_sweep_replaced_inputs (vault->catalog, storages, error)) {
    hab_catalog_rollback (vault->catalog);
    return NULL;
  }
  if (hab_catalog_commit (vault->catalog, error))
    for (guint i = 0; i < storages->len; i++)
      hab_cache_forget (self->scan->context->cache,
          g_ptr_array_index (storages, i));
  return NULL;
}

/* --- being told of changes ---------------------------------------------- */

static void scan_schedule (HabMediaScan *self, guint milliseconds);

static void
scan_kick (HabMediaScan *self)
{
  if (self->looking)
    self->again = TRUE;
  if (!is_stopping (self) && self->context->settings->media_dirs->len > 0)
    scan_schedule (self, SOON_MS);
}

static void
on_changed (GFileMonitor *monitor, GFile *file, GFile *other,
    GFileMonitorEvent event, gpointer data)
{
  scan_kick (data);
}

static void
watch (HabMediaScan *self, const gchar *path)
{
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  GFileMonitor *monitor = g_file_monitor_directory (folder,
      G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);

  if (monitor == NULL)
    return;
  g_signal_connect (monitor, "changed", G_CALLBACK (on_changed), self);
  g_hash_table_insert (self->monitors, g_strdup (path), monitor);
}

static gboolean
is_gone (gpointer path, gpointer monitor, gpointer folders)
{
  return !g_hash_table_contains (folders, path);
}

static void
watch_folders (HabMediaScan *self, GPtrArray *folders)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < folders->len; i++)
    g_hash_table_add (names, g_ptr_array_index (folders, i));
  g_hash_table_foreach_remove (self->monitors, is_gone, names);
  for (guint i = 0; i < folders->len; i++) {
    const gchar *path = g_ptr_array_index (folders, i);

    if (g_hash_table_size (self->monitors) < MAX_MONITORS &&
        !g_hash_table_contains (self->monitors, path)) {
      watch (self, path);
      /* What was in it before it was watched. */
      self->again = TRUE;
    }
  }
}

/* --- one look after the other, in the main thread ------------------------ */

static GHashTable *
string_set_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* Each is said once for as long as it is true. */
static void
tell_remarks (HabMediaScan *self, GPtrArray *remarks)
{
  g_autoptr (GHashTable) before = self->told;

  self->told = string_set_new ();
  for (guint i = 0; i < remarks->len; i++) {
    const gchar *text = g_ptr_array_index (remarks, i);

    if (g_hash_table_add (self->told, g_strdup (text)) &&
        !g_hash_table_contains (before, text))
      g_warning ("%s", text);
  }
}

static void
on_concluded (GObject *source, GAsyncResult *result, gpointer data)
{
  Look *look = data;
  HabMediaScan *self = look->scan;
  g_autoptr (GError) error = NULL;
  gint64 took_us = look->ended_us - look->started_us;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("Cannot note down what is in the media folders: %s",
        error->message);
  self->looking = FALSE;
  self->rest_until_us = g_get_monotonic_time () + took_us * PAUSE_FACTOR;
  if (!is_stopping (self)) {
    tell_remarks (self, look->remarks);
    watch_folders (self, look->folders);
    hab_media_index_set_candidates (self->index, look->look->candidates);
    scan_schedule (self, self->again ? SOON_MS
        : look->look->unsettled ? SETTLE_MS : INTERVAL_MS);
  }
  look_free (look);
  hab_jobs_context_check_idle (self->context);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  Look *self = data;

  hab_store_call_async (self->scan->context->store, conclude, self, NULL,
      on_concluded, self);
}

static void
scan_look (HabMediaScan *self)
{
  Look *next = g_new0 (Look, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_looked, next);

  next->scan = self;
  next->dirs = self->context->settings->media_dirs;
  next->known = hab_input_files_list (self->context->files);
  next->look = hab_media_look_new ();
  next->folders = g_ptr_array_new_with_free_func (g_free);
  next->remarks = g_ptr_array_new_with_free_func (g_free);
  next->started_us = g_get_monotonic_time ();
  self->looking = TRUE;
  self->again = FALSE;
  g_task_set_task_data (task, next, NULL);
  g_task_run_in_thread (task, look);
}

static gboolean
on_due (gpointer data)
{
  HabMediaScan *self = data;

  self->timer_id = 0;
  if (!is_stopping (self))
    scan_look (self);
  return G_SOURCE_REMOVE;
}

/* The sooner of this and what was due, but not before it has rested. */
static void
scan_schedule (HabMediaScan *self, guint milliseconds)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 due_us = MAX (now_us + milliseconds * G_GINT64_CONSTANT (1000),
      self->rest_until_us);

  if (self->looking || (self->timer_id != 0 && self->due_us <= due_us))
    return;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  self->due_us = due_us;
  self->timer_id =
      g_timeout_add ((due_us - now_us) / 1000, on_due, self);
}

void
hab_media_scan_start (HabMediaScan *self)
{
  if (self->context->settings->media_dirs->len > 0)
    scan_look (self);
}

gboolean
hab_media_scan_is_idle (HabMediaScan *self)
{
  return !self->looking && hab_media_index_is_idle (self->index);
}

/* --- what was known before ------------------------------------------------ */

static gboolean
is_offered (const HabSettings *settings, const gchar *folder)
{
  for (guint i = 0; i < settings->media_dirs->len; i++) {
    const HabMediaDir *dir = g_ptr_array_index (settings->media_dirs, i);

    if (g_str_equal (dir->path, folder))
      return TRUE;
  }
  return FALSE;
}

/* In the store's thread. Of a folder that is not offered any more all files
 * are missing. */
static gpointer
load (HabVault *vault, gpointer data, GError **error)
{
  const HabJobsContext *context = data;
  g_autoptr (GPtrArray) files =
      hab_catalog_list_folder_files (vault->catalog, error);

  while (files != NULL && files->len > 0) {
    HabFolderFile *file = g_ptr_array_steal_index (files, files->len - 1);

    if (!file->missing && !is_offered (context->settings, file->folder)) {
      file->missing = TRUE;
      hab_catalog_set_input_state (vault->catalog, file->input_id,
          HAB_INPUT_MISSING, NULL);
    }
    hab_input_files_put (context->files, file);
  }
  return NULL;
}

HabMediaScan *
hab_media_scan_new (const HabJobsContext *context, GError **error)
{
  GError *failure = NULL;
  HabMediaScan *self;

  hab_store_call (context->store, load, (gpointer) context, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return NULL;
  }
  self = g_new0 (HabMediaScan, 1);
  self->context = context;
  self->index = hab_media_index_new (context);
  self->monitors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_object_unref);
  self->told = string_set_new ();
  return self;
}

void
hab_media_scan_free (HabMediaScan *self)
{
  g_clear_handle_id (&self->timer_id, g_source_remove);
  hab_media_index_free (self->index);
  g_hash_table_unref (self->monitors);
  g_hash_table_unref (self->told);
  g_free (self);
}
