/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "retention.h"

#include "clock.h"
#include "feed.h"
#include "log.h"

struct _HabRetention
{
  const HabJobsContext *context;
  gboolean running;
};

/* One look, in the store's thread. */
typedef struct
{
  HabRetention *retention;
  HabDataDir *dir;
  HabCache *cache;
  const HabSettings *settings;
  GPtrArray *packages; /* of HabPackage: removed, to be told */
  guint n_inputs;
} Look;

HabRetention *
hab_retention_new (const HabJobsContext *context)
{
  HabRetention *self = g_new0 (HabRetention, 1);

  self->context = context;
  return self;
}

void
hab_retention_free (HabRetention *self)
{
  g_free (self);
}

static gint64
get_oldest (gint64 keep_seconds)
{
  return hab_clock_now () - keep_seconds * G_USEC_PER_SEC;
}

static void
log_expired (const gchar *message, const gchar *kind, gint64 id,
    const gchar *name)
{
  g_autofree gchar *number = g_strdup_printf ("%" G_GINT64_FORMAT, id);

  hab_log (G_LOG_LEVEL_MESSAGE, message, kind, number, "name", name, NULL);
}

/* The row first: it never stands for a file that is gone. */
static gboolean
expire_input (Look *self, HabCatalog *catalog, const HabUnusedInput *input,
    GError **error)
{
  if (!hab_catalog_delete_input (catalog, input->id, error))
    return FALSE;
  hab_data_dir_remove (self->dir, HAB_FOLDER_INPUTS, input->storage);
  hab_cache_forget (self->cache, input->storage);
  log_expired ("input content expires", "input", input->id, input->storage);
  self->n_inputs++;
  return TRUE;
}

/* The list begins with those that were not used for the longest. */
static gboolean
expire_inputs (Look *self, HabCatalog *catalog, GError **error)
{
  const HabSettings *settings = self->settings;
  gint64 oldest_us = settings->keep_inputs > 0
      ? get_oldest (settings->keep_inputs)
      : G_MININT64;
  guint64 total;
  g_autoptr (GArray) inputs =
      hab_catalog_list_unused_inputs (catalog, &total, error);

  if (inputs == NULL)
    return FALSE;
  for (guint i = 0; i < inputs->len; i++) {
    const HabUnusedInput *input = &g_array_index (inputs, HabUnusedInput, i);

    if (input->used_us >= oldest_us &&
        (settings->max_inputs_size == 0 || total <= settings->max_inputs_size))
      break;
    if (!expire_input (self, catalog, input, error))
      return FALSE;
    total -= input->size_bytes;
  }
  return TRUE;
}

static gboolean
expire_package (Look *self, HabCatalog *catalog, HabPackage *package,
    GError **error)
{
  if (!hab_catalog_delete_package (catalog, package->id, error))
    return FALSE;
  hab_data_dir_remove (self->dir, HAB_FOLDER_PACKAGES, package->code);
  log_expired ("package expires", "package", package->id,
      package->input_name);
  return TRUE;
}

static gboolean
expire_packages (Look *self, HabCatalog *catalog, GError **error)
{
  g_autoptr (GPtrArray) packages = hab_catalog_list_packages_before (catalog,
      get_oldest (self->settings->keep_packages), error);

  if (packages == NULL)
    return FALSE;
  while (packages->len > 0) {
    HabPackage *package = g_ptr_array_steal_index (packages, 0);

    g_ptr_array_add (self->packages, package);
    if (!expire_package (self, catalog, package, error))
      return FALSE;
  }
  return TRUE;
}

static gpointer
look (HabVault *vault, gpointer data, GError **error)
{
  Look *self = data;

  /* An input is used by its packages: these go first. */
  if ((self->settings->keep_packages == 0 ||
          expire_packages (self, vault->catalog, error)) &&
      (self->settings->keep_inputs > 0 ||
          self->settings->max_inputs_size > 0))
    expire_inputs (self, vault->catalog, error);
  return NULL;
}

static void
count (HabMetrics *metrics, const gchar *kind, guint amount)
{
  g_autofree gchar *label = hab_metrics_labels ("kind", kind, NULL);

  hab_metrics_add (metrics, HAB_METRIC_EXPIRED, label, amount);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  Look *self = data;
  const HabJobsContext *context = self->retention->context;
  g_autoptr (GError) error = NULL;

  hab_store_call_finish (result, &error);
  if (error != NULL)
    g_warning ("Cannot remove what has expired: %s", error->message);
  for (guint i = 0; i < self->packages->len; i++) {
    const HabPackage *package = g_ptr_array_index (self->packages, i);

    hab_feed_tell_removed (context->feed, package->id, package->owner);
  }
  count (context->metrics, "packages", self->packages->len);
  count (context->metrics, "inputs", self->n_inputs);
  self->retention->running = FALSE;
  g_ptr_array_unref (self->packages);
  g_free (self);
}

void
hab_retention_run (HabRetention *self)
{
  const HabSettings *settings = self->context->settings;
  Look *next;

  if (self->running || (settings->keep_inputs == 0 &&
                           settings->keep_packages == 0 &&
                           settings->max_inputs_size == 0))
    return;
  self->running = TRUE;
  next = g_new0 (Look, 1);
  next->retention = self;
  next->dir = self->context->dir;
  next->cache = self->context->cache;
  next->settings = settings;
  next->packages =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_package_free);
  hab_store_call_async (self->context->store, look, next,
      NULL, on_looked, next);
}
