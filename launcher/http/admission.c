/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "admission.h"

#include <string.h>

#include "access.h"
#include "problem.h"
#include "viewers.h"

/* --- addresses -------------------------------------------------------- */

static gboolean
check_host (HabRequest *request, GError **error)
{
  const HabHttpContext *context = hab_request_get_context (request);
  const gchar *const *names = context->hosts;
  gboolean loopback_only = hab_settings_is_loopback (context->settings);
  /* The address asked for may have a host of its own, which rules. */
  GUri *uri = soup_server_message_get_uri (hab_request_get_message (request));
  const gchar *forwarded = hab_request_get_arrival (request)->host;

  /* What a proxy says comes on top: a page whose name leads here can send it,
   * too. */
  if (hab_access_host_is_known (hab_request_get_header (request, "Host"),
          loopback_only, names) &&
      (forwarded == NULL ||
          hab_access_host_is_known (forwarded, loopback_only, names)) &&
      hab_access_name_is_known (g_uri_get_host (uri), loopback_only, names))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_MISDIRECTED_REQUEST,
      "This service is not known by that name; ask for localhost, or start it "
      "with --allow-host");
  return FALSE;
}

static gboolean
check_origin (HabRequest *request, HabListenerKind kind, GError **error)
{
  const HabHttpContext *context = hab_request_get_context (request);
  const gchar *host = hab_request_get_arrival (request)->host;

  if (kind != HAB_LISTENER_API || hab_request_is_safe (request) ||
      hab_access_origin_is_own (hab_request_get_header (request, "Origin"),
          hab_request_get_header (request, "Sec-Fetch-Site"),
          host != NULL ? host : hab_request_get_header (request, "Host"),
          context->settings->public_url))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_FORBIDDEN,
      "A page of another origin may not change anything here; use this "
      "service's own pages, or a program that is no browser");
  return FALSE;
}

gboolean
hab_admission_check_address (HabRequest *request, HabListenerKind kind,
    GError **error)
{
  return check_host (request, error) && check_origin (request, kind, error);
}

/* --- clients ---------------------------------------------------------- */

gchar *
hab_admission_get_session_id (HabRequest *request)
{
  return hab_access_find_cookie (soup_message_headers_get_list (
             hab_request_get_headers (request), "Cookie"), HAB_SESSION_COOKIE);
}

/* (nullable): ends with a token that is not there any more. */
static const HabToken *
find_by_session (HabRequest *request, HabTokens *tokens)
{
  HabSessions *sessions = hab_request_get_context (request)->sessions;
  g_autofree gchar *id = hab_admission_get_session_id (request);
  const guint8 *digest = id != NULL
      ? hab_sessions_find (sessions, id, g_get_monotonic_time ())
      : NULL;

  return digest != NULL ? hab_tokens_find (tokens, digest) : NULL;
}

/* (nullable): who sends a token means that one, whatever the cookie says.
 * Cookies of the API come to delivery too, for they know no ports; there they
 * would speak for pages of other origins. */
static const HabToken *
find_token (HabRequest *request, HabListenerKind kind, HabTokens *tokens)
{
  const gchar *authorization =
      hab_request_get_header (request, "Authorization");
  const gchar *bearer = hab_access_get_bearer (authorization);
  guint8 digest[HAB_TOKEN_DIGEST_SIZE];

  if (bearer != NULL) {
    hab_token_digest (bearer, digest);
    return hab_tokens_find (tokens, digest);
  }
  return authorization == NULL && kind == HAB_LISTENER_API
      ? find_by_session (request, tokens)
      : NULL;
}

static gboolean
needs_viewer_token (HabRequest *request, const HabRoute *route)
{
  return (route->flags & HAB_ROUTE_VIEWER) != 0 &&
      hab_request_get_context (request)->settings->signed_delivery;
}

/* Delivery asks nobody for a token while only this machine can reach it. */
static gboolean
is_open (HabRequest *request, HabListenerKind kind, const HabRoute *route)
{
  const HabHttpContext *context = hab_request_get_context (request);
  const HabSettings *settings = context->settings;

  if (needs_viewer_token (request, route))
    return FALSE;
  return context->tokens == NULL ||
      (kind == HAB_LISTENER_DELIVERY &&
          !hab_settings_is_delivery_public (settings));
}

static void
set_sign_in_error (HabRequest *request, GError **error)
{
  GUri *uri = soup_server_message_get_uri (hab_request_get_message (request));
  const gchar *query = g_uri_get_query (uri);
  g_autofree gchar *here = g_strconcat (g_uri_get_path (uri),
      query != NULL ? "?" : NULL, query, NULL);
  g_autofree gchar *next = g_uri_escape_string (here, "/", FALSE);

  hab_http_error_set (error, SOUP_STATUS_SEE_OTHER, "/sign-in?next=%s", next);
}

static gboolean
refuse (HabRequest *request, HabListenerKind kind, GError **error)
{
  if (kind == HAB_LISTENER_API && hab_request_is_safe (request) &&
      hab_request_wants_html (request))
    set_sign_in_error (request, error);
  else
    hab_http_error_set (error, SOUP_STATUS_UNAUTHORIZED,
        kind == HAB_LISTENER_API
            ? "Send a token of this service as Authorization: Bearer …, or "
              "sign in at /sign-in"
            : "Send a viewer token of this package, or a token of the API, as "
              "Authorization: Bearer …");
  return FALSE;
}

/* By API tokens and sessions. */
static gboolean
check_owner (HabRequest *request, HabListenerKind kind, const HabRoute *route,
    GError **error)
{
  HabTokens *tokens = hab_request_get_context (request)->tokens;
  const HabToken *token =
      tokens != NULL ? find_token (request, kind, tokens) : NULL;

  if (token != NULL)
    hab_request_set_client (request, token->name, token->admin);
  else if (is_open (request, kind, route))
    hab_request_set_client (request, "", TRUE);
  else if ((route->flags & HAB_ROUTE_PUBLIC) == 0)
    return refuse (request, kind, error);
  return TRUE;
}

gboolean
hab_admission_check_client (HabRequest *request, HabListenerKind kind,
    const HabRoute *route, GError **error)
{
  switch (hab_viewers_check (request, route, error)) {
    case HAB_VIEWER_ADMITTED:
      /* Its route leads to that package and nowhere else. */
      hab_request_set_client (request, "", TRUE);
      return TRUE;
    case HAB_VIEWER_REFUSED:
      return FALSE;
    default:
      break;
  }
  if ((route->flags & HAB_ROUTE_PUBLIC) == 0 ||
      !needs_viewer_token (request, route))
    return check_owner (request, kind, route, error);
  hab_http_error_set (error, SOUP_STATUS_FORBIDDEN,
      "Files are delivered at signed addresses only, which the API gives");
  return FALSE;
}

/* --- how often -------------------------------------------------------- */

/* Whoever has an IPv6 address has the 2^64 beside it, too. */
static gchar *
name_address (HabRequest *request)
{
  GInetAddress *address = hab_request_get_arrival (request)->client;
  guint8 bytes[16] = { 0 };
  g_autoptr (GInetAddress) network = NULL;

  if (address == NULL)
    return g_strdup ("");
  if (g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
    return g_inet_address_to_string (address);
  memcpy (bytes, g_inet_address_to_bytes (address), 8);
  network = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  return g_inet_address_to_string (network);
}

gboolean
hab_admission_check_rate (HabRequest *request, HabRateLimit *limit)
{
  const gchar *owner = hab_request_get_owner (request);
  g_autofree gchar *client = *owner != '\0'
      ? g_strconcat ("token ", owner, NULL)
      : name_address (request);
  guint seconds = hab_rate_limit_take (limit, client, g_get_monotonic_time ());
  g_autofree gchar *text = g_strdup_printf ("%u", seconds);

  if (seconds > 0)
    hab_request_set_header (request, "Retry-After", text);
  return seconds == 0;
}
