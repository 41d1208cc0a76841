/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "json.h"
#include "request.h"
#include "resources.h"

/* That the catalog's thread answers is what this tells. */
static HabReply *
get_health (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) inputs =
      hab_catalog_list_inputs (vault->catalog, NULL, 0, 1, error);

  if (inputs == NULL)
    return NULL;
  json_builder_begin_object (builder);
  hab_json_add_text (builder, "status", "ok");
  hab_json_add_text (builder, "version", PACKAGE_VERSION);
  json_builder_end_object (builder);
  return hab_reply_new_json (SOUP_STATUS_OK, json_builder_get_root (builder));
}

const HabRoute hab_health_routes[] = {
  { "GET", "/healthz", HAB_BODY_NONE, HAB_ROUTE_PUBLIC, get_health, NULL },
  { NULL }
};
