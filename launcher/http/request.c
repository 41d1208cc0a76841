/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "request.h"

#include <unistd.h>

#include "access.h"
#include "connection.h"
#include "departure.h"
#include "keys.h"
#include "linger.h"
#include "problem.h"
#include "request-id.h"
#include "transfer.h"

struct _HabRequest
{
  gatomicrefcount refs;
  const HabHttpContext *context;
  HabListenerKind kind;
  SoupServerMessage *message; /* until the request is freed: its headers are
                               * read from other threads */

  /* constant once the headers were read */
  gchar *id;
  HabArrival arrival;
  gchar *owner;
  gboolean admin;
  const HabRoute *route;
  GPtrArray *params; /* of gchar * */
  GHashTable *query;

  GByteArray *body;
  const HabBodyReader *reader_type;
  gpointer reader; /* of reader_type; or NULL */

  /* main thread only */
  gboolean over;     /* the message is finished: do not touch it */
  gboolean answered;
  guint status;      /* of the answer, 0 before it */
  gboolean paused;
  HabHeaderList *headers; /* of the answer, beside the reply's own */
  GError *denied;    /* what to answer instead of calling the handler */
  HabReply *early;   /* goes out without the rest of the body */
  guint departure_id; /* while it is watched whether the client leaves */
  void (*over_callback) (gpointer data);
  gpointer over_data;
  GCancellable *cancellable; /* NULL until somebody asks for it */
};

HabRequest *
hab_request_new (const HabHttpContext *context, HabListenerKind kind,
    SoupServerMessage *message)
{
  HabRequest *self = g_new0 (HabRequest, 1);

  g_atomic_ref_count_init (&self->refs);
  self->context = context;
  self->kind = kind;
  self->message = g_object_ref (message);
  self->headers = hab_header_list_new ();
  self->body = g_byte_array_new ();
  self->owner = g_strdup ("");
  return self;
}

HabRequest *
hab_request_ref (HabRequest *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
hab_request_unref (HabRequest *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  hab_key_wipe (self->body->data, self->body->len);
  g_byte_array_unref (self->body);
  g_free (self->id);
  hab_arrival_clear (&self->arrival);
  g_free (self->owner);
  g_clear_pointer (&self->params, g_ptr_array_unref);
  g_clear_pointer (&self->query, g_hash_table_unref);
  if (self->reader != NULL)
    self->reader_type->free (self->reader);
  g_clear_pointer (&self->early, hab_reply_free);
  g_clear_error (&self->denied);
  hab_header_list_free (self->headers);
  g_clear_object (&self->cancellable);
  g_object_unref (self->message);
  g_free (self);
}

const HabHttpContext *
hab_request_get_context (HabRequest *self)
{
  return self->context;
}

SoupServerMessage *
hab_request_get_message (HabRequest *self)
{
  return self->message;
}

SoupMessageHeaders *
hab_request_get_headers (HabRequest *self)
{
  return soup_server_message_get_request_headers (self->message);
}

const gchar *
hab_request_get_header (HabRequest *self, const gchar *name)
{
  return soup_message_headers_get_one (hab_request_get_headers (self), name);
}

const gchar *
hab_request_get_param (HabRequest *self, guint n)
{
  return g_ptr_array_index (self->params, n);
}

const gchar *
hab_request_get_query (HabRequest *self, const gchar *name)
{
  return self->query != NULL ? g_hash_table_lookup (self->query, name) : NULL;
}

const gchar *
hab_request_get_query_string (HabRequest *self)
{
  return g_uri_get_query (soup_server_message_get_uri (self->message));
}

const gchar *
hab_request_get_path (HabRequest *self)
{
  return g_uri_get_path (soup_server_message_get_uri (self->message));
}

GByteArray *
hab_request_get_body (HabRequest *self)
{
  return self->body;
}

gpointer
hab_request_get_reader (HabRequest *self)
{
  return self->reader;
}

const gchar *
hab_request_get_owner (HabRequest *self)
{
  return self->owner;
}

const gchar *
hab_request_get_scope (HabRequest *self)
{
  return self->admin ? NULL : self->owner;
}

gboolean
hab_request_may_see (HabRequest *self, const gchar *owner)
{
  return self->admin || g_str_equal (self->owner, owner);
}

gboolean
hab_request_is_safe (HabRequest *self)
{
  const gchar *method = soup_server_message_get_method (self->message);

  return g_str_equal (method, "GET") || g_str_equal (method, "HEAD") ||
      g_str_equal (method, "OPTIONS");
}

const HabArrival *
hab_request_get_arrival (HabRequest *self)
{
  return &self->arrival;
}

gboolean
hab_request_is_secure (HabRequest *self)
{
  const gchar *public_url = self->context->settings->public_url;
  GUri *uri = soup_server_message_get_uri (self->message);

  if (public_url != NULL)
    return g_ascii_strncasecmp (public_url, "https:", 6) == 0;
  return g_strcmp0 (self->arrival.scheme != NULL ? self->arrival.scheme
                                                 : g_uri_get_scheme (uri),
             "https") == 0;
}

/* A proxy has ports of its own: that of delivery is known where the request
 * came to delivery. */
gchar *
hab_request_build_delivery_url (HabRequest *self)
{
  const HabSettings *settings = self->context->settings;
  const HabArrival *arrival = &self->arrival;
  GUri *uri = soup_server_message_get_uri (self->message);
  g_autofree gchar *host = arrival->host != NULL
      ? hab_access_split_host (arrival->host)
      : g_strdup (g_uri_get_host (uri));

  if (settings->public_delivery_url == NULL && arrival->host != NULL &&
      self->kind == HAB_LISTENER_DELIVERY)
    return g_strdup_printf ("%s://%s", arrival->scheme != NULL
        ? arrival->scheme : g_uri_get_scheme (uri), arrival->host);
  return hab_http_context_build_url (self->context, HAB_LISTENER_DELIVERY,
      arrival->scheme, host);
}

const gchar *
hab_request_get_request_id (HabRequest *self)
{
  return self->id;
}

guint
hab_request_get_status (HabRequest *self)
{
  return self->status;
}

void
hab_request_get_delivery_address (HabRequest *self,
    HabDeliveryAddress *address)
{
  address->url = hab_request_build_delivery_url (self);
  hab_delivery_address_set_signer (address, self->context->settings,
      self->context->signer);
}

/* --- answers ---------------------------------------------------------- */

void
hab_request_set_header (HabRequest *self, const gchar *name,
    const gchar *value)
{
  hab_header_list_set (self->headers, name, value);
}

/* libsoup has put nothing there but Date. */
static void
add_header (const gchar *name, const gchar *value, gpointer headers)
{
  soup_message_headers_append (headers, name, value);
}

/* libsoup takes the length out of a 204, and would believe then that its body,
 * which is none, lasts until the connection is closed. */
static void
keep_connection (SoupServerMessage *message, gpointer data)
{
  soup_message_headers_set_encoding (
      soup_server_message_get_response_headers (message), SOUP_ENCODING_NONE);
}

static void
request_send_bytes (HabRequest *self, GBytes *body)
{
  soup_message_headers_set_content_length (
      soup_server_message_get_response_headers (self->message),
      g_bytes_get_size (body));
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (self->message), body);
}

/* Whether bytes are there to follow the headers. */
static gboolean
request_send_body (HabRequest *self, HabReply *reply)
{
  GBytes *body = hab_reply_get_body (reply);
  guint64 start, length;
  int fd = hab_reply_steal_file (reply, &start, &length);

  if (hab_reply_get_status (reply) == SOUP_STATUS_NOT_MODIFIED) {
    soup_message_headers_set_encoding (
        soup_server_message_get_response_headers (self->message),
        SOUP_ENCODING_NONE);
    close (fd);
    return FALSE;
  }
  if (hab_reply_get_status (reply) == SOUP_STATUS_NO_CONTENT)
    g_signal_connect (self->message, "wrote-headers",
        G_CALLBACK (keep_connection), NULL);
  if (fd >= 0)
    return hab_transfer_start (self->message, fd, start, length,
        self->context->settings->tls_certificate != NULL);
  if (body == NULL)
    return FALSE;
  request_send_bytes (self, body);
  return g_bytes_get_size (body) > 0 &&
      soup_server_message_get_method (self->message) != SOUP_METHOD_HEAD;
}

/* Headers and the first bytes behind them leave as one. */
static void
request_join_body (HabRequest *self)
{
  HabSocketOutput *output = hab_connection_get_output (self->message);

  if (output != NULL)
    hab_socket_output_expect_more (output);
}

void
hab_request_reply (HabRequest *self, HabReply *reply)
{
  g_return_if_fail (!self->answered);

  self->answered = TRUE;
  g_clear_handle_id (&self->departure_id, g_source_remove);
  if (!self->over) {
    SoupMessageHeaders *headers =
        soup_server_message_get_response_headers (self->message);

    hab_reply_apply_conditions (reply,
        soup_server_message_get_method (self->message),
        hab_request_get_headers (self));
    self->status = hab_reply_get_status (reply);
    /* libsoup would cut a part out of any body, whose length is set already. */
    soup_message_headers_remove (hab_request_get_headers (self), "Range");
    soup_server_message_set_status (self->message,
        hab_reply_get_status (reply), NULL);
    hab_header_list_add_missing (hab_reply_get_headers (reply), self->headers);
    hab_header_list_foreach (hab_reply_get_headers (reply), add_header,
        headers);
    if (request_send_body (self, reply))
      request_join_body (self);
    if (self->paused)
      soup_server_message_unpause (self->message);
    self->paused = FALSE;
  }
  hab_reply_free (reply);
}

void
hab_request_begin_stream (HabRequest *self, guint status)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (self->message);

  g_return_if_fail (!self->answered && !self->over);

  self->answered = TRUE;
  self->status = status;
  soup_server_message_set_status (self->message, status, NULL);
  hab_header_list_foreach (self->headers, add_header, headers);
  soup_message_headers_set_encoding (headers,
      soup_server_message_get_http_version (self->message) == SOUP_HTTP_1_0
          ? SOUP_ENCODING_EOF
          : SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (
      soup_server_message_get_response_body (self->message), FALSE);
  self->paused = FALSE;
}

void
hab_request_fail (HabRequest *self, GError *error)
{
  hab_request_reply (self,
      hab_problem_reply (error, self->id, hab_request_wants_html (self)));
  g_error_free (error);
}

void
hab_request_answer (HabRequest *self, HabReply *reply, GError *error)
{
  if (reply != NULL)
    hab_request_reply (self, reply);
  else
    hab_request_fail (self, error);
}

/* Not inside of libsoup's own reading: it would go on with the message. */
static gboolean
send_early (gpointer data)
{
  HabRequest *self = data;

  if (!self->over)
    hab_linger_send (
        soup_server_message_steal_connection (self->message),
        g_steal_pointer (&self->early));
  return G_SOURCE_REMOVE;
}

void
hab_request_refuse (HabRequest *self, GError *error)
{
  if (!self->answered && !self->over) {
    self->answered = TRUE;
    self->early = hab_problem_reply (error, self->id,
        hab_request_wants_html (self));
    self->status = hab_reply_get_status (self->early);
    hab_header_list_add_missing (hab_reply_get_headers (self->early),
        self->headers);
    if (self->reader != NULL)
      self->reader_type->stop (self->reader);
    hab_request_pause (self);
    g_idle_add_full (G_PRIORITY_DEFAULT, send_early, hab_request_ref (self),
        (GDestroyNotify) hab_request_unref);
  }
  g_error_free (error);
}

gboolean
hab_request_is_over (HabRequest *self)
{
  return self->over || self->answered;
}

static void
request_watch_client (HabRequest *self)
{
  if (self->departure_id == 0 && !self->over)
    self->departure_id = hab_departure_watch (self->message);
}

void
hab_request_on_over (HabRequest *self, void (*callback) (gpointer data),
    gpointer data)
{
  self->over_callback = callback;
  self->over_data = data;
  if (callback != NULL)
    request_watch_client (self);
}

GCancellable *
hab_request_get_cancellable (HabRequest *self)
{
  if (self->cancellable == NULL) {
    self->cancellable = g_cancellable_new ();
    request_watch_client (self);
    if (self->over)
      g_cancellable_cancel (self->cancellable);
  }
  return self->cancellable;
}

/* --- for the listener ------------------------------------------------- */

void
hab_request_set_client (HabRequest *self, const gchar *owner, gboolean admin)
{
  g_free (self->owner);
  self->owner = g_strdup (owner);
  self->admin = admin;
}

void
hab_request_set_route (HabRequest *self, const HabRoute *route,
    GPtrArray *params, GHashTable *query)
{
  self->route = route;
  self->params = params;
  self->query = query;
}

const HabRoute *
hab_request_get_route (HabRequest *self)
{
  return self->route;
}

void
hab_request_set_denied (HabRequest *self, GError *error)
{
  self->denied = error;
}

GError *
hab_request_steal_denied (HabRequest *self)
{
  return g_steal_pointer (&self->denied);
}

void
hab_request_set_reader (HabRequest *self, const HabBodyReader *type,
    gpointer reader)
{
  self->reader_type = type;
  self->reader = reader;
}

gboolean
hab_request_read (HabRequest *self, const guint8 *bytes, gsize size,
    GError **error)
{
  return self->reader_type->feed (self->reader, bytes, size, error);
}

void
hab_request_set_over (HabRequest *self)
{
  self->over = TRUE;
  g_clear_handle_id (&self->departure_id, g_source_remove);
  if (self->reader != NULL)
    self->reader_type->stop (self->reader);
  if (self->over_callback != NULL)
    self->over_callback (self->over_data);
  self->over_callback = NULL;
  if (!self->answered && self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
}

/* (nullable) */
static GInetAddress *
get_peer (HabRequest *self)
{
  GSocketAddress *peer =
      soup_server_message_get_remote_address (self->message);

  return G_IS_INET_SOCKET_ADDRESS (peer)
      ? g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer))
      : NULL;
}

/* A proxy that tells of the client but names no host hands on the client's. */
static void
read_arrival (HabRequest *self)
{
  SoupMessageHeaders *headers = hab_request_get_headers (self);
  const HabForwardedHeaders told = {
    .forwarded = soup_message_headers_get_list (headers, "Forwarded"),
    .x_for = soup_message_headers_get_list (headers, "X-Forwarded-For"),
    .x_proto = soup_message_headers_get_list (headers, "X-Forwarded-Proto"),
    .x_host = soup_message_headers_get_list (headers, "X-Forwarded-Host"),
  };
  const gchar *host = hab_request_get_header (self, "Host");
  GInetAddress *peer = get_peer (self);
  HabArrival *arrival = &self->arrival;

  if (!hab_forwarded_read (&told, peer,
          self->context->settings->trusted_proxies, arrival))
    g_debug ("what a proxy says of the request is ignored, request %s",
        self->id);
  if (arrival->host == NULL && host != NULL &&
      (arrival->scheme != NULL || arrival->client != peer) &&
      hab_forwarded_is_authority (host))
    arrival->host = g_strdup (host);
}

void
hab_request_identify (HabRequest *self)
{
  self->id = hab_request_id_choose (
      hab_request_get_header (self, "X-Request-Id"));
  hab_request_set_header (self, "X-Request-Id", self->id);
  read_arrival (self);
}

void
hab_request_pause (HabRequest *self)
{
  if (!self->paused)
    soup_server_message_pause (self->message);
  self->paused = TRUE;
}

void
hab_request_resume (HabRequest *self)
{
  if (self->paused && !self->over && !self->answered)
    soup_server_message_unpause (self->message);
  self->paused = FALSE;
}
