/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* GET /metrics: what was counted, and what is looked up when it is asked
 * for. */

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "disk-usage.h"
#include "metrics.h"
#include "queue.h"
#include "request.h"
#include "resources.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
/* Sizes are found out by reading folders, which takes its time. */
#define USAGE_MAX_AGE_US (60 * G_USEC_PER_SEC)

/* --- the process ------------------------------------------------------ */

static void
set_cpu (HabMetrics *metrics)
{
  struct rusage own, children;

  if (getrusage (RUSAGE_SELF, &own) < 0 ||
      getrusage (RUSAGE_CHILDREN, &children) < 0)
    return;
  hab_metrics_set (metrics, HAB_METRIC_CPU, NULL,
      own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec +
          children.ru_stime.tv_sec +
          (own.ru_utime.tv_usec + own.ru_stime.tv_usec +
              children.ru_utime.tv_usec + children.ru_stime.tv_usec) / 1e6);
}

static void
set_memory (HabMetrics *metrics)
{
  g_autofree gchar *text = NULL;
  unsigned long pages;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL) &&
      sscanf (text, "%*u %lu", &pages) == 1)
    hab_metrics_set (metrics, HAB_METRIC_MEMORY, NULL,
        (gdouble) pages * sysconf (_SC_PAGESIZE));
}

/* Of all threads. */
static void
set_heap (HabMetrics *metrics)
{
  struct mallinfo2 heap = mallinfo2 ();

  hab_metrics_set (metrics, HAB_METRIC_HEAP, NULL,
      (gdouble) heap.uordblks + heap.hblkhd);
}

static void
set_open_files (HabMetrics *metrics)
{
  g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  while (fds != NULL && g_dir_read_name (fds) != NULL)
    count++;
  /* The one that reads them is no more. */
  if (count > 0)
    hab_metrics_set (metrics, HAB_METRIC_OPEN_FILES, NULL, count - 1);
}

/* --- the service ------------------------------------------------------ */

static void
set_children (HabMetrics *metrics, const gchar *kind, HabWorkers *workers)
{
  g_autofree gchar *running =
      hab_metrics_labels ("kind", kind, "state", "running", NULL);
  g_autofree gchar *waiting =
      hab_metrics_labels ("kind", kind, "state", "waiting", NULL);

  hab_metrics_set (metrics, HAB_METRIC_CHILDREN, running,
      hab_workers_count_running (workers));
  hab_metrics_set (metrics, HAB_METRIC_CHILDREN, waiting,
      hab_workers_count_waiting (workers));
}

static void
set_cache_requests (HabMetrics *metrics, const gchar *result, guint64 count)
{
  g_autofree gchar *label = hab_metrics_labels ("result", result, NULL);

  hab_metrics_set (metrics, HAB_METRIC_CACHE_REQUESTS, label, count);
}

static void
set_cache (HabMetrics *metrics, HabCache *cache)
{
  HabCacheStatistics now;

  hab_cache_get_statistics (cache, &now);
  hab_metrics_set (metrics, HAB_METRIC_CACHE_BYTES, NULL, now.bytes);
  hab_metrics_set (metrics, HAB_METRIC_CACHE_LIMIT, NULL, now.max_bytes);
  hab_metrics_set (metrics, HAB_METRIC_CACHE_FILES, NULL, now.files);
  hab_metrics_set (metrics, HAB_METRIC_CACHE_EVICTIONS, NULL, now.evictions);
  set_cache_requests (metrics, "hit", now.hits);
  set_cache_requests (metrics, "shared", now.shared);
  set_cache_requests (metrics, "miss", now.misses);
}

static void
set_service (HabMetrics *metrics, const HabHttpContext *context)
{
  g_autofree gchar *version =
      hab_metrics_labels ("version", PACKAGE_VERSION, NULL);

  hab_metrics_set (metrics, HAB_METRIC_BUILD_INFO, version, 1);
  set_cache (metrics, context->cache);
  set_children (metrics, "reader", context->readers);
  set_children (metrics, "packager", hab_queue_get_packagers (context->queue));
  hab_metrics_set (metrics, HAB_METRIC_DISK_FREE, NULL,
      hab_data_dir_get_free_bytes (context->dir));
}

static void
set_statistics (HabMetrics *metrics, const HabStatistics *statistics)
{
  for (guint i = HAB_STATUS_QUEUED; i < HAB_N_STATUSES; i++) {
    g_autofree gchar *status =
        hab_metrics_labels ("status", hab_status_to_string (i), NULL);

    hab_metrics_set (metrics, HAB_METRIC_PACKAGES, status,
        statistics->packages[i]);
  }
  hab_metrics_set (metrics, HAB_METRIC_INPUTS, NULL, statistics->inputs);
  hab_metrics_set (metrics, HAB_METRIC_QUEUE_LENGTH, NULL,
      statistics->waiting);
}

/* --- sizes ------------------------------------------------------------ */

typedef struct
{
  gchar *root; /* its own: the service may stop meanwhile */
  guint64 folders[HAB_N_FOLDERS];
  guint64 catalog;
} Usage;

static void
usage_free (gpointer data)
{
  g_free (((Usage *) data)->root);
  g_free (data);
}

static guint64
measure_part (const Usage *usage, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (usage->root, name, NULL);

  return hab_disk_usage_measure (path);
}

static void
measure (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Usage *usage = data;

  for (guint i = 0; i < HAB_N_FOLDERS; i++)
    usage->folders[i] = measure_part (usage, hab_data_dir_get_folder_name (i));
  usage->catalog = measure_part (usage, "catalog.sqlite") +
      measure_part (usage, "catalog.sqlite-wal") +
      measure_part (usage, "catalog.sqlite-shm");
  g_task_return_boolean (task, TRUE);
}

static void
set_usage (HabMetrics *metrics, const gchar *kind, guint64 bytes)
{
  g_autofree gchar *label = hab_metrics_labels ("kind", kind, NULL);

  hab_metrics_set (metrics, HAB_METRIC_DISK_USED, label, bytes);
}

/* --- the answer ------------------------------------------------------- */

static void
answer (HabRequest *request)
{
  HabMetrics *metrics = hab_request_get_context (request)->metrics;

  set_cpu (metrics);
  set_memory (metrics);
  set_heap (metrics);
  set_open_files (metrics);
  set_service (metrics, hab_request_get_context (request));
  hab_request_reply (request, hab_reply_new_text (SOUP_STATUS_OK, CONTENT_TYPE,
      hab_metrics_format (metrics)));
}

static void
on_measured (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabRequest) request = data;
  HabMetrics *metrics = hab_request_get_context (request)->metrics;
  const Usage *usage = g_task_get_task_data (G_TASK (result));

  for (guint i = 0; i < HAB_N_FOLDERS; i++)
    set_usage (metrics, hab_data_dir_get_folder_name (i), usage->folders[i]);
  set_usage (metrics, "catalog", usage->catalog);
  answer (request);
}

static gpointer
read_statistics (HabVault *vault, gpointer data, GError **error)
{
  HabStatistics *statistics = g_new0 (HabStatistics, 1);

  if (hab_catalog_get_statistics (vault->catalog, statistics, error))
    return statistics;
  g_free (statistics);
  return NULL;
}

static void
on_statistics (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabRequest) request = data;
  const HabHttpContext *context = hab_request_get_context (request);
  GError *error = NULL;
  g_autofree HabStatistics *statistics =
      hab_store_call_finish (result, &error);
  g_autoptr (GTask) task = NULL;
  Usage *usage;

  if (error != NULL) {
    hab_request_fail (request, error);
    return;
  }
  set_statistics (context->metrics, statistics);
  if (!hab_metrics_is_due (context->metrics,
          HAB_METRIC_DISK_USED, USAGE_MAX_AGE_US)) {
    answer (request);
    return;
  }
  usage = g_new0 (Usage, 1);
  usage->root = hab_data_dir_build_path (context->dir, NULL);
  task = g_task_new (NULL, NULL, on_measured, g_steal_pointer (&request));
  g_task_set_task_data (task, usage, usage_free);
  g_task_run_in_thread (task, measure);
}

static void
get_metrics (HabRequest *request)
{
  hab_store_read_async (hab_request_get_context (request)->store,
      read_statistics, NULL, g_free, on_statistics, hab_request_ref (request));
}

const HabRoute hab_metrics_routes[] = {
  { "GET", "/metrics", HAB_BODY_NONE, HAB_ROUTE_DEFAULT, NULL, get_metrics },
  { NULL }
};
