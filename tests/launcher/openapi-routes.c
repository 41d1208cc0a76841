/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of routes and the documents at /openapi.json are of one mind. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <json-glib/json-glib.h>
#include <string.h>

#include "resources.h"

typedef struct
{
  const gchar *document;
  const HabRoute *const *tables;
} Listener;

static const Listener listeners[] = {
  { "/haberdash/openapi/api.json", hab_api_routes },
  { "/haberdash/openapi/delivery.json", hab_delivery_routes },
};

static JsonNode *
load_document (const Listener *listener)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) data = g_resources_lookup_data (listener->document,
      G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_no_error (error);
  json_parser_load_from_data (parser, g_bytes_get_data (data, NULL),
      g_bytes_get_size (data), &error);
  g_assert_no_error (error);
  return json_parser_steal_root (parser);
}

/* A path of the document as a pattern of a route, but for the ** at its end,
 * which is a {} too. */
static gchar *
make_pattern (const gchar *path)
{
  g_autoptr (GRegex) place = g_regex_new ("\\{[^}]*\\}", 0, 0, NULL);

  return g_regex_replace_literal (place, path, -1, 0, "{}", 0, NULL);
}

static gchar *
make_key (const gchar *method, const gchar *pattern)
{
  g_autofree gchar *lower = g_ascii_strdown (method, -1);
  g_autoptr (GString) text = g_string_new (pattern);

  g_string_replace (text, "**", "{}", 0);
  return g_strconcat (lower, " ", text->str, NULL);
}

static gboolean
is_method (const gchar *name)
{
  static const gchar *const methods[] = {
    "get", "put", "post", "delete", "patch", "head", "options", NULL
  };

  return g_strv_contains (methods, name);
}

/* Operations by "method pattern". */
static GHashTable *
index_operations (JsonObject *document)
{
  GHashTable *operations =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  JsonObject *paths = json_object_get_object_member (document, "paths");
  JsonObjectIter path_iter, iter;
  const gchar *path, *name;
  JsonNode *item, *node;

  json_object_iter_init (&path_iter, paths);
  while (json_object_iter_next (&path_iter, &path, &item)) {
    g_autofree gchar *pattern = make_pattern (path);

    json_object_iter_init (&iter, json_node_get_object (item));
    while (json_object_iter_next (&iter, &name, &node))
      if (is_method (name))
        g_assert_true (g_hash_table_insert (operations,
            make_key (name, pattern), json_node_get_object (node)));
  }
  return operations;
}

static void
check_route (const HabRoute *route, const gchar *key, JsonObject *operation)
{
  gboolean public = json_object_has_member (operation, "security") &&
      json_array_get_length (
          json_object_get_array_member (operation, "security")) == 0;
  gboolean has_body = json_object_has_member (operation, "requestBody");

  /* What is signed has its token in the path. */
  if (public !=
      ((route->flags & (HAB_ROUTE_PUBLIC | HAB_ROUTE_SIGNED)) != 0))
    g_error ("%s: \"security\" is not what the route asks for", key);
  if (has_body != (route->body != HAB_BODY_NONE))
    g_error ("%s: \"requestBody\" is not what the route takes", key);
}

static void
test_listener (gconstpointer data)
{
  const Listener *listener = data;
  g_autoptr (JsonNode) root = load_document (listener);
  g_autoptr (GHashTable) operations =
      index_operations (json_node_get_object (root));
  GHashTableIter iter;
  gpointer left;
  guint count = 0;

  for (const HabRoute *const *table = listener->tables; *table != NULL;
       table++) {
    for (const HabRoute *route = *table; route->method != NULL; route++) {
      g_autofree gchar *key = make_key (route->method, route->pattern);
      JsonObject *operation = g_hash_table_lookup (operations, key);

      if (operation == NULL)
        g_error ("%s is served and not described", key);
      check_route (route, key, operation);
      g_hash_table_remove (operations, key);
      count++;
    }
  }
  g_assert_cmpuint (count, >, 0);
  g_hash_table_iter_init (&iter, operations);
  if (g_hash_table_iter_next (&iter, &left, NULL))
    g_error ("%s is described and not served", (const gchar *) left);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/openapi/api", &listeners[0], test_listener);
  g_test_add_data_func ("/openapi/delivery", &listeners[1], test_listener);
  return g_test_run ();
}
