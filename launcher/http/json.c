/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "json.h"

#include <string.h>

#include "problem.h"

#define DEFAULT_LIMIT 100
#define MAX_LIMIT 1000
/* The parser goes as deep as the text does; no request here nests
 * by much. */
#define MAX_BRACKETS 32

/* --- requests --------------------------------------------------------- */

/* curl -d says form-urlencoded when nobody tells it otherwise; who is allowed
 * to post is not decided by the type here. */
static gboolean
check_type (HabRequest *request, GError **error)
{
  const gchar *type = hab_request_get_header (request, "Content-Type");

  if (type == NULL || g_str_has_prefix (type, "application/json") ||
      g_str_has_prefix (type, "application/merge-patch+json") ||
      g_str_has_prefix (type, "text/plain") ||
      g_str_has_prefix (type, "application/x-www-form-urlencoded"))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
      "Send JSON with Content-Type: application/json");
  return FALSE;
}

/* Whether data is one value in brackets, as far as these tell, with nothing
 * outside its strings that JSON has no use for. Of several values JSON-GLib
 * takes the last and leaks the others; it also takes comments, in which there
 * could be brackets. */
static gboolean
is_one_value (const GByteArray *body)
{
  gboolean quoted = FALSE, ended = FALSE;
  guint depth = 0;

  for (guint i = 0; i < body->len; i++) {
    guint8 c = body->data[i];
    gboolean blank = c != '\0' && strchr (" \t\r\n", c) != NULL;

    if (quoted) {
      if (c == '\\')
        i++;
      quoted = c != '"';
      continue;
    }
    if (blank)
      continue;
    if (ended || (depth == 0 && c != '{' && c != '[') ||
        (!g_ascii_isalnum (c) && (c == '\0' || !strchr ("{}[],:\"+-.", c))))
      return FALSE;
    quoted = c == '"';
    depth += c == '{' || c == '[';
    depth -= c == '}' || c == ']';
    ended = depth == 0;
  }
  return ended;
}

static gboolean
check_brackets (const GByteArray *body, GError **error)
{
  guint count = 0;

  for (guint i = 0; i < body->len; i++)
    count += body->data[i] == '[' || body->data[i] == '{';
  if (count <= MAX_BRACKETS)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "The JSON nests too deeply");
  return FALSE;
}

JsonNode *
hab_json_read_body (HabRequest *request, GError **error)
{
  GByteArray *body = hab_request_get_body (request);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (JsonNode) root = NULL;

  if (!check_type (request, error) || !check_brackets (body, error))
    return NULL;
  /* The parser's own message may quote the text, which may hold a key. */
  if (!is_one_value (body) ||
      !g_utf8_validate ((const gchar *) body->data, body->len, NULL) ||
      !json_parser_load_from_data (parser, (const gchar *) body->data,
          body->len, NULL) ||
      (root = json_parser_steal_root (parser)) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (root)) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "The body must be a JSON object");
    return NULL;
  }
  return g_steal_pointer (&root);
}

static gboolean
fail_type (const gchar *name, const gchar *expected, GError **error)
{
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST, "\"%s\" must be %s",
      name, expected);
  return FALSE;
}

/* (nullable): a member that is there and not null. */
static JsonNode *
get_member (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

gboolean
hab_json_get_text (JsonObject *object, const gchar *name, const gchar **text,
    GError **error)
{
  JsonNode *node = get_member (object, name);

  *text = NULL;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return fail_type (name, "a string", error);
  *text = json_node_get_string (node);
  return TRUE;
}

gboolean
hab_json_get_number (JsonObject *object, const gchar *name, gdouble minimum,
    gdouble maximum, gdouble fallback, gdouble *number, GError **error)
{
  JsonNode *node = get_member (object, name);
  g_autofree gchar *expected = NULL;

  *number = fallback;
  if (node == NULL)
    return TRUE;
  if (JSON_NODE_HOLDS_VALUE (node) &&
      (json_node_get_value_type (node) == G_TYPE_INT64 ||
          json_node_get_value_type (node) == G_TYPE_DOUBLE)) {
    *number = json_node_get_double (node);
    if (*number >= minimum && *number <= maximum)
      return TRUE;
  }
  expected = g_strdup_printf ("a number from %g to %g", minimum, maximum);
  return fail_type (name, expected, error);
}

gboolean
hab_json_get_bool (JsonObject *object, const gchar *name, gboolean *value,
    GError **error)
{
  JsonNode *node = get_member (object, name);

  *value = FALSE;
  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fail_type (name, "true or false", error);
  *value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
hab_json_get_id (JsonObject *object, const gchar *name, gint64 *id,
    GError **error)
{
  JsonNode *node = get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_INT64 ||
      json_node_get_int (node) < 1)
    return fail_type (name, "an id: a number from 1 on", error);
  *id = json_node_get_int (node);
  return TRUE;
}

/* --- lists ------------------------------------------------------------ */

gboolean
hab_json_read_page (HabRequest *request, HabPage *page, GError **error)
{
  guint64 after, limit;

  if (!hab_request_get_number (request, "after", 0, G_MAXINT64, 0, &after,
          error) ||
      !hab_request_get_number (request, "limit", 1, MAX_LIMIT, DEFAULT_LIMIT,
          &limit, error))
    return FALSE;
  page->after = after;
  page->limit = limit;
  return TRUE;
}

void
hab_json_link_next (HabReply *reply, HabRequest *request, guint limit,
    gint64 last)
{
  g_autofree gchar *link = g_strdup_printf ("<%s?limit=%u&after=%"
      G_GINT64_FORMAT ">; rel=\"next\"", hab_request_get_path (request), limit,
      last);

  hab_reply_set_header (reply, "Link", link);
}
