/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies of requests for licences, and key ids as a path has them, put to a
 * catalog with packages of two clients. What is answered is what was asked for,
 * and nobody gets what is another's. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <json-glib/json-glib.h>
#include <stdlib.h>

#include "fuzz.h"
#include "license.h"
#include "package-keys.h"
#include "request.h"
#include "folder.h"

static const HabRoute route = {
  .method = "POST", .pattern = "/license/clearkey", .body = HAB_BODY_JSON
};

/* Anna's keys, and Bert's, for sound and pictures; one key id has both. */
static const struct
{
  const gchar *code, *owner;
  HabContentKey keys[HAB_N_TRACK_TYPES];
} packages[] = {
  { "AAAAAA", "anna", { { { 1 }, { 0xa1 } }, { { 2 }, { 0xa2 } } } },
  { "BBBBBB", "bert", { { { 3 }, { 0xb3 } }, { { 4 }, { 0xb4 } } } },
  { "CCCCCC", "bert", { { { 1 }, { 0xc1 } }, { { 4 }, { 0xb4 } } } },
};

static gchar *folder;
static HabVault vault;

static void
close_vault (void)
{
  hab_catalog_close (vault.catalog);
  hab_seal_free (vault.seal);
  remove_all (folder);
  g_clear_pointer (&folder, g_free);
}

static void
add_package (guint i, gint64 input_id)
{
  g_autoptr (GError) error = NULL;
  HabPackage package = {
    .input_id = input_id,
    .code = (gchar *) packages[i].code,
    .owner = (gchar *) packages[i].owner,
    .encrypt = (gchar *) "all",
    .segment_duration_ns = 4000000000,
  };

  hab_package_seal_keys (&package, vault.seal, packages[i].keys);
  hab_catalog_add_package (vault.catalog, &package, &error);
  g_assert_no_error (error);
  for (guint j = 0; j < HAB_N_TRACK_TYPES; j++)
    g_free (package.keys[j].sealed_key);
}

static void
open_vault (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *catalog_path = NULL, *key_path = NULL;
  const HabInput input = {
    .name = (gchar *) "film.mp4", .storage = (gchar *) "film",
    .size_bytes = 1, .duration_ns = -1, .sha256 = (gchar *)
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  };
  gint64 id;

  folder = g_dir_make_tmp ("hab-fuzz-license-XXXXXX", &error);
  g_assert_no_error (error);
  catalog_path = g_build_filename (folder, "catalog.db", NULL);
  key_path = g_build_filename (folder, "master.key", NULL);
  vault.catalog = hab_catalog_open (catalog_path, &error);
  g_assert_no_error (error);
  vault.seal = hab_seal_new (key_path, TRUE, &error);
  g_assert_no_error (error);
  id = hab_catalog_add_input (vault.catalog, &input, NULL, 0, NULL, NULL,
      &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    add_package (i, id);
  atexit (close_vault);
}

/* Whether this is the key of an id that the client may have. owner: NULL of who
 * may have all. */
static gboolean
is_allowed (const guint8 *kid, const guint8 *key, const gchar *owner,
    const gchar *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++) {
    if (code != NULL ? !g_str_equal (packages[i].code, code)
                     : owner && !g_str_equal (packages[i].owner, owner))
      continue;
    for (guint j = 0; j < HAB_N_TRACK_TYPES; j++)
      if (memcmp (packages[i].keys[j].kid, kid, HAB_KEY_SIZE) == 0 &&
          memcmp (packages[i].keys[j].key, key, HAB_KEY_SIZE) == 0)
        return TRUE;
  }
  return FALSE;
}

static void
check_answer (HabReply *reply, const gchar *owner, const gchar *code)
{
  GBytes *body = hab_reply_get_body (reply);
  gsize size;
  const gchar *text = g_bytes_get_data (body, &size);
  g_autofree gchar *copy = g_strndup (text, size);
  g_autoptr (JsonNode) root = json_from_string (copy, NULL);
  JsonArray *keys = json_object_get_array_member (
      json_node_get_object (root), "keys");

  g_assert_cmpuint (json_array_get_length (keys), >, 0);
  for (guint i = 0; i < json_array_get_length (keys); i++) {
    JsonObject *key = json_array_get_object_element (keys, i);
    guint8 kid[HAB_KEY_SIZE], bytes[HAB_KEY_SIZE];

    g_assert_true (hab_key_parse (
        json_object_get_string_member (key, "kid"), kid, NULL));
    g_assert_true (hab_key_parse (
        json_object_get_string_member (key, "k"), bytes, NULL));
    g_assert_true (is_allowed (kid, bytes, owner, code));
  }
}

static void
ask (FuzzInput body, const gchar *owner, const gchar *code)
{
  g_autoptr (SoupServerMessage) message =
      g_object_new (SOUP_TYPE_SERVER_MESSAGE, NULL);
  g_autoptr (HabRequest) request =
      hab_request_new (NULL, HAB_LISTENER_API, message);
  g_autoptr (GError) error = NULL;
  g_autoptr (HabReply) reply = NULL;

  hab_request_set_route (request, &route,
      g_ptr_array_new_with_free_func (g_free), soup_form_decode (""));
  hab_request_set_client (request, owner ? owner : "root", owner == NULL);
  if (body.size > 0)
    g_byte_array_append (hab_request_get_body (request), body.data, body.size);
  reply = hab_license_answer (request, &vault, code, &error);
  g_assert_true ((reply == NULL) == (error != NULL));
  if (reply != NULL)
    check_answer (reply, owner, code);
}

/* One key of one package, whose id is the place of a path. */
static void
ask_key (FuzzInput input, const gchar *code)
{
  g_autofree gchar *kid = fuzz_make_valid (fuzz_take_line (&input));
  g_autoptr (GError) error = NULL;
  g_autoptr (HabPackage) package =
      hab_catalog_find_package_by_code (vault.catalog, code, &error);
  g_autoptr (HabReply) reply = NULL;
  guint8 bytes[HAB_KEY_SIZE];
  gsize size;

  g_assert_no_error (error);
  reply = hab_license_answer_key (&vault, package, kid, &error);
  g_assert_true ((reply == NULL) == (error != NULL));
  if (reply == NULL)
    return;
  g_assert_true (hab_key_parse (kid, bytes, NULL));
  g_assert_true (is_allowed (bytes,
      g_bytes_get_data (hab_reply_get_body (reply), &size), NULL, code));
  g_assert_cmpuint (size, ==, HAB_KEY_SIZE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput body = { data, size };

  if (folder == NULL)
    open_vault ();
  ask (body, "anna", NULL);
  ask (body, "bert", NULL);
  ask (body, "", "CCCCCC");
  ask (body, NULL, NULL);
  ask_key (body, "AAAAAA");
  ask_key (body, "CCCCCC");
  return 0;
}
