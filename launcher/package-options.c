/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-options.h"

#include "records.h"

const gchar *const hab_package_options[] = {
  "hls",       /* playlists over the same segments */
  "on_demand", /* each track one file, for byte ranges */
  NULL
};

gboolean
hab_package_options_has (const gchar *text, const gchar *name)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) &&
      hab_record_get_bool (json_node_get_object (root), name);
}
