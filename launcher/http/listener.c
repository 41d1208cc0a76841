/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "listener.h"

#include <libsoup/soup.h>
#include <sys/socket.h>

#include "admission.h"
#include "append.h"
#include "connection-end.h"
#include "doors.h"
#include "exchange.h"
#include "patience.h"
#include "problem.h"
#include "request.h"
#include "router.h"
#include "upload.h"

/* A body up to this size is read even where it is not wanted, which keeps the
 * connection usable; the JSON of any request is smaller too. */
#define MAX_SMALL_BODY (64 * 1024)

struct _HabListener
{
  const HabHttpContext *context;
  HabListenerKind kind;
  const HabRoute *const *tables;
  SoupServer *server;
  HabRateLimit *rate_limit; /* or NULL */
  HabTally *tally;
  GPtrArray *doors; /* of GSocket that let clients in; NULL before */
  guint port;
};

/* --- who may ask, and for what ---------------------------------------- */

/* What an address takes; a browser asks before it lets a page of another
 * origin post. Allow and the cross-origin headers are there already. */
static void
handle_options (HabRequest *request)
{
  hab_request_reply (request, hab_reply_new (SOUP_STATUS_NO_CONTENT));
}

static const HabRoute options_route = {
  "OPTIONS", NULL, HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL, handle_options
};

static const HabRoute *
find_route (HabListener *self, HabRequest *request, const gchar *method,
    GPtrArray *params, GError **error)
{
  g_auto (GStrv) components =
      hab_router_split (hab_request_get_path (request));
  g_autofree gchar *allow = NULL;
  const HabRoute *route;

  if (components == NULL) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "The address has escapes that stand for no text");
    return NULL;
  }
  route = hab_router_find (self->tables, method, components, params, &allow);
  if (route != NULL)
    return route;
  if (allow == NULL) {
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "There is nothing at this address");
    return NULL;
  }
  hab_request_set_header (request, "Allow", allow);
  if (g_str_equal (method, "OPTIONS")) {
    hab_request_set_header (request, "Access-Control-Allow-Methods", allow);
    return &options_route;
  }
  hab_http_error_set (error, SOUP_STATUS_METHOD_NOT_ALLOWED,
      "This address takes %s", allow);
  return NULL;
}

/* What of an answer depends on the origin is not another's from a cache. */
static void
set_allowed_origin (HabRequest *request, gchar **origins)
{
  const gchar *origin = hab_request_get_header (request, "Origin");

  hab_request_set_header (request, "Vary", "Origin");
  if (origin != NULL && g_strv_contains ((const gchar *const *) origins,
                            origin))
    hab_request_set_header (request, "Access-Control-Allow-Origin", origin);
}

/* preflight: a browser asks what a page of another origin may ask for. */
static void
set_cross_origin_headers (HabListener *self, HabRequest *request,
    gboolean preflight)
{
  gchar **origins = self->context->settings->cors_origins;

  if (origins != NULL)
    set_allowed_origin (request, origins);
  else
    hab_request_set_header (request, "Access-Control-Allow-Origin", "*");
  if (preflight) {
    hab_request_set_header (request, "Access-Control-Allow-Headers",
        "Authorization, Content-Type, If-None-Match, Range");
    hab_request_set_header (request, "Access-Control-Max-Age", "86400");
  } else {
    hab_request_set_header (request, "Access-Control-Expose-Headers",
        "Accept-Ranges, Content-Length, Content-Range, Date, ETag");
  }
}

static GHashTable *
parse_query (HabRequest *request)
{
  GUri *uri =
      soup_server_message_get_uri (hab_request_get_message (request));

  return g_uri_get_query (uri) != NULL
      ? soup_form_decode (g_uri_get_query (uri))
      : NULL;
}

/* Clients that can only post name the method they mean in a header. */
static const gchar *
get_method (HabRequest *request)
{
  const gchar *method =
      soup_server_message_get_method (hab_request_get_message (request));
  const gchar *meant =
      hab_request_get_header (request, "X-HTTP-Method-Override");

  if (meant != NULL && g_str_equal (method, "POST") &&
      (g_str_equal (meant, "PATCH") || g_str_equal (meant, "DELETE")))
    return meant;
  return method;
}

/* Who came by TLS once comes by nothing else for a year. */
#define TRANSPORT_SECURITY "max-age=31536000"

static gboolean
admit (HabListener *self, HabRequest *request, GError **error)
{
  const gchar *method = get_method (request);
  GPtrArray *params = g_ptr_array_new_with_free_func (g_free);
  const HabRoute *route = NULL;

  if (self->context->settings->tls_certificate != NULL)
    hab_request_set_header (request, "Strict-Transport-Security",
        TRANSPORT_SECURITY);
  if (hab_admission_check_address (request, self->kind, error))
    route = find_route (self, request, method, params, error);
  hab_request_set_route (request, route, params, parse_query (request));
  if (route == NULL)
    return FALSE;
  if (route->flags & HAB_ROUTE_CROSS_ORIGIN ||
      (route == &options_route && self->kind == HAB_LISTENER_DELIVERY))
    set_cross_origin_headers (self, request, g_str_equal (method, "OPTIONS"));
  return hab_admission_check_client (request, self->kind, route, error);
}

/* Once it is known who asks; who may not counts too. */
static gboolean
admit_at_rate (HabListener *self, HabRequest *request, GError **error)
{
  gboolean admitted = admit (self, request, error);

  if (self->rate_limit == NULL ||
      hab_admission_check_rate (request, self->rate_limit))
    return admitted;
  g_clear_error (error);
  hab_http_error_set (error, HAB_STATUS_TOO_MANY_REQUESTS,
      "These are more requests than one client may make; Retry-After says "
      "when to go on");
  return FALSE;
}

/* --- bodies ----------------------------------------------------------- */

static void
set_too_large (GError **error)
{
  hab_http_error_set (error, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
      "The body of this request may have %d bytes", MAX_SMALL_BODY);
}

/* Whether the body, if any, is sure to be small. */
static gboolean
has_small_body (HabRequest *request)
{
  SoupMessageHeaders *headers = hab_request_get_headers (request);

  switch (soup_message_headers_get_encoding (headers)) {
    case SOUP_ENCODING_CONTENT_LENGTH:
      return soup_message_headers_get_content_length (headers) <=
          MAX_SMALL_BODY;
    case SOUP_ENCODING_NONE:
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
is_chunked (HabRequest *request)
{
  return soup_message_headers_get_encoding (
             hab_request_get_headers (request)) == SOUP_ENCODING_CHUNKED;
}

static gboolean
prepare_body (HabRequest *request, GError **error)
{
  gpointer reader = NULL;

  switch (hab_request_get_route (request)->body) {
    case HAB_BODY_UPLOAD:
      if ((reader = hab_upload_new (request, error)) != NULL)
        hab_request_set_reader (request, &hab_upload_reader, reader);
      return reader != NULL;
    case HAB_BODY_APPEND:
      if ((reader = hab_append_new (request, error)) != NULL)
        hab_request_set_reader (request, &hab_append_reader, reader);
      return reader != NULL;
    default:
      break;
  }
  if (has_small_body (request) || is_chunked (request))
    return TRUE;
  set_too_large (error);
  return FALSE;
}

static gboolean
take_bytes (HabRequest *request, GBytes *bytes, GError **error)
{
  GByteArray *body = hab_request_get_body (request);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (hab_request_get_reader (request) != NULL)
    return hab_request_read (request, data, size, error);
  if (size > MAX_SMALL_BODY - body->len) {
    set_too_large (error);
    return FALSE;
  }
  g_byte_array_append (body, data, size);
  return TRUE;
}

/* --- a message from its start to its end ------------------------------ */

typedef struct
{
  HabListener *listener;
  HabRequest *request;   /* NULL when the message is finished */
  HabExchange *exchange; /* the same */
  gboolean disconnected;
} Visit;

static HabRequest *
get_request (SoupServerMessage *message)
{
  return g_object_get_data (G_OBJECT (message), "hab-request");
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *bytes, Visit *visit)
{
  HabRequest *request = visit->request;
  GError *error = NULL;

  if (request == NULL)
    return;
  hab_exchange_received (visit->exchange, g_bytes_get_size (bytes));
  if (!hab_request_is_over (request) &&
      !take_bytes (request, bytes, &error))
    hab_request_refuse (request, error);
}

static void
admit_visit (Visit *visit, SoupServerMessage *message)
{
  HabRequest *request = visit->request;
  GError *error = NULL;

  if (admit_at_rate (visit->listener, request, &error) &&
      prepare_body (request, &error)) {
    if (hab_request_get_reader (request) != NULL)
      hab_patience_end (message);
    return;
  }
  /* A large body of a request that is refused is not read. */
  if (has_small_body (request))
    hab_request_set_denied (request, error);
  else
    hab_request_refuse (request, error);
}

static void
on_got_headers (SoupServerMessage *message, Visit *visit)
{
  if (visit->request == NULL)
    return;
  hab_exchange_got_headers (visit->exchange);
  if (soup_message_headers_get_encoding (
          hab_request_get_headers (visit->request)) != SOUP_ENCODING_NONE)
    g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), visit);
  admit_visit (visit, message);
}

static void
on_wrote_body_data (SoupServerMessage *message, guint size, Visit *visit)
{
  if (visit->exchange != NULL)
    hab_exchange_sent (visit->exchange, size);
}

/* Handlers go with the message, which costs less than to disconnect each. */
static void
on_finished (SoupServerMessage *message, Visit *visit)
{
  HabRequest *request = g_steal_pointer (&visit->request);

  if (request == NULL)
    return;
  hab_exchange_end (g_steal_pointer (&visit->exchange));
  if (!visit->disconnected)
    hab_patience_begin (message,
        visit->listener->context->settings->client_timeout);
  hab_request_set_over (request);
  g_object_set_data (G_OBJECT (message), "hab-request", NULL);
}

/* libsoup does not say of a message that it is finished where its connection was
 * taken or closed by us, nor where it never became a request. Whoever answers it
 * must know, and the request and the message hold each other until then. */
static void
on_disconnected (SoupServerMessage *message, Visit *visit)
{
  visit->disconnected = TRUE;
  if (visit->request != NULL)
    g_signal_emit_by_name (message, "finished");
}

static void
visit_free (gpointer data, GClosure *closure)
{
  g_free (data);
}

static void
on_request_started (SoupServer *server, SoupServerMessage *message,
    HabListener *self)
{
  Visit *visit = g_new0 (Visit, 1);

  visit->listener = self;
  visit->request = hab_request_new (self->context, self->kind, message);
  visit->exchange = hab_exchange_new (visit->request, self->tally);
  soup_message_body_set_accumulate (
      soup_server_message_get_request_body (message), FALSE);
  g_object_set_data_full (G_OBJECT (message), "hab-request", visit->request,
      (GDestroyNotify) hab_request_unref);
  hab_patience_begin (message, self->context->settings->client_timeout);
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers), visit);
  g_signal_connect (message, "wrote-body-data",
      G_CALLBACK (on_wrote_body_data), visit);
  g_signal_connect (message, "disconnected", G_CALLBACK (on_disconnected),
      visit);
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished), visit,
      visit_free, 0);
}

/* In a thread of the store. */
static gpointer
answer_from_store (HabVault *vault, gpointer data, GError **error)
{
  HabRequest *request = data;

  return hab_request_get_route (request)->answer (request, vault, error);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HabRequest) request = data;
  GError *error = NULL;
  HabReply *reply = hab_store_call_finish (result, &error);

  hab_request_answer (request, reply, error);
}

static void
answer_in_store (HabListener *self, HabRequest *request)
{
  HabStore *store = self->context->store;
  gboolean changes = hab_request_get_route (request)->flags & HAB_ROUTE_CHANGES;

  (changes ? hab_store_call_async : hab_store_read_async) (store,
      answer_from_store, hab_request_ref (request),
      (GDestroyNotify) hab_reply_free, on_answered, request);
}

/* The whole request is there. Of what is answered at once libsoup sends the answer
 * right away; a pause would take another turn of the loop. */
static void
on_request (SoupServer *server, SoupServerMessage *message, const gchar *path,
    GHashTable *query, gpointer data)
{
  HabListener *self = data;
  HabRequest *request = get_request (message);
  const HabRoute *route = hab_request_get_route (request);
  GError *denied = hab_request_steal_denied (request);

  hab_patience_end (message);
  if (denied != NULL)
    hab_request_fail (request, denied);
  else if (route->answer != NULL)
    answer_in_store (self, request);
  else
    route->handle (request);
  if (!hab_request_is_over (request))
    hab_request_pause (request);
}

/* --- the listener ----------------------------------------------------- */

HabListener *
hab_listener_new (const HabHttpContext *context, HabListenerKind kind,
    const HabRoute *const *tables)
{
  HabListener *self = g_new0 (HabListener, 1);

  self->context = context;
  self->kind = kind;
  self->tables = tables;
  self->tally = hab_tally_new (context->metrics,
      kind == HAB_LISTENER_API ? "api" : "delivery");
  if (context->settings->rate_limit > 0)
    self->rate_limit = hab_rate_limit_new (context->settings->rate_limit);
  /* Raw: an encoded slash must not become one before paths are split. */
  self->server = soup_server_new ("raw-paths", TRUE, NULL);
  g_signal_connect (self->server, "request-started",
      G_CALLBACK (on_request_started), self);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  return self;
}

static void
close_doors (HabListener *self)
{
  for (guint i = 0; self->doors != NULL && i < self->doors->len; i++)
    hab_doors_close (g_ptr_array_index (self->doors, i));
}

void
hab_listener_free (HabListener *self)
{
  close_doors (self);
  g_clear_pointer (&self->doors, g_ptr_array_unref);
  g_object_unref (self->server);
  hab_tally_free (self->tally);
  g_clear_pointer (&self->rate_limit, hab_rate_limit_free);
  g_free (self);
}

void
hab_listener_set_certificate (HabListener *self, GTlsCertificate *certificate)
{
  soup_server_set_tls_certificate (self->server, certificate);
}

/* libsoup has to listen, for it keeps connections only while it does; but without
 * TLS it makes none of its own. */
static gboolean
serve_door (HabListener *self, GSocket *door, GError **error)
{
  gboolean encrypted = self->context->settings->tls_certificate != NULL;

  /* How many may wait. The manager's sockets may say 10, and whoever is beyond
   * that tries again after a second. */
  listen (g_socket_get_fd (door), SOMAXCONN);
  if (!soup_server_listen_socket (self->server, door,
          encrypted ? SOUP_SERVER_LISTEN_HTTPS : 0, error))
    return FALSE;
  if (!encrypted)
    hab_doors_serve (door, self->server);
  return TRUE;
}

static gboolean
serve_doors (HabListener *self, GError **error)
{
  for (guint i = 0; i < self->doors->len; i++)
    if (!serve_door (self, g_ptr_array_index (self->doors, i), error))
      return FALSE;
  return TRUE;
}

gboolean
hab_listener_listen (HabListener *self, GPtrArray *sockets, guint port,
    GError **error)
{
  self->doors = sockets != NULL
      ? g_ptr_array_ref (sockets)
      : hab_doors_open (self->context->settings->address, port, error);
  if (self->doors == NULL || !serve_doors (self, error)) {
    g_prefix_error (error, "Cannot listen on port %u: ", port);
    return FALSE;
  }
  self->port = hab_doors_get_port (self->doors);
  return TRUE;
}

void
hab_listener_stop (HabListener *self)
{
  close_doors (self);
  hab_connection_end_stop ();
  soup_server_disconnect (self->server);
}

guint
hab_listener_get_port (HabListener *self)
{
  return self->port;
}
