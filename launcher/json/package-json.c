/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-json.h"

#include "clock.h"
#include "json-text.h"
#include "keys.h"
#include "package-options.h"

void
hab_package_json_clear (HabPackageJson *self)
{
  hab_delivery_address_clear (&self->address);
  g_clear_pointer (&self->options, g_free);
  g_clear_pointer (&self->option_members, g_free);
}

/* --- what a package has in lists ---------------------------------------- */

static void
read_options (HabPackageJson *self, const gchar *options)
{
  g_autoptr (GString) members = NULL;

  if (g_strcmp0 (self->options, options) == 0)
    return;
  members = g_string_new (NULL);
  for (const HabPackageOption *option = hab_package_options;
       option->name != NULL; option++) {
    g_autoptr (JsonNode) node = hab_package_options_get (options, option);
    g_autofree gchar *value = json_to_string (node, FALSE);

    hab_json_text_add_raw (members, option->name, value);
  }
  g_free (self->options);
  g_free (self->option_members);
  self->options = g_strdup (options);
  self->option_members = g_string_free (g_steal_pointer (&members), FALSE);
  self->hls = hab_package_options_has (options, "hls");
}

static void
add_url (HabPackageJson *self, GString *text, const gchar *name,
    const HabPackage *package, const gchar *path)
{
  g_autofree gchar *url =
      hab_delivery_address_build (&self->address, package->code, path);

  hab_json_text_add_string (text, name, url);
}

static void
add_urls (HabPackageJson *self, GString *text, const HabPackage *package)
{
  add_url (self, text, "url", package, HAB_PATH_MANIFEST);
  if (self->hls)
    add_url (self, text, "hls_url", package, HAB_PATH_PLAYLIST);
  else
    hab_json_text_add_null (text, "hls_url");
}

static void
add_positive (GString *text, const gchar *name, gdouble number)
{
  if (number > 0)
    hab_json_text_add_double (text, name, number);
  else
    hab_json_text_add_null (text, name);
}

static void
add_time_or_null (GString *text, const gchar *name, gint64 us)
{
  if (us > 0)
    hab_json_text_add_time (text, name, us);
  else
    hab_json_text_add_null (text, name);
}

/* In whole milliseconds: it is a guess. */
static void
add_eta (GString *text, gint64 expected_end_us)
{
  gint64 left_ms = (expected_end_us - hab_clock_now ()) / 1000;

  hab_json_text_add_duration (text, "eta",
      expected_end_us > 0 ? MAX (left_ms, 0) * 1000000 : -1);
}

static void
add_progress (GString *text, const HabPackage *package)
{
  hab_json_text_add_double (text, "progress", package->progress);
  add_positive (text, "speed", package->speed);
  add_positive (text, "bytes_per_second", package->bytes_per_second);
  add_eta (text, package->expected_end_us);
  hab_json_text_add_int (text, "attempts", package->attempts);
  add_time_or_null (text, "next_attempt_at", package->not_before_us);
  hab_json_text_add_int (text, "priority", package->priority);
}

static void
add_kid (GString *text, const gchar *name, const HabPackageKey *key)
{
  g_autofree gchar *kid = hab_key_to_base64url (key->kid);

  hab_json_text_add_string (text, name, key->sealed_key != NULL ? kid : NULL);
}

/* Without a name of its own the video's, which is that of all tracks where
 * there is one key only. */
static void
add_kids (GString *text, const HabPackage *package)
{
  add_kid (text, "kid", &package->keys[HAB_TRACK_VIDEO]);
  hab_json_text_open (text, "kids", '{');
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++)
    add_kid (text, hab_track_type_to_string (i), &package->keys[i]);
  hab_json_text_close (text, '}');
}

static void
add_request (HabPackageJson *self, GString *text, const HabPackage *package)
{
  if (package->input_id > 0)
    hab_json_text_add_int (text, "input_content_id", package->input_id);
  else
    hab_json_text_add_null (text, "input_content_id");
  hab_json_text_add_string (text, "input_name", package->input_name);
  hab_json_text_add_string (text, "encrypt", package->encrypt);
  add_kids (text, package);
  hab_json_text_add_seconds (text, "segment_duration",
      package->segment_duration_ns);
  hab_json_text_add_raw (text, NULL, self->option_members);
}

/* Notes are JSON that the schema has checked. */
static void
add_members (HabPackageJson *self, GString *text, const HabPackage *package)
{
  read_options (self, package->options);
  hab_json_text_add_int (text, "packaged_content_id", package->id);
  add_urls (self, text, package);
  hab_json_text_add_string (text, "status",
      hab_status_to_string (package->status));
  hab_json_text_add_string (text, "reason", package->reason);
  hab_json_text_add_raw (text, "notes", package->notes);
  add_progress (text, package);
  add_request (self, text, package);
  hab_json_text_add_time (text, "created_at", package->created_us);
  hab_json_text_add_time (text, "updated_at", package->updated_us);
}

void
hab_package_json_append (HabPackageJson *self, GString *text,
    const HabPackage *package)
{
  hab_json_text_open (text, NULL, '{');
  add_members (self, text, package);
  hab_json_text_close (text, '}');
}

/* --- what else there is of one ------------------------------------------- */

static gboolean
add_history (GString *text, HabCatalog *catalog, gint64 package_id,
    GError **error)
{
  g_autoptr (GArray) changes =
      hab_catalog_list_history (catalog, package_id, error);

  if (changes == NULL)
    return FALSE;
  hab_json_text_open (text, "history", '[');
  for (guint i = 0; i < changes->len; i++) {
    HabStatusChange *change = &g_array_index (changes, HabStatusChange, i);

    hab_json_text_open (text, NULL, '{');
    hab_json_text_add_string (text, "status",
        hab_status_to_string (change->status));
    hab_json_text_add_time (text, "at", change->at_us);
    hab_json_text_close (text, '}');
  }
  hab_json_text_close (text, ']');
  return TRUE;
}

static void
add_callback (GString *text, const HabCallback *callback)
{
  hab_json_text_open (text, "callback", '{');
  hab_json_text_add_string (text, "url", callback->url);
  hab_json_text_add_string (text, "status",
      hab_callback_status_to_string (callback->status));
  hab_json_text_add_int (text, "attempts", callback->attempts);
  add_time_or_null (text, "next_attempt_at", callback->due_us);
  hab_json_text_add_string (text, "reason", callback->reason);
  hab_json_text_close (text, '}');
}

/* The member is absent where nobody asked to be told. */
static gboolean
find_callback (GString *text, HabCatalog *catalog, gint64 package_id,
    GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabCallback) callback =
      hab_catalog_get_callback (catalog, package_id, &failure);

  if (callback != NULL)
    add_callback (text, callback);
  else if (!g_error_matches (failure, HAB_CATALOG_ERROR,
               HAB_CATALOG_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  return TRUE;
}

gboolean
hab_package_json_append_whole (HabPackageJson *self, GString *text,
    HabCatalog *catalog, const HabPackage *package, gboolean callback,
    GError **error)
{
  hab_json_text_open (text, NULL, '{');
  add_members (self, text, package);
  if (!add_history (text, catalog, package->id, error) ||
      (callback && !find_callback (text, catalog, package->id, error)))
    return FALSE;
  hab_json_text_close (text, '}');
  return TRUE;
}
