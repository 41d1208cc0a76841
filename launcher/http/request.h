/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "delivery-address.h"
#include "forwarded.h"
#include "http-types.h"
#include "reply.h"
#include "http-context.h"

G_BEGIN_DECLS

/* What takes a body as it comes. */
typedef struct
{
  /* FALSE with error set where it wants no more of it. */
  gboolean (*feed) (gpointer reader, const guint8 *bytes, gsize size,
      GError **error);
  /* The client is gone, or was answered. */
  void (*stop) (gpointer reader);
  void (*free) (gpointer reader);
} HabBodyReader;

/* One request, from its headers until its answer has left. Counted; made and
 * answered in the main thread. The getters may be called in the thread that
 * works for it meanwhile. */
HabRequest *hab_request_ref (HabRequest *request);
void hab_request_unref (HabRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabRequest, hab_request_unref)

const HabHttpContext *hab_request_get_context (HabRequest *request);
SoupMessageHeaders *hab_request_get_headers (HabRequest *request);
/* (nullable) */
const gchar *hab_request_get_header (HabRequest *request, const gchar *name);
/* What the n-th place of the route's pattern stands for. */
const gchar *hab_request_get_param (HabRequest *request, guint n);
/* (nullable): of the query, decoded. */
const gchar *hab_request_get_query (HabRequest *request, const gchar *name);
/* (nullable): all of the query as it was sent. */
const gchar *hab_request_get_query_string (HabRequest *request);
/* The path as it was sent. */
const gchar *hab_request_get_path (HabRequest *request);
/* Of HAB_BODY_JSON; wiped with the request, it may hold keys. */
GByteArray *hab_request_get_body (HabRequest *request);
/* Of HAB_BODY_UPLOAD a HabUpload, of HAB_BODY_APPEND a HabAppend. */
gpointer hab_request_get_reader (HabRequest *request);

/* --- who asks --------------------------------------------------------- */

/* The name of the client's token, which owns what the client makes; "" without
 * one. */
const gchar *hab_request_get_owner (HabRequest *request);
/* Whose things the client may see: as of get_owner (), or NULL for those of
 * everybody. */
const gchar *hab_request_get_scope (HabRequest *request);
/* Whether the client may see and change what is this owner's. */
gboolean hab_request_may_see (HabRequest *request, const gchar *owner);
/* Takes package, and gives it back where the client may see it; 404 where not,
 * as where there is none. NULL stays NULL. */
HabPackage *hab_request_show_package (HabRequest *request,
    HabPackage *package, GError **error);
HabInput *hab_request_show_input (HabRequest *request, HabInput *input,
    GError **error);
/* Whether it is GET, HEAD or OPTIONS: changes nothing. */
gboolean hab_request_is_safe (HabRequest *request);
/* By the connection, or what a trusted proxy says of it; known from its headers
 * on. Where a proxy said anything the host is there. */
const HabArrival *hab_request_get_arrival (HabRequest *request);
/* Whether the client reached the API by https. */
gboolean hab_request_is_secure (HabRequest *request);
/* What it is called in logs and in the answer's X-Request-Id; known from its
 * headers on. (nullable) */
const gchar *hab_request_get_request_id (HabRequest *request);
/* Of the answer; 0 where there is none yet. */
guint hab_request_get_status (HabRequest *request);
/* A person reads the answer. */
gboolean hab_request_wants_html (HabRequest *request);

/* A parameter as an id; 404 where it is none. */
gboolean hab_request_get_id (HabRequest *request, guint n, gint64 *id,
    GError **error);
/* In a thread of the store: the package whose id is the first, where the client may
 * see it; else a 404. */
HabPackage *hab_request_load_package (HabRequest *request, HabVault *vault,
    GError **error);
/* A number of the query from minimum to maximum, or the fallback where it is
 * absent; 400 where it is no such number. */
gboolean hab_request_get_number (HabRequest *request, const gchar *name,
    guint64 minimum, guint64 maximum, guint64 fallback, guint64 *number,
    GError **error);

/* Where this service is, as the client of this request reaches it; without a
 * slash at the end. */
gchar *hab_request_build_delivery_url (HabRequest *request);
/* The same with what signs addresses, if they are signed. Fills address. */
void hab_request_get_delivery_address (HabRequest *request,
    HabDeliveryAddress *address);

/* Main thread, once: sends the answer. Take reply and error. */
void hab_request_reply (HabRequest *request, HabReply *reply);
/* Begins an answer without a length; whoever writes its body unpauses the
 * message. */
void hab_request_begin_stream (HabRequest *request, guint status);
void hab_request_fail (HabRequest *request, GError *error);
/* The one of them that is not NULL. */
void hab_request_answer (HabRequest *request, HabReply *reply, GError *error);
/* Answers while the body still comes, which nobody reads any more. Takes
 * error. */
void hab_request_refuse (HabRequest *request, GError *error);
/* Whether the client is gone or was answered; then work for it can stop. */
gboolean hab_request_is_over (HabRequest *request);

/* A header of the answer, whatever it will be. */
/* name: a literal. */
void hab_request_set_header (HabRequest *request, const gchar *name,
    const gchar *value);

/* Called in the main thread when the request is over; from here on the client
 * is watched, so that it is soon when that leaves. One callback, or NULL for none
 * any more. */
void hab_request_on_over (HabRequest *request, void (*callback) (gpointer data),
    gpointer data);
/* (transfer none): cancelled in the main thread when the client has left before
 * it was answered, for which it is watched from here on. */
GCancellable *hab_request_get_cancellable (HabRequest *request);

/* --- for the listener ------------------------------------------------- */

HabRequest *hab_request_new (const HabHttpContext *context,
    HabListenerKind kind, SoupServerMessage *message);
SoupServerMessage *hab_request_get_message (HabRequest *request);
/* admin: sees and changes what belongs to others, too. */
void hab_request_set_client (HabRequest *request, const gchar *owner,
    gboolean admin);
/* Takes params and query. */
void hab_request_set_route (HabRequest *request, const HabRoute *route,
    GPtrArray *params, GHashTable *query);
const HabRoute *hab_request_get_route (HabRequest *request);
/* What to answer when the body was read. Takes error. */
void hab_request_set_denied (HabRequest *request, GError *error);
GError *hab_request_steal_denied (HabRequest *request);
/* Takes reader, which has the body from now on. */
void hab_request_set_reader (HabRequest *request, const HabBodyReader *type,
    gpointer reader);
/* FALSE with error set where it wants no more. */
gboolean hab_request_read (HabRequest *request, const guint8 *bytes,
    gsize size, GError **error);
void hab_request_set_over (HabRequest *request);
/* Its headers are there: gives it its id, and finds out how it came. */
void hab_request_identify (HabRequest *request);
/* Stops the message until it is answered, or goes on reading its body. */
void hab_request_pause (HabRequest *request);
void hab_request_resume (HabRequest *request);

G_END_DECLS
