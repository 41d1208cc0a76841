/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "key-request.h"

#include <nettle/memops.h>
#include <string.h>
#include <sys/random.h>

#include "json.h"
#include "member-names.h"
#include "package-keys.h"
#include "problem.h"

#define VIDEO HAB_TRACK_VIDEO
#define AUDIO HAB_TRACK_AUDIO

/* --- reading ---------------------------------------------------------- */

/* name: as a person knows it; member: of object. */
static gboolean
read_one (JsonObject *object, const gchar *name, const gchar *member,
    guint8 bytes[HAB_KEY_SIZE], gboolean *given, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const gchar *text;

  if (!hab_json_get_text (object, member, &text, error))
    return FALSE;
  *given = text != NULL;
  if (text == NULL || hab_key_parse (text, bytes, &failure))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST, "\"%s\": %s", name,
      failure->message);
  return FALSE;
}

/* prefix: what object is called, with a full stop. */
static gboolean
read_pair (HabKeyRequest *self, HabTrackType type, JsonObject *object,
    const gchar *prefix, GError **error)
{
  g_autofree gchar *kid = g_strconcat (prefix, "kid", NULL);
  g_autofree gchar *key = g_strconcat (prefix, "key", NULL);

  return read_one (object, kid, "kid", self->keys[type].kid,
             &self->kid_given[type], error) &&
      read_one (object, key, "key", self->keys[type].key,
          &self->key_given[type], error);
}

static gboolean
fail (GError **error, const gchar *detail)
{
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST, "%s", detail);
  return FALSE;
}

/* Only the types that there are. */
static gboolean
check_types (JsonObject *types, GError **error)
{
  gint known = json_object_has_member (types, "video") +
      json_object_has_member (types, "audio");

  return (gint) json_object_get_size (types) == known ||
      fail (error, "\"keys\" can have \"video\" and \"audio\"");
}

static gboolean
read_type (HabKeyRequest *self, HabTrackType type, JsonObject *types,
    GError **error)
{
  static const gchar *const names[] = { "kid", "key", NULL };
  const gchar *word = hab_track_type_to_string (type);
  g_autofree gchar *prefix = g_strdup_printf ("keys.%s.", word);
  JsonNode *node = json_object_get_member (types, word);

  if (node == NULL)
    return TRUE;
  if (!hab_encrypt_covers (self->encrypt, type))
    return fail (error, "A key for sound that stays in the clear: ask for "
        "\"encrypt\":\"all\", or leave \"keys.audio\" out");
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "The members of \"keys\" must be objects with \"kid\" "
        "and \"key\"");
  return hab_member_names_check (json_node_get_object (node), prefix, names,
             error) &&
      read_pair (self, type, json_node_get_object (node), prefix, error);
}

static void
share (HabKeyRequest *self, HabTrackType from, HabTrackType to)
{
  self->keys[to] = self->keys[from];
  self->kid_given[to] = self->kid_given[from];
  self->key_given[to] = self->key_given[from];
}

/* What is said of the video alone is said of both; nothing is not. */
static void
share_with_sound (HabKeyRequest *self)
{
  self->one_key = self->kid_given[VIDEO] || self->key_given[VIDEO];
  if (self->one_key)
    share (self, VIDEO, AUDIO);
}

static gboolean
read_types (HabKeyRequest *self, JsonNode *node, GError **error)
{
  JsonObject *types;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "\"keys\" must be an object");
  types = json_node_get_object (node);
  if (!check_types (types, error) ||
      !read_type (self, VIDEO, types, error) ||
      !read_type (self, AUDIO, types, error))
    return FALSE;
  if (!json_object_has_member (types, "audio"))
    share_with_sound (self);
  return TRUE;
}

static gboolean
read_given (HabKeyRequest *self, JsonObject *object, GError **error)
{
  JsonNode *types = json_object_get_member (object, "keys");

  if (!read_pair (self, VIDEO, object, "", error))
    return FALSE;
  if (types == NULL || JSON_NODE_HOLDS_NULL (types)) {
    share_with_sound (self);
    return TRUE;
  }
  if (self->kid_given[VIDEO] || self->key_given[VIDEO])
    return fail (error, "Give either \"kid\" and \"key\", or \"keys\"");
  return read_types (self, types, error);
}

/* --- drawing ---------------------------------------------------------- */

static gboolean
check_whole (const HabKeyRequest *self, HabTrackType type, GError **error)
{
  const gchar *missing = !self->kid_given[type] ? "kid" : "key";

  if (self->kid_given[type] && self->key_given[type])
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "\"%s\" of the %s is missing: 16 bytes as base64url, base64, 32 hex "
      "digits or a UUID, or \"generate_keys\":true", missing,
      hab_track_type_to_string (type));
  return FALSE;
}

/* As many bytes are never cut short. */
static void
draw (guint8 bytes[HAB_KEY_SIZE])
{
  while (getrandom (bytes, HAB_KEY_SIZE, 0) != HAB_KEY_SIZE)
    continue;
}

static void
draw_missing (HabKeyRequest *self, HabTrackType type)
{
  if (!self->kid_given[type])
    draw (self->keys[type].kid);
  if (!self->key_given[type])
    draw (self->keys[type].key);
}

static gboolean
has_same_kid (const HabKeyRequest *self)
{
  return self->kid_given[VIDEO] && self->kid_given[AUDIO] &&
      memcmp (self->keys[VIDEO].kid, self->keys[AUDIO].kid, HAB_KEY_SIZE) == 0;
}

/* One key id is one key. */
static gboolean
settle_same_kid (HabKeyRequest *self, GError **error)
{
  if (!has_same_kid (self))
    return TRUE;
  if (self->key_given[VIDEO] && self->key_given[AUDIO] &&
      !memeql_sec (self->keys[VIDEO].key, self->keys[AUDIO].key, HAB_KEY_SIZE))
    return fail (error, "The video and the sound have the same key id with two "
        "different keys; give each key an id of its own");
  if (self->key_given[AUDIO])
    share (self, AUDIO, VIDEO);
  else
    share (self, VIDEO, AUDIO);
  return TRUE;
}

static gboolean
complete (HabKeyRequest *self, gboolean generate, GError **error)
{
  gboolean sound = hab_encrypt_covers (self->encrypt, AUDIO);

  if (!generate)
    return check_whole (self, VIDEO, error) &&
        (!sound || check_whole (self, AUDIO, error));
  draw_missing (self, VIDEO);
  if (self->one_key || has_same_kid (self))
    self->keys[AUDIO] = self->keys[VIDEO];
  else
    draw_missing (self, AUDIO);
  return TRUE;
}

static gboolean
read_keys (HabKeyRequest *self, JsonObject *object, GError **error)
{
  gboolean generate;

  return hab_json_get_bool (object, "generate_keys", &generate, error) &&
      read_given (self, object, error) && settle_same_kid (self, error) &&
      complete (self, generate, error);
}

/* Who gives a key expects that something is encrypted with it. */
static gboolean
check_no_keys (JsonObject *object, GError **error)
{
  static const gchar *const names[] = { "kid", "key", "keys" };
  gboolean generate;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    JsonNode *node = json_object_get_member (object, names[i]);

    if (node != NULL && !JSON_NODE_HOLDS_NULL (node)) {
      hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
          "\"%s\" is of no use where nothing is encrypted: leave it out, or "
          "ask for \"encrypt\":\"video\" or \"all\"", names[i]);
      return FALSE;
    }
  }
  if (!hab_json_get_bool (object, "generate_keys", &generate, error))
    return FALSE;
  return !generate ||
      fail (error, "\"generate_keys\" is of no use where nothing is "
          "encrypted: leave it out, or ask for \"encrypt\":\"video\" or "
          "\"all\"");
}

/* --- the parser's copies ---------------------------------------------- */

static void
wipe_text (JsonObject *object)
{
  const gchar *text;

  if (hab_json_get_text (object, "key", &text, NULL) && text != NULL)
    hab_key_wipe ((gpointer) text, strlen (text));
}

static void
wipe_member (JsonObject *types, const gchar *name, JsonNode *node,
    gpointer data)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    wipe_text (json_node_get_object (node));
}

static void
wipe_texts (JsonObject *object)
{
  JsonNode *types = json_object_get_member (object, "keys");

  wipe_text (object);
  if (types != NULL && JSON_NODE_HOLDS_OBJECT (types))
    json_object_foreach_member (json_node_get_object (types), wipe_member,
        NULL);
}

gboolean
hab_key_request_read (HabKeyRequest *self, JsonObject *object,
    HabEncrypt encrypt, GError **error)
{
  gboolean fine;

  self->encrypt = encrypt;
  fine = encrypt == HAB_ENCRYPT_NONE ? check_no_keys (object, error)
                                     : read_keys (self, object, error);
  wipe_texts (object);
  return fine;
}

void
hab_key_request_wipe (HabKeyRequest *self)
{
  hab_key_wipe (self, sizeof *self);
}

/* --- comparing -------------------------------------------------------- */

gchar *
hab_key_request_describe (const HabKeyRequest *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    g_autofree gchar *kid = hab_key_to_hex (self->keys[i].kid);
    const gchar *word = hab_track_type_to_string (i);

    if (!hab_encrypt_covers (self->encrypt, i))
      continue;
    if (!self->kid_given[i])
      g_string_append_printf (text, " %s_kid=any", word);
    else if (i != VIDEO && !has_same_kid (self))
      g_string_append_printf (text, " %s_kid=%s", word, kid);
    if (!self->key_given[i])
      g_string_append_printf (text, " %s_key=any", word);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
hab_key_request_matches (const HabKeyRequest *self, const HabPackage *package,
    HabSeal *seal)
{
  HabContentKey keys[HAB_N_TRACK_TYPES];
  gboolean same = hab_package_open_keys (package, seal, keys, NULL);

  for (guint i = 0; i < HAB_N_TRACK_TYPES && same; i++) {
    gboolean covered = hab_encrypt_covers (self->encrypt, i);

    same = covered == hab_package_has_key (package, i) &&
        (!covered || !self->key_given[i] ||
            memeql_sec (keys[i].key, self->keys[i].key, HAB_KEY_SIZE));
  }
  hab_key_wipe (keys, sizeof keys);
  return same;
}
