/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "json-read.h"

gint64
hab_json_read_int (JsonObject *object, const gchar *name, gint64 unknown)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
      ? json_node_get_int (node)
      : unknown;
}

gboolean
hab_json_read_bool (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
      json_node_get_boolean (node);
}

gdouble
hab_json_read_double (JsonObject *object, const gchar *name, gdouble unknown)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
      ? json_node_get_double (node)
      : unknown;
}

const gchar *
hab_json_read_text (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
      ? json_node_get_string (node)
      : NULL;
}

GStrv
hab_json_read_list (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    const gchar *text =
        json_node_get_string (json_array_get_element (array, i));

    g_strv_builder_add (builder, text ? text : "");
  }
  return g_strv_builder_end (builder);
}
