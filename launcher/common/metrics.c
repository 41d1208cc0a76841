/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "metrics.h"

#include <string.h>

typedef enum
{
  COUNTER,
  GAUGE,
  HISTOGRAM,
} Kind;

static const gchar *const kind_words[] = { "counter", "gauge", "histogram" };

/* Bounds of buckets in seconds. */
#define N_BUCKETS 12

static const gdouble request_buckets[N_BUCKETS] = {
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300
};
static const gdouble package_buckets[N_BUCKETS] = {
  0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400
};

static const struct
{
  const gchar *name;
  Kind kind;
  const gchar *help;
  const gdouble *buckets;
} families[HAB_N_METRICS] = {
  [HAB_METRIC_BUILD_INFO] = { "haberdash_build_info", GAUGE,
      "1, with the version of the program." },
  [HAB_METRIC_CACHE_BYTES] = { "haberdash_cache_bytes", GAUGE,
      "What the GOPs and pictures that are kept take up on the disk." },
  [HAB_METRIC_CACHE_EVICTIONS] = { "haberdash_cache_evictions_total", COUNTER,
      "Files that went because others needed the room." },
  [HAB_METRIC_CACHE_FILES] = { "haberdash_cache_files", GAUGE,
      "GOPs and pictures that are kept." },
  [HAB_METRIC_CACHE_LIMIT] = { "haberdash_cache_limit_bytes", GAUGE,
      "What they may take up, --cache-size." },
  [HAB_METRIC_CACHE_REQUESTS] = { "haberdash_cache_requests_total", COUNTER,
      "Asked for: it was there (hit), was being made (shared), had to be made "
      "(miss)." },
  [HAB_METRIC_CHILDREN] = { "haberdash_children", GAUGE,
      "Child processes that do media work, and work that waits for one." },
  [HAB_METRIC_DISK_FREE] = { "haberdash_disk_free_bytes", GAUGE,
      "What can be written on the disk of the data folder." },
  [HAB_METRIC_DISK_USED] = { "haberdash_disk_used_bytes", GAUGE,
      "Sizes of the files in the data folder, at most a minute old." },
  [HAB_METRIC_EXPIRED] = { "haberdash_expired_total", COUNTER,
      "What was removed because of its age or for want of room." },
  [HAB_METRIC_HTTP_DURATION] = { "haberdash_http_request_duration_seconds",
      HISTOGRAM, "From a request's headers to the end of its answer.",
      request_buckets },
  [HAB_METRIC_HTTP_IN_PROGRESS] = { "haberdash_http_requests_in_progress",
      GAUGE, "Requests that were not answered to the end." },
  [HAB_METRIC_HTTP_RECEIVED] = { "haberdash_http_received_bytes_total",
      COUNTER, "Bytes of the bodies of requests." },
  [HAB_METRIC_HTTP_REQUESTS] = { "haberdash_http_requests_total", COUNTER,
      "Requests; 499 stands for a client that left before the answer." },
  [HAB_METRIC_HTTP_SENT] = { "haberdash_http_sent_bytes_total", COUNTER,
      "Bytes of the bodies of answers." },
  [HAB_METRIC_INPUTS] = { "haberdash_inputs", GAUGE,
      "Input contents in the catalog." },
  [HAB_METRIC_PACKAGES] = { "haberdash_packages", GAUGE,
      "Packages in the catalog." },
  [HAB_METRIC_PACKAGE_DURATION] = { "haberdash_package_duration_seconds",
      HISTOGRAM, "How long attempts to make a package took.",
      package_buckets },
  [HAB_METRIC_PACKAGE_PROCESSED] = { "haberdash_packaged_input_bytes_total",
      COUNTER, "Sizes of the inputs of packages that were made." },
  [HAB_METRIC_QUEUE_LENGTH] = { "haberdash_queue_length", GAUGE,
      "Packages that wait to be made." },
  [HAB_METRIC_RELOAD_SUCCESSFUL] = { "haberdash_last_reload_successful", GAUGE,
      "Whether what was to be read again last could be used; else what was "
      "there before is." },
  [HAB_METRIC_TLS_EXPIRY] = { "haberdash_tls_certificate_expiry_seconds", GAUGE,
      "When the TLS certificate ends, in seconds since 1970." },
  [HAB_METRIC_CPU] = { "process_cpu_seconds_total", COUNTER,
      "Processor time of the service and of children that have ended." },
  [HAB_METRIC_OPEN_FILES] = { "process_open_fds", GAUGE,
      "Open file descriptors." },
  [HAB_METRIC_MEMORY] = { "process_resident_memory_bytes", GAUGE,
      "Resident memory of the service." },
  [HAB_METRIC_HEAP] = { "haberdash_heap_bytes", GAUGE,
      "What the service has allocated and not freed; the allocator keeps more." },
  [HAB_METRIC_START_TIME] = { "process_start_time_seconds", GAUGE,
      "When the service started, in seconds since 1970." },
};

struct _HabSeries
{
  const gdouble *bounds;     /* of a histogram, else NULL */
  gdouble value;             /* of a histogram: the sum */
  guint64 count;             /* of a histogram, as are the buckets */
  guint64 buckets[N_BUCKETS];
};

struct _HabMetrics
{
  GHashTable *series[HAB_N_METRICS]; /* labels -> HabSeries */
  gint64 set_us[HAB_N_METRICS];      /* monotonic; 0 never */
};

HabMetrics *
hab_metrics_new (void)
{
  HabMetrics *self = g_new0 (HabMetrics, 1);

  for (guint i = 0; i < HAB_N_METRICS; i++)
    self->series[i] =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
hab_metrics_free (HabMetrics *self)
{
  for (guint i = 0; i < HAB_N_METRICS; i++)
    g_hash_table_unref (self->series[i]);
  g_free (self);
}

static void
append_value (GString *labels, const gchar *value)
{
  for (; *value != '\0'; value++)
    if (*value == '\n')
      g_string_append (labels, "\\n");
    else if (*value == '"' || *value == '\\')
      g_string_append_printf (labels, "\\%c", *value);
    else
      g_string_append_c (labels, *value);
}

gchar *
hab_metrics_labels (const gchar *name, ...)
{
  GString *labels = g_string_new (NULL);
  va_list args;

  va_start (args, name);
  for (; name != NULL; name = va_arg (args, const gchar *)) {
    if (labels->len > 0)
      g_string_append_c (labels, ',');
    g_string_append (labels, name);
    g_string_append (labels, "=\"");
    append_value (labels, va_arg (args, const gchar *));
    g_string_append_c (labels, '"');
  }
  va_end (args);
  return g_string_free (labels, FALSE);
}

HabSeries *
hab_metrics_get_series (HabMetrics *self, HabMetric metric,
    const gchar *labels)
{
  GHashTable *table = self->series[metric];
  const gchar *key = labels != NULL ? labels : "";
  HabSeries *series = g_hash_table_lookup (table, key);

  if (series == NULL) {
    series = g_new0 (HabSeries, 1);
    series->bounds = families[metric].buckets;
    g_hash_table_insert (table, g_strdup (key), series);
  }
  return series;
}

void
hab_series_add (HabSeries *self, gdouble amount)
{
  self->value += amount;
}

void
hab_series_observe (HabSeries *self, gdouble value)
{
  g_return_if_fail (self->bounds != NULL);

  self->value += value;
  self->count++;
  for (guint i = 0; i < N_BUCKETS; i++)
    if (value <= self->bounds[i])
      self->buckets[i]++;
}

void
hab_metrics_add (HabMetrics *self, HabMetric metric, const gchar *labels,
    gdouble amount)
{
  hab_series_add (hab_metrics_get_series (self, metric, labels), amount);
}

void
hab_metrics_set (HabMetrics *self, HabMetric metric, const gchar *labels,
    gdouble value)
{
  hab_metrics_get_series (self, metric, labels)->value = value;
  self->set_us[metric] = g_get_monotonic_time ();
}

gboolean
hab_metrics_is_due (HabMetrics *self, HabMetric metric, gint64 max_age_us)
{
  return self->set_us[metric] == 0 ||
      g_get_monotonic_time () - self->set_us[metric] > max_age_us;
}

void
hab_metrics_observe (HabMetrics *self, HabMetric metric, const gchar *labels,
    gdouble value)
{
  hab_series_observe (hab_metrics_get_series (self, metric, labels), value);
}

/* --- the text --------------------------------------------------------- */

static void
append_sample (GString *text, const gchar *name, const gchar *suffix,
    const gchar *labels, const gchar *bound, gdouble value)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];
  gboolean any = *labels != '\0' || bound != NULL;

  g_string_append_printf (text, "%s%s%s%s", name, suffix, any ? "{" : "",
      labels);
  if (bound != NULL)
    g_string_append_printf (text, "%sle=\"%s\"", *labels != '\0' ? "," : "",
        bound);
  g_string_append_printf (text, "%s %s\n", any ? "}" : "",
      g_ascii_dtostr (number, sizeof number, value));
}

static void
append_histogram (GString *text, HabMetric metric, const gchar *labels,
    const HabSeries *series)
{
  const gchar *name = families[metric].name;

  for (guint i = 0; i < N_BUCKETS; i++) {
    gchar bound[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd (bound, sizeof bound, "%g", families[metric].buckets[i]);
    append_sample (text, name, "_bucket", labels, bound, series->buckets[i]);
  }
  append_sample (text, name, "_bucket", labels, "+Inf", series->count);
  append_sample (text, name, "_sum", labels, NULL, series->value);
  append_sample (text, name, "_count", labels, NULL, series->count);
}

static void
append_family (GString *text, HabMetrics *self, HabMetric metric)
{
  g_autoptr (GList) keys = g_list_sort (
      g_hash_table_get_keys (self->series[metric]), (GCompareFunc) strcmp);
  const gchar *name = families[metric].name;

  if (keys == NULL)
    return;
  g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", name,
      families[metric].help, name, kind_words[families[metric].kind]);
  for (GList *key = keys; key != NULL; key = key->next) {
    const HabSeries *series =
        g_hash_table_lookup (self->series[metric], key->data);

    if (families[metric].kind == HISTOGRAM)
      append_histogram (text, metric, key->data, series);
    else
      append_sample (text, name, "", key->data, NULL, series->value);
  }
}

gchar *
hab_metrics_format (HabMetrics *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < HAB_N_METRICS; i++)
    append_family (text, self, i);
  return g_string_free (text, FALSE);
}
