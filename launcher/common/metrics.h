/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is counted, for Prometheus (text format 0.0.4). Names and units follow
 * its conventions: seconds, bytes, _total for what only grows. Labels never
 * have text of a client in them. Main thread. */
typedef struct _HabMetrics HabMetrics;
typedef struct _HabSeries HabSeries;

typedef enum
{
  HAB_METRIC_BUILD_INFO,        /* version */
  HAB_METRIC_CACHE_BYTES,
  HAB_METRIC_CACHE_EVICTIONS,
  HAB_METRIC_CACHE_FILES,
  HAB_METRIC_CACHE_LIMIT,
  HAB_METRIC_CACHE_REQUESTS,    /* result */
  HAB_METRIC_CHILDREN,          /* kind, state */
  HAB_METRIC_DISK_FREE,
  HAB_METRIC_DISK_USED,         /* kind */
  HAB_METRIC_EXPIRED,           /* kind */
  HAB_METRIC_HTTP_DURATION,     /* listener, route */
  HAB_METRIC_HTTP_IN_PROGRESS,  /* listener */
  HAB_METRIC_HTTP_RECEIVED,     /* listener */
  HAB_METRIC_HTTP_REQUESTS,     /* listener, method, route, status */
  HAB_METRIC_HTTP_SENT,         /* listener */
  HAB_METRIC_INPUTS,
  HAB_METRIC_PACKAGES,          /* status */
  HAB_METRIC_PACKAGE_DURATION,  /* result */
  HAB_METRIC_PACKAGE_PROCESSED,
  HAB_METRIC_QUEUE_LENGTH,
  HAB_METRIC_RELOAD_SUCCESSFUL, /* kind */
  HAB_METRIC_TLS_EXPIRY,
  HAB_METRIC_CPU,
  HAB_METRIC_OPEN_FILES,
  HAB_METRIC_MEMORY,
  HAB_METRIC_HEAP,
  HAB_METRIC_START_TIME,
  HAB_N_METRICS
} HabMetric;

HabMetrics *hab_metrics_new (void);
void hab_metrics_free (HabMetrics *metrics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMetrics, hab_metrics_free)

/* Names and values of labels in pairs, NULL at the end: the key of a series.
 * (transfer full) */
gchar *hab_metrics_labels (const gchar *name, ...) G_GNUC_NULL_TERMINATED;

/* labels: as of hab_metrics_labels (), or NULL. */
void hab_metrics_add (HabMetrics *metrics, HabMetric metric,
    const gchar *labels, gdouble amount);
void hab_metrics_set (HabMetrics *metrics, HabMetric metric,
    const gchar *labels, gdouble value);
/* One of them, looked up once by whoever changes it often: it lives as long as
 * metrics. labels: the same. */
HabSeries *hab_metrics_get_series (HabMetrics *metrics, HabMetric metric,
    const gchar *labels);
void hab_series_add (HabSeries *series, gdouble amount);
/* Of a histogram. */
void hab_series_observe (HabSeries *series, gdouble value);
/* Of a histogram. */
void hab_metrics_observe (HabMetrics *metrics, HabMetric metric,
    const gchar *labels, gdouble value);

/* Whether it was not set for so long, microseconds. */
gboolean hab_metrics_is_due (HabMetrics *metrics, HabMetric metric,
    gint64 max_age_us);

/* All of it; a family without a series is left out. */
gchar *hab_metrics_format (HabMetrics *metrics);

G_END_DECLS
