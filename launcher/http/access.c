/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "access.h"

#include <arpa/inet.h>
#include <libsoup/soup.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define NAME_CHARS \
  DIGITS "-.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

gchar *
hab_access_split_host (const gchar *authority)
{
  g_autofree gchar *text = g_strconcat ("http://", authority, "/", NULL);
  g_autoptr (GUri) uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, NULL);

  if (uri == NULL || g_uri_get_userinfo (uri) != NULL ||
      g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL ||
      g_strcmp0 (g_uri_get_path (uri), "/") != 0)
    return NULL;
  return g_strdup (g_uri_get_host (uri));
}

static gboolean
is_known_address (const gchar *name, gboolean loopback_only)
{
  g_autoptr (GInetAddress) address = NULL;
  guint8 ipv4[4];

  if (inet_pton (AF_INET, name, ipv4) == 1)
    return !loopback_only || ipv4[0] == 127;
  address = g_inet_address_new_from_string (name);
  return address != NULL &&
      (!loopback_only || g_inet_address_get_is_loopback (address));
}

gboolean
hab_access_name_is_known (const gchar *name, gboolean loopback_only,
    const gchar *const *names)
{
  if (name == NULL || *name == '\0')
    return FALSE;
  if (g_ascii_strcasecmp (name, "localhost") == 0)
    return TRUE;
  for (; names != NULL && *names != NULL; names++)
    if (g_ascii_strcasecmp (name, *names) == 0)
      return TRUE;
  return is_known_address (name, loopback_only);
}

static gboolean
is_port (const gchar *text)
{
  gsize length = strspn (text, DIGITS);

  return length >= 1 && length <= 5 && text[length] == '\0' &&
      atoi (text) <= G_MAXUINT16;
}

/* The name of an authority that needs no parser of URIs, as nearly none does:
 * letters, digits, dots and dashes, with or without a port. NULL of any other. */
static gchar *
split_plain_host (const gchar *authority)
{
  gsize length = strspn (authority, NAME_CHARS);
  const gchar *behind = authority + length;

  return *behind == '\0' || (*behind == ':' && is_port (behind + 1))
      ? g_strndup (authority, length)
      : NULL;
}

gboolean
hab_access_host_is_known (const gchar *authority, gboolean loopback_only,
    const gchar *const *names)
{
  g_autofree gchar *host =
      authority != NULL ? split_plain_host (authority) : NULL;

  if (authority != NULL && host == NULL)
    host = hab_access_split_host (authority);
  return hab_access_name_is_known (host, loopback_only, names);
}

static gboolean
has_authority (const gchar *origin, const gchar *authority)
{
  const gchar *behind = strstr (origin, "://");

  return behind != NULL && authority != NULL &&
      g_ascii_strcasecmp (behind + 3, authority) == 0;
}

/* Whether url begins with origin and a path, if anything, follows. */
static gboolean
is_origin_of (const gchar *origin, const gchar *url)
{
  gsize length = strlen (origin);

  return url != NULL && g_ascii_strncasecmp (url, origin, length) == 0 &&
      (url[length] == '\0' || url[length] == '/');
}

gboolean
hab_access_origin_is_own (const gchar *origin, const gchar *fetch_site,
    const gchar *host, const gchar *public_url)
{
  if (origin != NULL && !has_authority (origin, host) &&
      !is_origin_of (origin, public_url))
    return FALSE;
  return fetch_site == NULL || g_str_equal (fetch_site, "same-origin") ||
      g_str_equal (fetch_site, "none");
}

const gchar *
hab_access_get_bearer (const gchar *authorization)
{
  return authorization != NULL &&
          g_ascii_strncasecmp (authorization, "Bearer ", 7) == 0
      ? authorization + 7
      : NULL;
}

gchar *
hab_access_find_cookie (const gchar *cookies, const gchar *name)
{
  g_auto (GStrv) pairs =
      g_strsplit (cookies != NULL ? cookies : "", ";", -1);
  gsize length = strlen (name);

  for (gchar **pair = pairs; *pair != NULL; pair++) {
    const gchar *text = g_strstrip (*pair);

    if (strncmp (text, name, length) == 0 && text[length] == '=')
      return g_strdup (text + length + 1);
  }
  return NULL;
}

/* A browser takes a backslash for a slash, and leaves out control characters. */
gboolean
hab_access_is_local_path (const gchar *path)
{
  if (path == NULL || path[0] != '/' || path[1] == '/')
    return FALSE;
  for (; *path != '\0'; path++)
    if ((guchar) *path <= 0x20 || (guchar) *path >= 0x7f || *path == '\\')
      return FALSE;
  return TRUE;
}

gboolean
hab_access_is_origin (const gchar *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_uri_get_host (uri) != NULL &&
      *g_uri_get_host (uri) != '\0' && *g_uri_get_path (uri) == '\0' &&
      g_uri_get_userinfo (uri) == NULL && g_uri_get_query (uri) == NULL &&
      g_uri_get_fragment (uri) == NULL;
}

gboolean
hab_access_prefers_html (const gchar *accept)
{
  GSList *types;
  gboolean html = FALSE, json = FALSE;

  if (accept == NULL)
    return FALSE;
  types = soup_header_parse_quality_list (accept, NULL);
  for (GSList *item = types; item != NULL && !html && !json;
       item = item->next) {
    const gchar *type = item->data;

    html = g_ascii_strncasecmp (type, "text/html", 9) == 0;
    json = g_ascii_strncasecmp (type, "application/json", 16) == 0 ||
        g_ascii_strncasecmp (type, "*/*", 3) == 0;
  }
  soup_header_free_list (types);
  return html;
}
