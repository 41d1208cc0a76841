/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tally.h"

/* Requests that have all labels in common. The texts are literals, so that
 * places tell them apart. */
typedef struct
{
  const gchar *method, *pattern;
  guint status;
  HabSeries *requests, *durations;
} Kind;

struct _HabTally
{
  HabMetrics *metrics;
  const gchar *listener;
  gchar *label;
  GHashTable *kinds; /* a set of Kind */
  HabSeries *in_progress, *received, *sent; /* NULL before there is any */
};

static guint
kind_hash (gconstpointer data)
{
  const Kind *kind = data;

  return (guint) ((gsize) kind->pattern >> 3) * 31 +
      (guint) ((gsize) kind->method >> 3) * 7 + kind->status;
}

static gboolean
kind_equal (gconstpointer data, gconstpointer other_data)
{
  const Kind *kind = data, *other = other_data;

  return kind->method == other->method && kind->pattern == other->pattern &&
      kind->status == other->status;
}

HabTally *
hab_tally_new (HabMetrics *metrics, const gchar *listener)
{
  HabTally *self = g_new0 (HabTally, 1);

  self->metrics = metrics;
  self->listener = listener;
  self->label = hab_metrics_labels ("listener", listener, NULL);
  self->kinds = g_hash_table_new_full (kind_hash, kind_equal, g_free, NULL);
  return self;
}

void
hab_tally_free (HabTally *self)
{
  g_hash_table_unref (self->kinds);
  g_free (self->label);
  g_free (self);
}

const gchar *
hab_tally_get_listener (HabTally *self)
{
  return self->listener;
}

/* --- in progress ------------------------------------------------------ */

static void
count_in_progress (HabTally *self, gint change)
{
  if (self->in_progress == NULL)
    self->in_progress = hab_metrics_get_series (self->metrics,
        HAB_METRIC_HTTP_IN_PROGRESS, self->label);
  hab_series_add (self->in_progress, change);
}

void
hab_tally_enter (HabTally *self)
{
  count_in_progress (self, 1);
}

void
hab_tally_leave (HabTally *self)
{
  count_in_progress (self, -1);
}

/* --- over ------------------------------------------------------------- */

/* Clients may send any word as a method. */
static const gchar *
get_method_label (const gchar *method)
{
  static const gchar *const known[] = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (known[i], method))
      return known[i];
  return "other";
}

/* kind: with its labels. */
static Kind *
add_kind (HabTally *self, const Kind *kind)
{
  Kind *added = g_memdup2 (kind, sizeof *kind);
  const gchar *route = kind->pattern != NULL ? kind->pattern : "none";
  g_autofree gchar *status = g_strdup_printf ("%u", kind->status);
  g_autofree gchar *labels = hab_metrics_labels ("listener", self->listener,
      "method", kind->method, "route", route, "status", status, NULL);
  g_autofree gchar *route_labels = hab_metrics_labels (
      "listener", self->listener, "route", route, NULL);

  added->requests = hab_metrics_get_series (self->metrics,
      HAB_METRIC_HTTP_REQUESTS, labels);
  added->durations = hab_metrics_get_series (self->metrics,
      HAB_METRIC_HTTP_DURATION, route_labels);
  g_hash_table_add (self->kinds, added);
  return added;
}

void
hab_tally_count (HabTally *self, const gchar *method, const gchar *pattern,
    guint status, gdouble seconds)
{
  const Kind wanted = {
    .method = get_method_label (method),
    .pattern = pattern,
    .status = status,
  };
  Kind *kind = g_hash_table_lookup (self->kinds, &wanted);

  if (kind == NULL)
    kind = add_kind (self, &wanted);
  hab_series_add (kind->requests, 1);
  hab_series_observe (kind->durations, seconds);
}

void
hab_tally_count_bytes (HabTally *self, guint64 received, guint64 sent)
{
  if (self->received == NULL) {
    self->received = hab_metrics_get_series (self->metrics,
        HAB_METRIC_HTTP_RECEIVED, self->label);
    self->sent = hab_metrics_get_series (self->metrics, HAB_METRIC_HTTP_SENT,
        self->label);
  }
  hab_series_add (self->received, received);
  hab_series_add (self->sent, sent);
}
