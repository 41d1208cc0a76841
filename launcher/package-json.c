/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-json.h"

#include "clock.h"
#include "json-build.h"
#include "keys.h"
#include "package-options.h"

static void
add_urls (JsonBuilder *builder, const HabPackage *package,
    const HabDeliveryAddress *address)
{
  g_autofree gchar *mpd =
      hab_delivery_address_build (address, package->code, HAB_PATH_MANIFEST);
  g_autofree gchar *m3u8 =
      hab_delivery_address_build (address, package->code, HAB_PATH_PLAYLIST);

  hab_json_add_text (builder, "url", mpd);
  hab_json_add_text (builder, "hls_url",
      hab_package_options_has (package->options, "hls") ? m3u8 : NULL);
}

static void
add_positive (JsonBuilder *builder, const gchar *name, gdouble number)
{
  if (number > 0)
    hab_json_add_double (builder, name, number);
  else
    hab_json_add_null (builder, name);
}

static void
add_time_or_null (JsonBuilder *builder, const gchar *name, gint64 us)
{
  if (us > 0)
    hab_json_add_time (builder, name, us);
  else
    hab_json_add_null (builder, name);
}

/* In whole milliseconds: it is a guess. */
static void
add_eta (JsonBuilder *builder, gint64 expected_end_us)
{
  gint64 left_ms = (expected_end_us - hab_clock_now ()) / 1000;

  hab_json_add_seconds (builder, "eta",
      expected_end_us > 0 ? MAX (left_ms, 0) * 1000000 : -1);
}

static void
add_progress (JsonBuilder *builder, const HabPackage *package)
{
  hab_json_add_double (builder, "progress", package->progress);
  add_positive (builder, "speed", package->speed);
  add_positive (builder, "bytes_per_second", package->bytes_per_second);
  add_eta (builder, package->expected_end_us);
  hab_json_add_int (builder, "attempts", package->attempts);
  add_time_or_null (builder, "next_attempt_at", package->not_before_us);
  hab_json_add_int (builder, "priority", package->priority);
}

static void
add_notes (JsonBuilder *builder, const HabPackage *package)
{
  JsonNode *notes = json_from_string (package->notes, NULL);

  json_builder_set_member_name (builder, "notes");
  if (notes != NULL)
    json_builder_add_value (builder, notes);
  else
    json_builder_add_null_value (builder);
}

static void
add_kid (JsonBuilder *builder, const gchar *name, const HabPackageKey *key)
{
  g_autofree gchar *kid = hab_key_to_base64url (key->kid);

  hab_json_add_text (builder, name, key->sealed_key != NULL ? kid : NULL);
}

/* Without a name of its own the video's, which is that of all tracks where
 * there is one key only. */
static void
add_kids (JsonBuilder *builder, const HabPackage *package)
{
  add_kid (builder, "kid", &package->keys[HAB_TRACK_VIDEO]);
  json_builder_set_member_name (builder, "kids");
  json_builder_begin_object (builder);
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++)
    add_kid (builder, hab_track_type_to_string (i), &package->keys[i]);
  json_builder_end_object (builder);
}

static void
add_request (JsonBuilder *builder, const HabPackage *package)
{
  if (package->input_id > 0)
    hab_json_add_int (builder, "input_content_id", package->input_id);
  else
    hab_json_add_null (builder, "input_content_id");
  hab_json_add_text (builder, "input_name", package->input_name);
  hab_json_add_text (builder, "encrypt", package->encrypt);
  add_kids (builder, package);
  hab_json_add_seconds (builder, "segment_duration",
      package->segment_duration_ns);
  for (const HabPackageOption *option = hab_package_options;
       option->name != NULL; option++) {
    json_builder_set_member_name (builder, option->name);
    json_builder_add_value (builder,
        hab_package_options_get (package->options, option));
  }
}

void
hab_package_json_add (JsonBuilder *builder, const HabPackage *package,
    const HabDeliveryAddress *address)
{
  hab_json_add_int (builder, "packaged_content_id", package->id);
  add_urls (builder, package, address);
  hab_json_add_text (builder, "status",
      hab_status_to_string (package->status));
  hab_json_add_text (builder, "reason", package->reason);
  add_notes (builder, package);
  add_progress (builder, package);
  add_request (builder, package);
  hab_json_add_time (builder, "created_at", package->created_us);
  hab_json_add_time (builder, "updated_at", package->updated_us);
}

static gboolean
add_history (JsonBuilder *builder, HabCatalog *catalog, gint64 package_id,
    GError **error)
{
  g_autoptr (GArray) changes =
      hab_catalog_list_history (catalog, package_id, error);

  if (changes == NULL)
    return FALSE;
  json_builder_set_member_name (builder, "history");
  json_builder_begin_array (builder);
  for (guint i = 0; i < changes->len; i++) {
    HabStatusChange *change = &g_array_index (changes, HabStatusChange, i);

    json_builder_begin_object (builder);
    hab_json_add_text (builder, "status",
        hab_status_to_string (change->status));
    hab_json_add_time (builder, "at", change->at_us);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  return TRUE;
}

static void
add_callback (JsonBuilder *builder, const HabCallback *callback)
{
  json_builder_set_member_name (builder, "callback");
  json_builder_begin_object (builder);
  hab_json_add_text (builder, "url", callback->url);
  hab_json_add_text (builder, "status",
      hab_callback_status_to_string (callback->status));
  hab_json_add_int (builder, "attempts", callback->attempts);
  add_time_or_null (builder, "next_attempt_at", callback->due_us);
  hab_json_add_text (builder, "reason", callback->reason);
  json_builder_end_object (builder);
}

/* The member is absent where nobody asked to be told. */
static gboolean
find_callback (JsonBuilder *builder, HabCatalog *catalog, gint64 package_id,
    GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabCallback) callback =
      hab_catalog_get_callback (catalog, package_id, &failure);

  if (callback != NULL)
    add_callback (builder, callback);
  else if (!g_error_matches (failure, HAB_CATALOG_ERROR,
               HAB_CATALOG_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  return TRUE;
}

JsonNode *
hab_package_json_new (HabCatalog *catalog, const HabPackage *package,
    const HabDeliveryAddress *address, GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  hab_package_json_add (builder, package, address);
  if (!add_history (builder, catalog, package->id, error) ||
      !find_callback (builder, catalog, package->id, error))
    return NULL;
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}
