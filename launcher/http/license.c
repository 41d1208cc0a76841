/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "license.h"

#include <nettle/memops.h>
#include <string.h>

#include "package-keys.h"
#include "problem.h"
#include "resources.h"

#define MAX_KIDS 16

/* (element-type guint8[16]) */
static GArray *
read_kids (JsonObject *object, GError **error)
{
  g_autoptr (GArray) kids = g_array_new (FALSE, FALSE, HAB_KEY_SIZE);
  JsonNode *node = json_object_get_member (object, "kids");
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node)
      ? json_node_get_array (node)
      : NULL;
  guint count = array != NULL ? json_array_get_length (array) : 0;

  for (guint i = 0; i < count && count <= MAX_KIDS; i++) {
    JsonNode *item = json_array_get_element (array, i);
    guint8 kid[HAB_KEY_SIZE];

    if (JSON_NODE_HOLDS_VALUE (item) &&
        json_node_get_value_type (item) == G_TYPE_STRING &&
        hab_key_parse (json_node_get_string (item), kid, NULL))
      g_array_append_vals (kids, kid, 1);
  }
  if (kids->len > 0 && kids->len == count)
    return g_steal_pointer (&kids);
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "\"kids\" must be a list of 1 to %d key ids of 16 bytes in base64url",
      MAX_KIDS);
  return NULL;
}

static gboolean
is_temporary (JsonObject *object, GError **error)
{
  const gchar *type;

  if (!hab_json_get_text (object, "type", &type, error))
    return FALSE;
  if (type == NULL || g_str_equal (type, "temporary"))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "Only licences of the type \"temporary\" are given out");
  return FALSE;
}

/* --- finding keys ----------------------------------------------------- */

typedef struct
{
  const guint8 *kid; /* looked for */
  guint8 key[HAB_KEY_SIZE];
  gboolean found;
} FoundKey;

static gboolean
take_same (FoundKey *found, const HabContentKey *key, GError **error)
{
  gboolean same =
      !found->found || memeql_sec (found->key, key->key, sizeof key->key);

  memcpy (found->key, key->key, sizeof key->key);
  found->found = TRUE;
  if (!same)
    hab_http_error_set (error, SOUP_STATUS_CONFLICT,
        "This key id was used with two different keys; ask the licence "
        "address of the package instead, or delete one of the packages");
  return same;
}

/* Adds the key of one package that has the KID for some of its tracks. */
static gboolean
take_key (FoundKey *found, HabVault *vault, const HabPackage *package,
    GError **error)
{
  HabContentKey keys[HAB_N_TRACK_TYPES];
  gboolean fine = hab_package_open_keys (package, vault->seal, keys, error);

  for (guint i = 0; i < HAB_N_TRACK_TYPES && fine; i++) {
    if (hab_package_has_key (package, i) &&
        memcmp (keys[i].kid, found->kid, HAB_KEY_SIZE) == 0)
      fine = take_same (found, &keys[i], error);
  }
  hab_key_wipe (keys, sizeof keys);
  return fine;
}

/* Of one package, or of all that are the client's. */
static gboolean
is_asked (HabRequest *request, const HabPackage *package, const gchar *code)
{
  return code != NULL ? g_str_equal (package->code, code)
                      : hab_request_may_see (request, package->owner);
}

static gboolean
find_key (FoundKey *found, HabRequest *request, HabVault *vault,
    const gchar *code, GError **error)
{
  g_autoptr (GPtrArray) packages =
      hab_catalog_list_packages_by_kid (vault->catalog, found->kid, error);

  if (packages == NULL)
    return FALSE;
  for (guint i = 0; i < packages->len; i++) {
    HabPackage *package = g_ptr_array_index (packages, i);

    if (is_asked (request, package, code) &&
        !take_key (found, vault, package, error))
      return FALSE;
  }
  return TRUE;
}

static void
add_key (JsonBuilder *builder, const FoundKey *found)
{
  g_autofree gchar *kid_text = hab_key_to_base64url (found->kid);
  gchar *key_text = hab_key_to_base64url (found->key);

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "kty", "oct");
  hab_json_add_text (builder, "kid", kid_text);
  hab_json_add_text (builder, "k", key_text);
  json_builder_end_object (builder);
  hab_key_wipe (key_text, strlen (key_text));
  g_free (key_text);
}

/* How many of kids have a key; -1 on failure. */
static gint
add_keys (JsonBuilder *builder, HabRequest *request, HabVault *vault,
    GArray *kids, const gchar *code, GError **error)
{
  gint count = 0;

  for (guint i = 0; i < kids->len; i++) {
    FoundKey found = {
      .kid = (const guint8 *) kids->data + i * HAB_KEY_SIZE,
    };
    gboolean fine = find_key (&found, request, vault, code, error);

    if (fine && found.found) {
      add_key (builder, &found);
      count++;
    }
    hab_key_wipe (found.key, sizeof found.key);
    if (!fine)
      return -1;
  }
  return count;
}

HabReply *
hab_license_answer (HabRequest *request, HabVault *vault, const gchar *code,
    GError **error)
{
  g_autoptr (JsonNode) root = hab_json_read_body (request, error);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GArray) kids = NULL;
  gint count;

  if (root == NULL || !is_temporary (json_node_get_object (root), error))
    return NULL;
  kids = read_kids (json_node_get_object (root), error);
  if (kids == NULL)
    return NULL;
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "keys");
  json_builder_begin_array (builder);
  count = add_keys (builder, request, vault, kids, code, error);
  if (count < 0)
    return NULL;
  if (count == 0) {
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "There is no key with any of these key ids here");
    return NULL;
  }
  json_builder_end_array (builder);
  hab_json_add_text (builder, "type", "temporary");
  json_builder_end_object (builder);
  return hab_reply_new_json (SOUP_STATUS_OK, json_builder_get_root (builder));
}

HabReply *
hab_license_answer_key (HabVault *vault, const HabPackage *package,
    const gchar *kid, GError **error)
{
  guint8 bytes[HAB_KEY_SIZE];
  FoundKey found = { .kid = bytes };
  g_autoptr (GBytes) body = NULL;
  HabReply *reply;

  if (hab_key_parse (kid, bytes, NULL) &&
      !take_key (&found, vault, package, error))
    return NULL;
  if (!found.found) {
    hab_http_error_set (error, SOUP_STATUS_NOT_FOUND,
        "This package has no key with this key id");
    return NULL;
  }
  body = g_bytes_new (found.key, sizeof found.key);
  hab_key_wipe (found.key, sizeof found.key);
  reply = hab_reply_new_bytes (SOUP_STATUS_OK, "application/octet-stream",
      body);
  hab_reply_set_header (reply, "Cache-Control", "no-store");
  return reply;
}

static HabReply *
post (HabRequest *request, HabVault *vault, GError **error)
{
  return hab_license_answer (request, vault, NULL, error);
}

const HabRoute hab_license_routes[] = {
  { "POST", "/license/clearkey", HAB_BODY_JSON, 0, post, NULL },
  { NULL }
};
