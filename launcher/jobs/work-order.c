/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "work-order.h"

#include <string.h>

#include "delivery-address.h"
#include "json-build.h"
#include "package-keys.h"
#include "worker.h"

/* Who plays asks delivery for the keys, where the manifest is. */
static void
add_license_urls (JsonBuilder *builder, const HabPackage *package)
{
  g_auto (HabDeliveryAddress) address = { 0 };
  g_autofree gchar *url = NULL, *key_url = NULL;

  hab_delivery_address_init_of_package (&address, package);
  url = hab_delivery_address_build_with (&address, NULL, package->code,
      HAB_PATH_LICENSE);
  key_url = hab_delivery_address_build_with (&address, NULL, package->code,
      HAB_PATH_KEY "/$KID$");
  hab_json_add_text (builder, "license_url", url);
  hab_json_add_text (builder, "hls_key_url", key_url);
}

static void
add_key (JsonBuilder *builder, const HabContentKey *key)
{
  g_autofree gchar *kid = hab_key_to_hex (key->kid);
  gchar *hex = hab_key_to_hex (key->key);

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "kid", kid);
  hab_json_add_text (builder, "key", hex);
  json_builder_end_object (builder);
  hab_key_wipe (hex, strlen (hex));
  g_free (hex);
}

static void
add_keys (JsonBuilder *builder, const HabPackage *package,
    const HabContentKey *keys)
{
  json_builder_set_member_name (builder, "keys");
  json_builder_begin_object (builder);
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (!hab_package_has_key (package, i))
      continue;
    json_builder_set_member_name (builder, hab_track_type_to_string (i));
    add_key (builder, &keys[i]);
  }
  json_builder_end_object (builder);
}

static void
add_member (JsonObject *options, const gchar *name, JsonNode *value,
    gpointer builder)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_value (builder, json_node_copy (value));
}

/* Checked when they were asked for. */
static void
add_options (JsonBuilder *builder, const gchar *text)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    json_object_foreach_member (json_node_get_object (root), add_member,
        builder);
}

GBytes *
hab_work_order_new (const HabPackage *package,
    const HabContentKey *keys, const HabSettings *settings)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "task", "package");
  json_builder_set_member_name (builder, "package");
  json_builder_add_int_value (builder, package->id);
  hab_json_add_text (builder, "encrypt", package->encrypt);
  if (hab_package_is_encrypted (package)) {
    add_keys (builder, package, keys);
    add_license_urls (builder, package);
  }
  hab_json_add_seconds (builder, "segment_duration",
      package->segment_duration_ns);
  add_options (builder, package->options);
  if (settings->encoder != NULL)
    hab_json_add_text (builder, "encoder", settings->encoder);
  hab_json_add_int (builder, "threads",
      MAX (g_get_num_processors () / settings->jobs, 1));
  hab_json_add_text (builder, "manifest", HAB_NAME_MANIFEST);
  json_builder_end_object (builder);
  return hab_worker_job_new (builder);
}
