/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "exchange.h"

#include "log.h"

/* As other servers write it: the client left before it was answered. */
#define STATUS_CLIENT_LEFT 499

struct _HabExchange
{
  HabTally *tally;
  HabRequest *request;
  gint64 started_us; /* 0 until the headers are there */
  guint64 received, sent;
};

/* (nullable) */
static const gchar *
get_pattern (HabRequest *request)
{
  const HabRoute *route = hab_request_get_route (request);

  return route != NULL ? route->pattern : NULL;
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
exchange_log (HabExchange *self, const gchar *method, guint status,
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
      "listener", hab_tally_get_listener (self->tally),
      "client", client,
      "method", method,
      "path", path,
      "status", status_text,
      "milliseconds", milliseconds,
      "received", received,
      "sent", sent,
      NULL);
}

void
hab_exchange_got_headers (HabExchange *self)
{
  self->started_us = g_get_monotonic_time ();
  hab_request_identify (self->request);
}

void
hab_exchange_received (HabExchange *self, gsize size)
{
  self->received += size;
}

void
hab_exchange_sent (HabExchange *self, gsize size)
{
  self->sent += size;
}

static void
exchange_close (HabExchange *self)
{
  const gchar *method =
      soup_server_message_get_method (hab_request_get_message (self->request));
  guint status = hab_request_get_status (self->request);
  gint64 duration_us = g_get_monotonic_time () - self->started_us;

  if (status == 0)
    status = STATUS_CLIENT_LEFT;
  hab_tally_count (self->tally, method, get_pattern (self->request), status,
      duration_us / 1e6);
  hab_tally_count_bytes (self->tally, self->received, self->sent);
  if (hab_log_is_wanted (get_level (method, status)))
    exchange_log (self, method, status, duration_us);
}

/* What broke off before its headers were there is no request. */
void
hab_exchange_end (HabExchange *self)
{
  hab_tally_leave (self->tally);
  if (self->started_us > 0)
    exchange_close (self);
  g_free (self);
}

HabExchange *
hab_exchange_new (HabRequest *request, HabTally *tally)
{
  HabExchange *self = g_new0 (HabExchange, 1);

  self->request = request;
  self->tally = tally;
  hab_tally_enter (tally);
  return self;
}
