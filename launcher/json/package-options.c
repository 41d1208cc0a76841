/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-options.h"

#include "json-read.h"

const HabPackageOption hab_package_options[] = {
  /* playlists over the same segments */
  { "hls", HAB_OPTION_SWITCH, 0, FALSE },
  /* each track one file, for byte ranges */
  { "on_demand", HAB_OPTION_SWITCH, 0, FALSE },
  /* what stays in the clear at the start */
  { "clear_lead", HAB_OPTION_SECONDS, 3600, TRUE },
  /* boxes of other systems, whole, in base64 */
  { "pssh", HAB_OPTION_TEXTS, 8, TRUE },
  /* the video in several sizes */
  { "ladder", HAB_OPTION_LADDER, 0, FALSE },
  /* these only: "video", "audio", "text" and numbers of tracks */
  { "tracks", HAB_OPTION_TEXTS, 100, FALSE },
  /* of audio and text these only */
  { "languages", HAB_OPTION_TEXTS, 100, FALSE },
  { NULL }
};

gboolean
hab_package_options_has (const gchar *text, const gchar *name)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) &&
      hab_json_read_bool (json_node_get_object (root), name);
}

static JsonNode *
make_default (HabOptionKind kind)
{
  JsonNode *node = json_node_alloc ();

  switch (kind) {
    case HAB_OPTION_SECONDS:
      return json_node_init_double (node, 0);
    case HAB_OPTION_TEXTS:
      json_node_take_array (json_node_init_array (node, NULL),
          json_array_new ());
      return node;
    case HAB_OPTION_LADDER:
      return json_node_init_null (node);
    default:
      return json_node_init_boolean (node, FALSE);
  }
}

JsonNode *
hab_package_options_get (const gchar *text, const HabPackageOption *option)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonNode *member = NULL;

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    member =
        json_object_get_member (json_node_get_object (root), option->name);
  return member != NULL ? json_node_copy (member)
                        : make_default (option->kind);
}
