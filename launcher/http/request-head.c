/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What libsoup 3.2.3 loses of the heads of requests:
 *
 * - the path, where it does not know how long the body is (a Transfer-Encoding
 *   other than chunked, a Content-Length that is no number);
 * - the method, which it interns, whatever word that is.
 *
 * Either may have 64 KiB, so that any client could make the service grow. There is no
 * signal before that and no setting. But the head is read by a function that is
 * public, which libsoup, not being linked with -Bsymbolic, calls by its name: the
 * dynamic linker takes the program's before its own. Were that not so any more,
 * the test faults-clients would tell. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <dlfcn.h>

#include <gmodule.h>
#include <libsoup/soup.h>

/* For all the words that are no method. */
#define OTHER_METHOD "OTHER"

typedef guint (*ParseRequest) (const char *head, int length,
    SoupMessageHeaders *headers, char **method, char **path,
    SoupHTTPVersion *version);

static gboolean
is_known_method (const gchar *method)
{
  static const gchar *const known[] = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT",
    "TRACE", NULL
  };

  return g_strv_contains (known, method);
}

static gboolean
has_known_body (SoupMessageHeaders *headers)
{
  return soup_message_headers_get_encoding (headers) !=
      SOUP_ENCODING_UNRECOGNIZED;
}

/* As libsoup answers. */
static guint
refuse_body (SoupMessageHeaders *headers)
{
  return soup_message_headers_get_list (headers, "Transfer-Encoding") != NULL
      ? SOUP_STATUS_NOT_IMPLEMENTED
      : SOUP_STATUS_BAD_REQUEST;
}

/* Called by libsoup, in place of its own function, which does the work. Where the
 * request is refused nothing is left in method and path. */
G_MODULE_EXPORT guint
soup_headers_parse_request (const char *head, int length,
    SoupMessageHeaders *headers, char **method, char **path,
    SoupHTTPVersion *version)
{
  static ParseRequest parse; /* main thread */
  guint status;

  if (parse == NULL)
    parse = (ParseRequest) dlsym (RTLD_NEXT, G_STRFUNC);
  status = parse (head, length, headers, method, path, version);
  if (status != SOUP_STATUS_OK)
    return status;
  if (!has_known_body (headers)) {
    g_clear_pointer (method, g_free);
    g_clear_pointer (path, g_free);
    return refuse_body (headers);
  }
  if (!is_known_method (*method)) {
    g_free (*method);
    *method = g_strdup (OTHER_METHOD);
  }
  return status;
}
