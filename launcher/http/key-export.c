/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The keys of a package, for its owner who asks for them by these addresses;
 * nothing else of the API tells them but licences. */

#include <string.h>

#include "cpix.h"
#include "json.h"
#include "package-keys.h"
#include "problem.h"
#include "request.h"
#include "resources.h"

/* Two keys as hex, a colon and the end of the line, and a byte to spare. */
#define KEY_LINE_SIZE (4 * HAB_KEY_SIZE + 3)

/* (nullable): NULL with a 404 where there are no keys. */
static HabPackage *
load_encrypted (HabRequest *request, HabVault *vault, GError **error)
{
  g_autoptr (HabPackage) package =
      hab_request_load_package (request, vault, error);

  if (package == NULL || hab_package_is_encrypted (package))
    return g_steal_pointer (&package);
  hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
      "This package is in the clear: it has no keys");
  return NULL;
}

/* --- JSON ------------------------------------------------------------- */

static void
add_secret (JsonBuilder *builder, const gchar *name,
    const guint8 key[HAB_KEY_SIZE])
{
  gchar *text = hab_key_to_base64url (key);

  hab_json_add_text (builder, name, text);
  hab_key_wipe (text, strlen (text));
  g_free (text);
}

static void
add_key (JsonBuilder *builder, HabTrackType type, const HabContentKey *key)
{
  g_autofree gchar *kid = hab_key_to_base64url (key->kid);

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "track_type", hab_track_type_to_string (type));
  hab_json_add_text (builder, "kid", kid);
  add_secret (builder, "key", key->key);
  json_builder_end_object (builder);
}

static JsonNode *
build_keys (const HabPackage *package, const HabContentKey *keys)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "keys");
  json_builder_begin_array (builder);
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (hab_package_has_key (package, i))
      add_key (builder, i, &keys[i]);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

static HabReply *
tell_keys (HabRequest *request, const HabPackage *package,
    const HabContentKey *keys)
{
  return hab_reply_new_json (SOUP_STATUS_OK, build_keys (package, keys));
}

/* --- a key file ------------------------------------------------------- */

static void
append_line (GString *text, const HabContentKey *key)
{
  g_autofree gchar *kid = hab_key_to_hex (key->kid);
  gchar *secret = hab_key_to_hex (key->key);

  g_string_append_printf (text, "%s:%s\n", kid, secret);
  hab_key_wipe (secret, strlen (secret));
  g_free (secret);
}

/* A line for each key id, as cbcsdec and the program's --key-file read it. */
static gchar *
build_key_file (const HabPackage *package, const HabContentKey *keys)
{
  /* Never grown, which would leave a copy behind. */
  GString *text = g_string_sized_new (HAB_N_TRACK_TYPES * KEY_LINE_SIZE);

  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    gboolean told = FALSE;

    for (guint j = 0; j < i; j++)
      told = told || (hab_package_has_key (package, j) &&
          memcmp (keys[j].kid, keys[i].kid, HAB_KEY_SIZE) == 0);
    if (hab_package_has_key (package, i) && !told)
      append_line (text, &keys[i]);
  }
  return g_string_free (text, FALSE);
}

static HabReply *
tell_key_file (HabRequest *request, const HabPackage *package,
    const HabContentKey *keys)
{
  return hab_reply_new_text (SOUP_STATUS_OK, "text/plain; charset=utf-8",
      build_key_file (package, keys));
}

/* --- CPIX ------------------------------------------------------------- */

static HabReply *
tell_cpix (HabRequest *request, const HabPackage *package,
    const HabContentKey *keys)
{
  g_autofree gchar *delivery_url = hab_request_build_delivery_url (request);
  g_autofree gchar *license_url = g_strdup_printf (
      "%s/%s/license/clearkey", delivery_url, package->code);
  HabCpix cpix = {
    .content_id = package->code,
    .license_url = license_url,
  };
  HabReply *reply;

  memcpy (cpix.keys, keys, sizeof cpix.keys);
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++)
    cpix.encrypted[i] = hab_package_has_key (package, i);
  reply = hab_reply_new_text (SOUP_STATUS_OK, "application/xml",
      hab_cpix_to_xml (&cpix));
  hab_key_wipe (cpix.keys, sizeof cpix.keys);
  return reply;
}

/* --- routes ------------------------------------------------------------- */

typedef HabReply *(*TellFunc) (HabRequest *request, const HabPackage *package,
    const HabContentKey *keys);

static HabReply *
open_and_tell (HabRequest *request, HabVault *vault, TellFunc tell,
    GError **error)
{
  g_autoptr (HabPackage) package = load_encrypted (request, vault, error);
  HabContentKey keys[HAB_N_TRACK_TYPES];
  HabReply *reply;

  if (package == NULL ||
      !hab_package_open_keys (package, vault->seal, keys, error))
    return NULL;
  reply = tell (request, package, keys);
  hab_key_wipe (keys, sizeof keys);
  hab_reply_set_header (reply, "Cache-Control", "no-store");
  return reply;
}

static HabReply *
get_keys (HabRequest *request, HabVault *vault, GError **error)
{
  return open_and_tell (request, vault, tell_keys, error);
}

static HabReply *
get_key_file (HabRequest *request, HabVault *vault, GError **error)
{
  return open_and_tell (request, vault, tell_key_file, error);
}

static HabReply *
get_cpix (HabRequest *request, HabVault *vault, GError **error)
{
  return open_and_tell (request, vault, tell_cpix, error);
}

const HabRoute hab_key_export_routes[] = {
  { "GET", "/packaged_content/{}/keys", HAB_BODY_NONE, 0, get_keys, NULL },
  { "GET", "/packaged_content/{}/keys.txt", HAB_BODY_NONE, 0, get_key_file,
      NULL },
  { "GET", "/packaged_content/{}/cpix", HAB_BODY_NONE, 0, get_cpix, NULL },
  { NULL }
};
