/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callback-rules.h"

#include <libsoup/soup.h>
#include <string.h>

#define MAX_URL 2048

static gint
get_default_port (GUri *uri)
{
  return g_str_equal (g_uri_get_scheme (uri), "https") ? 443 : 80;
}

static gint
get_port (GUri *uri)
{
  return g_uri_get_port (uri) > 0 ? g_uri_get_port (uri)
                                  : get_default_port (uri);
}

/* GLib's parser lets blanks pass. */
static gboolean
is_printed (const gchar *url)
{
  for (; *url != '\0'; url++)
    if (!g_ascii_isgraph (*url))
      return FALSE;
  return TRUE;
}

/* (nullable) */
static GUri *
parse_url (const gchar *url)
{
  g_autoptr (GUri) uri = strlen (url) <= MAX_URL && is_printed (url)
      ? g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL)
      : NULL;

  if (uri == NULL || g_uri_get_host (uri) == NULL ||
      *g_uri_get_host (uri) == '\0' || g_uri_get_userinfo (uri) != NULL ||
      (!g_str_equal (g_uri_get_scheme (uri), "http") &&
          !g_str_equal (g_uri_get_scheme (uri), "https")))
    return NULL;
  return g_steal_pointer (&uri);
}

gboolean
hab_callback_host_is_valid (const gchar *host)
{
  g_autofree gchar *url = g_strconcat ("http://", host, "/", NULL);
  g_autoptr (GUri) uri = parse_url (url);

  return uri != NULL && strpbrk (host, "/?#") == NULL &&
      !g_str_has_suffix (host, ":");
}

static gchar *
build_host (GUri *uri, gboolean with_port)
{
  const gchar *host = g_uri_get_host (uri);
  gboolean ipv6 = strchr (host, ':') != NULL;
  g_autofree gchar *port =
      with_port ? g_strdup_printf (":%d", get_port (uri)) : NULL;

  return g_strconcat (ipv6 ? "[" : "", host, ipv6 ? "]" : "", port, NULL);
}

HabCallbackUrl
hab_callback_url_check (const gchar *url, const gchar *const *hosts)
{
  g_autoptr (GUri) uri = parse_url (url);
  g_autofree gchar *name = NULL;
  g_autofree gchar *name_and_port = NULL;

  if (uri == NULL)
    return HAB_CALLBACK_URL_MALFORMED;
  name = build_host (uri, FALSE);
  name_and_port = build_host (uri, TRUE);
  for (; hosts != NULL && *hosts != NULL; hosts++) {
    if (g_ascii_strcasecmp (*hosts, name_and_port) == 0 ||
        (get_port (uri) == get_default_port (uri) &&
            g_ascii_strcasecmp (*hosts, name) == 0))
      return HAB_CALLBACK_URL_ALLOWED;
  }
  return HAB_CALLBACK_URL_NOT_ALLOWED;
}

gchar *
hab_callback_sign (const gchar *secret, gint64 seconds, const gchar *body)
{
  g_autofree gchar *text =
      g_strdup_printf ("%" G_GINT64_FORMAT ".%s", seconds, body);
  g_autofree gchar *mac = g_compute_hmac_for_string (G_CHECKSUM_SHA256,
      (const guchar *) secret, strlen (secret), text, -1);

  return g_strdup_printf ("t=%" G_GINT64_FORMAT ",v1=%s", seconds, mac);
}
