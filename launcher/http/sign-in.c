/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* A browser cannot send a token with all that a page loads: it trades one for
 * a session, which a cookie stands for that scripts cannot read. */

#include <string.h>

#include "access.h"
#include "admission.h"
#include "json.h"
#include "keys.h"
#include "pages.h"
#include "problem.h"
#include "request.h"
#include "resources.h"

static const gchar *
get_local_path (const gchar *next)
{
  return hab_access_is_local_path (next) ? next : "/";
}

/* Whether there is nobody to sign in: no token is asked for, or the client has
 * a session. The route is public, so admission does not tell. */
static gboolean
is_signed_in (HabRequest *request)
{
  const HabHttpContext *context = hab_request_get_context (request);

  return context->tokens == NULL ||
      *hab_request_get_owner (request) != '\0' ||
      hab_request_get_scope (request) == NULL;
}

static HabReply *
new_page (HabRequest *request, guint status, const gchar *next,
    const gchar *message)
{
  return hab_pages_reply_sign_in (status, get_local_path (next), message);
}

static void
get_sign_in (HabRequest *request)
{
  const gchar *next = hab_request_get_query (request, "next");

  hab_request_reply (request, is_signed_in (request)
      ? hab_reply_new_see_other (get_local_path (next))
      : new_page (request, SOUP_STATUS_OK, next, ""));
}

static void
set_cookie (HabRequest *request, HabReply *reply, const gchar *id,
    guint max_age)
{
  g_autofree gchar *cookie = g_strdup_printf (
      HAB_SESSION_COOKIE "=%s; Path=/; Max-Age=%u; HttpOnly; SameSite=Strict%s",
      id, max_age, hab_request_is_secure (request) ? "; Secure" : "");

  hab_reply_set_header (reply, "Set-Cookie", cookie);
}

/* The token of the form; NULL where there is no such token. */
static const HabToken *
find_token (HabRequest *request, GHashTable *form)
{
  HabTokens *tokens = hab_request_get_context (request)->tokens;
  const gchar *given = g_hash_table_lookup (form, "token");
  g_autofree gchar *text = g_strstrip (g_strdup (given != NULL ? given : ""));
  guint8 digest[HAB_TOKEN_DIGEST_SIZE];

  hab_token_digest (text, digest);
  hab_key_wipe (text, strlen (text));
  return tokens != NULL ? hab_tokens_find (tokens, digest) : NULL;
}

static HabReply *
open_session (HabRequest *request, const HabToken *token, const gchar *next)
{
  HabSessions *sessions = hab_request_get_context (request)->sessions;
  g_autofree gchar *id = hab_sessions_open (sessions, token->digest,
      g_get_monotonic_time ());
  HabReply *reply = hab_reply_new_see_other (get_local_path (next));

  set_cookie (request, reply, id, HAB_SESSION_SECONDS);
  return reply;
}

static GHashTable *
read_form (HabRequest *request)
{
  GByteArray *body = hab_request_get_body (request);
  /* An empty one has no data. */
  g_autofree gchar *text = body->len > 0
      ? g_strndup ((const gchar *) body->data, body->len)
      : g_strdup ("");
  GHashTable *form = soup_form_decode (text);

  hab_key_wipe (text, strlen (text));
  return form;
}

static void
post_sign_in (HabRequest *request)
{
  g_autoptr (GHashTable) form = read_form (request);
  const gchar *next = g_hash_table_lookup (form, "next");
  const HabToken *token = find_token (request, form);

  if (token != NULL || is_signed_in (request))
    hab_request_reply (request, token != NULL
        ? open_session (request, token, next)
        : hab_reply_new_see_other (get_local_path (next)));
  else
    hab_request_reply (request, new_page (request, SOUP_STATUS_FORBIDDEN, next,
        "This is no token of this service. Check that it was copied whole."));
}

static void
post_sign_out (HabRequest *request)
{
  HabSessions *sessions = hab_request_get_context (request)->sessions;
  g_autofree gchar *id = hab_admission_get_session_id (request);
  HabReply *reply = hab_reply_new_see_other ("/sign-in");

  if (id != NULL)
    hab_sessions_close (sessions, id);
  set_cookie (request, reply, "", 0);
  hab_request_reply (request, reply);
}

/* By whose token, and for pages: whether there is something to sign out of. */
static void
get_session (HabRequest *request)
{
  const HabHttpContext *context = hab_request_get_context (request);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree gchar *id = hab_admission_get_session_id (request);
  gboolean asked = context->tokens != NULL;

  json_builder_begin_object (builder);
  hab_json_add_bool (builder, "token_needed", asked);
  hab_json_add_text (builder, "name", hab_request_get_owner (request));
  hab_json_add_bool (builder, "admin",
      hab_request_get_scope (request) == NULL);
  hab_json_add_bool (builder, "signed_in",
      asked && id != NULL && is_signed_in (request));
  json_builder_end_object (builder);
  hab_request_reply (request,
      hab_reply_new_json (SOUP_STATUS_OK, json_builder_get_root (builder)));
}

const HabRoute hab_sign_in_routes[] = {
  { "GET", "/sign-in", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL, get_sign_in },
  { "POST", "/sign-in", HAB_BODY_JSON, HAB_ROUTE_PUBLIC, NULL, post_sign_in },
  { "POST", "/sign-out", HAB_BODY_JSON, HAB_ROUTE_PUBLIC, NULL,
      post_sign_out },
  { "GET", "/session", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, NULL, get_session },
  { NULL }
};
