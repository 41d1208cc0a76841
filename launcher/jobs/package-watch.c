/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-watch.h"

#include <string.h>

#include "clock.h"
#include "delivery-address.h"
#include "json-read.h"
#include "package-keys.h"
#include "rate.h"

/* Of one child, which is not to be trusted. */
#define MAX_NOTES 32
#define MAX_NOTE 500

struct _HabPackageWatch
{
  const HabJobsContext *context;
  const HabPackage *package;
  void (*stalled) (gpointer data);
  gpointer data;

  HabRate rate;
  JsonArray *notes; /* the child's, strings */
  guint stall_id;
};

/* --- what goes into the catalog --------------------------------------- */

typedef struct
{
  const HabJobsContext *context;
  gint64 package_id;
  HabStatus status;
  gchar *file;          /* NULL for progress alone */
  HabProgress progress;
} Update;

static void
update_free (Update *update)
{
  g_free (update->file);
  g_free (update);
}

/* In the store's thread. A package that was cancelled meanwhile takes none,
 * which is no fault. */
static gpointer
store_update (HabVault *vault, gpointer data, GError **error)
{
  Update *update = data;
  g_autoptr (GError) failure = NULL;
  gboolean stored = update->file != NULL
      ? hab_catalog_set_status (vault->catalog, update->package_id,
            update->status, NULL, update->file, &failure)
      : hab_catalog_set_progress (vault->catalog, update->package_id,
            &update->progress, &failure);

  if (!stored && !g_error_matches (failure, HAB_CATALOG_ERROR,
                     HAB_CATALOG_ERROR_STATE))
    g_warning ("package %" G_GINT64_FORMAT ": %s", update->package_id,
        failure->message);
  return NULL;
}

static void
on_updated (GObject *source, GAsyncResult *result, gpointer data)
{
  Update *update = data;

  hab_store_call_finish (result, NULL);
  hab_feed_tell (update->context->feed, update->package_id,
      update->file != NULL ? HAB_CHANGE_STATUS : HAB_CHANGE_PROGRESS);
  update_free (update);
}

static Update *
update_new (HabPackageWatch *self)
{
  Update *update = g_new0 (Update, 1);

  update->context = self->context;
  update->package_id = self->package->id;
  return update;
}

/* Takes update. */
static void
watch_store (HabPackageWatch *self, Update *update)
{
  hab_store_call_async (self->context->store,
      store_update, update, NULL, on_updated, update);
}

/* --- standing still --------------------------------------------------- */

static gboolean
on_stall (gpointer data)
{
  HabPackageWatch *self = data;

  self->stall_id = 0;
  self->stalled (self->data);
  return G_SOURCE_REMOVE;
}

static void
watch_restart_clock (HabPackageWatch *self)
{
  g_clear_handle_id (&self->stall_id, g_source_remove);
  self->stall_id = g_timeout_add_seconds (
      self->context->settings->stall_timeout, on_stall, self);
}

HabPackageWatch *
hab_package_watch_new (const HabJobsContext *context,
    const HabPackage *package, void (*stalled) (gpointer data), gpointer data)
{
  HabPackageWatch *self = g_new0 (HabPackageWatch, 1);

  self->context = context;
  self->package = package;
  self->stalled = stalled;
  self->data = data;
  self->notes = json_array_new ();
  watch_restart_clock (self);
  return self;
}

void
hab_package_watch_free (HabPackageWatch *self)
{
  g_clear_handle_id (&self->stall_id, g_source_remove);
  json_array_unref (self->notes);
  g_free (self);
}

/* --- records ---------------------------------------------------------- */

static void
watch_take_stage (HabPackageWatch *self, JsonObject *record)
{
  const gchar *word = hab_json_read_text (record, "stage");
  const gchar *file = hab_json_read_text (record, "file");
  g_autofree gchar *folder = NULL;
  HabStatus status;
  Update *update;

  watch_restart_clock (self);
  /* Ready it is when the package is published, which is not the child's to say;
   * and what is clear was never Encrypted. */
  if (word == NULL || !hab_status_from_string (word, &status) ||
      (status != HAB_STATUS_FRAGMENTED && status != HAB_STATUS_ENCRYPTED) ||
      (status == HAB_STATUS_ENCRYPTED &&
          !hab_package_is_encrypted (self->package)))
    return;
  folder = hab_data_dir_build_folder_path (self->context->dir, HAB_FOLDER_WORK,
      self->package->code);
  update = update_new (self);
  update->status = status;
  update->file = g_build_filename (folder, HAB_PATH_MEDIA, file, NULL);
  watch_store (self, update);
}

static gint64
get_amount (JsonObject *record, const gchar *name)
{
  return CLAMP (hab_json_read_int (record, name, 0), 0, HAB_RATE_MAX_AMOUNT);
}

/* What is done counts as getting further even where nobody knows of how
 * much. */
static void
watch_take_progress (HabPackageWatch *self, JsonObject *record)
{
  const HabRateSample sample = {
    .at_us = g_get_monotonic_time (),
    .fraction =
        CLAMP (hab_json_read_double (record, "fraction", 0), 0, 1),
    .media_ns = get_amount (record, "position_ns"),
    .bytes = get_amount (record, "bytes"),
  };
  Update *update;

  if (!hab_rate_add (&self->rate, &sample))
    return;
  watch_restart_clock (self);
  update = update_new (self);
  update->progress.fraction = sample.fraction;
  update->progress.speed = self->rate.media_per_second;
  update->progress.bytes_per_second = self->rate.bytes_per_second;
  update->progress.expected_end_us = self->rate.left_us < 0
      ? 0
      : hab_clock_now () + self->rate.left_us;
  watch_store (self, update);
}

static void
watch_take_note (HabPackageWatch *self, JsonObject *record)
{
  const gchar *text = hab_json_read_text (record, "text");

  if (text != NULL && strlen (text) <= MAX_NOTE &&
      json_array_get_length (self->notes) < MAX_NOTES)
    json_array_add_string_element (self->notes, text);
}

void
hab_package_watch_take (JsonObject *record, gpointer watch)
{
  const gchar *kind = hab_json_read_text (record, "record");

  if (g_strcmp0 (kind, "stage") == 0)
    watch_take_stage (watch, record);
  else if (g_strcmp0 (kind, "progress") == 0)
    watch_take_progress (watch, record);
  else if (g_strcmp0 (kind, "note") == 0)
    watch_take_note (watch, record);
}

gchar *
hab_package_watch_format_notes (HabPackageWatch *self)
{
  g_autoptr (JsonNode) root =
      json_node_init_array (json_node_alloc (), self->notes);

  return json_to_string (root, FALSE);
}
