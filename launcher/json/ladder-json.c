/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ladder-json.h"

#include <gio/gio.h>

#include "json-build.h"

static gboolean
refuse (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "it must be \"auto\" or a list such as "
      "[{\"height\":720,\"bitrate\":2800000}], in bits per second");
  return FALSE;
}

static gboolean
read_whole (JsonObject *object, const gchar *name, gint64 *number)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *number = json_node_get_int (node);
  return TRUE;
}

static gboolean
read_rung (HabLadder *ladder, JsonNode *node, GError **error)
{
  gint64 height, bitrate;
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error);
  object = json_node_get_object (node);
  if (json_object_get_size (object) != 2 ||
      !read_whole (object, "height", &height) ||
      !read_whole (object, "bitrate", &bitrate))
    return refuse (error);
  return hab_ladder_add (ladder, height, bitrate, error);
}

HabLadder *
hab_ladder_json_read (JsonNode *node, GError **error)
{
  g_autoptr (HabLadder) ladder = NULL;
  JsonArray *rungs;

  if (JSON_NODE_HOLDS_VALUE (node) &&
      g_strcmp0 (json_node_get_string (node), "auto") == 0)
    return hab_ladder_new_auto ();
  if (!JSON_NODE_HOLDS_ARRAY (node) ||
      json_array_get_length (json_node_get_array (node)) == 0) {
    refuse (error);
    return NULL;
  }
  ladder = hab_ladder_new ();
  rungs = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (rungs); i++) {
    if (!read_rung (ladder, json_array_get_element (rungs, i), error))
      return NULL;
  }
  return g_steal_pointer (&ladder);
}

void
hab_ladder_json_add (JsonBuilder *builder, const HabLadder *ladder)
{
  if (ladder->automatic) {
    json_builder_add_string_value (builder, "auto");
    return;
  }
  json_builder_begin_array (builder);
  for (guint i = 0; i < ladder->rungs->len; i++) {
    const HabRung *rung = &g_array_index (ladder->rungs, HabRung, i);

    json_builder_begin_object (builder);
    hab_json_add_int (builder, "height", rung->height);
    hab_json_add_int (builder, "bitrate", rung->bitrate);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}
