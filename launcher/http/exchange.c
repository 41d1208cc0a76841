/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "exchange.h"

#include "log.h"
#include "metrics.h"

/* As other servers write it: the client left before it was answered. */
#define STATUS_CLIENT_LEFT 499

typedef struct
{
  HabRequest *request;
  HabMetrics *metrics;
  const gchar *listener;
  gchar *listener_label;
  gint64 started_us; /* 0 until the headers are there */
  guint64 received, sent;
} Exchange;

static void
exchange_free (gpointer data, GClosure *closure)
{
  Exchange *self = data;

  g_free (self->listener_label);
  g_free (self);
}

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

static const gchar *
get_route_label (HabRequest *request)
{
  const HabRoute *route = hab_request_get_route (request);

  return route != NULL && route->pattern != NULL ? route->pattern : "none";
}

static void
exchange_count (Exchange *self, const gchar *method, guint status,
    gint64 duration_us)
{
  const gchar *route = get_route_label (self->request);
  g_autofree gchar *status_text = g_strdup_printf ("%u", status);
  g_autofree gchar *request_label = hab_metrics_labels (
      "listener", self->listener, "method", get_method_label (method),
      "route", route, "status", status_text, NULL);
  g_autofree gchar *route_label = hab_metrics_labels (
      "listener", self->listener, "route", route, NULL);

  hab_metrics_add (self->metrics, HAB_METRIC_HTTP_REQUESTS, request_label, 1);
  hab_metrics_observe (self->metrics, HAB_METRIC_HTTP_DURATION, route_label,
      duration_us / 1e6);
  hab_metrics_add (self->metrics, HAB_METRIC_HTTP_RECEIVED,
      self->listener_label, self->received);
  hab_metrics_add (self->metrics, HAB_METRIC_HTTP_SENT, self->listener_label,
      self->sent);
}

/* What players fetch is too much for a log that people read. */
static GLogLevelFlags
get_level (const gchar *method, guint status)
{
  if (status >= 500)
    return G_LOG_LEVEL_WARNING;
  if (status < 400 &&
      (g_str_equal (method, "GET") || g_str_equal (method, "HEAD")))
    return G_LOG_LEVEL_DEBUG;
  return G_LOG_LEVEL_INFO;
}

/* Not the query: it may hold what is nobody's business. Nor what a path is
 * signed with. */
static void
exchange_log (Exchange *self, const gchar *method, guint status,
    gint64 duration_us)
{
  g_autofree gchar *status_text = g_strdup_printf ("%u", status);
  g_autofree gchar *milliseconds =
      g_strdup_printf ("%.1f", duration_us / 1e3);
  g_autofree gchar *received =
      g_strdup_printf ("%" G_GUINT64_FORMAT, self->received);
  g_autofree gchar *sent = g_strdup_printf ("%" G_GUINT64_FORMAT, self->sent);
  GInetAddress *address = hab_request_get_arrival (self->request)->client;
  g_autofree gchar *client =
      address != NULL ? g_inet_address_to_string (address) : g_strdup ("");
  g_autofree gchar *path =
      hab_signer_hide_tokens (hab_request_get_path (self->request));

  hab_log (get_level (method, status), "request",
      "request_id", hab_request_get_request_id (self->request),
      "listener", self->listener,
      "client", client,
      "method", method,
      "path", path,
      "status", status_text,
      "milliseconds", milliseconds,
      "received", received,
      "sent", sent,
      NULL);
}

static void
on_got_headers (SoupServerMessage *message, Exchange *self)
{
  self->started_us = g_get_monotonic_time ();
  hab_request_identify (self->request);
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *bytes, Exchange *self)
{
  self->received += g_bytes_get_size (bytes);
}

static void
on_wrote_body_data (SoupServerMessage *message, guint size, Exchange *self)
{
  self->sent += size;
}

/* What broke off before its headers were there is no request. */
static void
on_finished (SoupServerMessage *message, Exchange *self)
{
  hab_metrics_add (self->metrics, HAB_METRIC_HTTP_IN_PROGRESS,
      self->listener_label, -1);
  if (self->started_us > 0) {
    const gchar *method = soup_server_message_get_method (message);
    guint status = hab_request_get_status (self->request);
    gint64 duration_us = g_get_monotonic_time () - self->started_us;

    if (status == 0)
      status = STATUS_CLIENT_LEFT;
    exchange_count (self, method, status, duration_us);
    if (hab_log_is_wanted (get_level (method, status)))
      exchange_log (self, method, status, duration_us);
  }
  g_signal_handlers_disconnect_by_data (message, self);
}

void
hab_exchange_watch (HabRequest *request, const gchar *listener)
{
  SoupServerMessage *message = hab_request_get_message (request);
  Exchange *self = g_new0 (Exchange, 1);

  self->request = request;
  self->metrics = hab_request_get_context (request)->metrics;
  self->listener = listener;
  self->listener_label = hab_metrics_labels ("listener", listener, NULL);
  hab_metrics_add (self->metrics, HAB_METRIC_HTTP_IN_PROGRESS,
      self->listener_label, 1);
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers), self);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), self);
  g_signal_connect (message, "wrote-body-data",
      G_CALLBACK (on_wrote_body_data), self);
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished), self,
      exchange_free, 0);
}
