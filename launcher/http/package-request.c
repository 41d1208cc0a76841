/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-request.h"

#include <string.h>
#include <sys/random.h>

#include "callback-rules.h"
#include "clock.h"
#include "json.h"
#include "key-request.h"
#include "keys.h"
#include "media.h"
#include "member-names.h"
#include "option-request.h"
#include "package-keys.h"
#include "package-options.h"
#include "problem.h"
#include "request.h"

#define DEFAULT_SEGMENT_SECONDS 4.0
#define MIN_SEGMENT_SECONDS 0.5
#define MAX_SEGMENT_SECONDS 60.0
#define MIN_PRIORITY -10
#define MAX_PRIORITY 10
#define MAX_IDEMPOTENCY_KEY 255

/* Codes are part of public addresses: long enough that nobody guesses one, of
 * letters and digits that are not taken for each other. */
#define CODE_LENGTH 10
#define CODE_LETTERS "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
#define CODE_TRIES 8

struct _HabPackageRequest
{
  gchar *owner;
  gboolean any_input; /* not just one of the owner's */
  gint64 input_id;
  HabEncrypt encrypt;
  HabKeyRequest keys;
  gint64 segment_duration_ns;
  gint priority;
  gchar *options; /* JSON, see package-options.h */
  gchar *callback_url;    /* or NULL */
  gchar *idempotency_key; /* or NULL */
  gchar *delivery_url;
};

void
hab_package_request_free (HabPackageRequest *self)
{
  hab_key_request_wipe (&self->keys);
  g_free (self->owner);
  g_free (self->options);
  g_free (self->callback_url);
  g_free (self->idempotency_key);
  g_free (self->delivery_url);
  g_free (self);
}

/* --- reading ---------------------------------------------------------- */

static gboolean
read_encrypt (HabPackageRequest *self, JsonObject *object, GError **error)
{
  const gchar *word;

  if (!hab_json_get_text (object, "encrypt", &word, error))
    return FALSE;
  if (word == NULL || hab_encrypt_from_string (word, &self->encrypt))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "\"encrypt\" must be \"video\", \"all\" or \"none\"");
  return FALSE;
}

static gboolean
read_priority (JsonObject *object, gint *priority, GError **error)
{
  gdouble number;

  if (!hab_json_get_number (object, "priority", MIN_PRIORITY, MAX_PRIORITY, 0,
          &number, error))
    return FALSE;
  *priority = number;
  if (*priority == number)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "\"priority\" must be a whole number");
  return FALSE;
}

static gboolean
read_callback_url (HabPackageRequest *self, JsonObject *object,
    const HabSettings *settings, GError **error)
{
  const gchar *url;

  if (!hab_json_get_text (object, "callback_url", &url, error))
    return FALSE;
  if (url == NULL)
    return TRUE;
  switch (hab_callback_url_check (url,
      (const gchar *const *) settings->callback_hosts)) {
    case HAB_CALLBACK_URL_ALLOWED:
      self->callback_url = g_strdup (url);
      return TRUE;
    case HAB_CALLBACK_URL_NOT_ALLOWED:
      hab_http_error_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY,
          "This service may not call the host of \"callback_url\"; have it "
          "started with --callback-host HOST[:PORT], or leave the member out "
          "and follow GET /packaged_content/N/events");
      return FALSE;
    default:
      hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
          "\"callback_url\" must be an http or https address without a user "
          "in it");
      return FALSE;
  }
}

/* (transfer container): of the members that there can be. */
static GPtrArray *
list_names (void)
{
  static const gchar *const own[] = {
    "input_content_id", "encrypt", "key", "kid", "keys", "generate_keys",
    "segment_duration", "priority", "callback_url",
  };
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    g_ptr_array_add (names, (gpointer) own[i]);
  for (const HabPackageOption *option = hab_package_options;
       option->name != NULL; option++)
    g_ptr_array_add (names, (gpointer) option->name);
  g_ptr_array_add (names, NULL);
  return names;
}

/* What is misspelt would be packaged otherwise than was meant, in the clear for
 * one thing. */
static gboolean
check_names (JsonObject *object, GError **error)
{
  g_autoptr (GPtrArray) names = list_names ();

  return hab_member_names_check (object, "",
      (const gchar *const *) names->pdata, error);
}

static gboolean
read_object (HabPackageRequest *self, JsonObject *object, GError **error)
{
  gdouble seconds;

  if (!check_names (object, error) ||
      !hab_json_get_id (object, "input_content_id", &self->input_id, error) ||
      !read_encrypt (self, object, error) ||
      !read_priority (object, &self->priority, error) ||
      !hab_json_get_number (object, "segment_duration", MIN_SEGMENT_SECONDS,
          MAX_SEGMENT_SECONDS, DEFAULT_SEGMENT_SECONDS, &seconds, error))
    return FALSE;
  self->segment_duration_ns = seconds * 1e9;
  self->options = hab_option_request_read (object, self->encrypt, error);
  return self->options != NULL;
}

/* Each owner has keys of their own. No header has a line break in it. */
static gchar *
scope_key (const gchar *owner, const gchar *key)
{
  return *owner != '\0' ? g_strconcat (owner, "\n", key, NULL)
                        : g_strdup (key);
}

static gboolean
read_idempotency_key (HabPackageRequest *self, HabRequest *request,
    GError **error)
{
  const gchar *text = hab_request_get_header (request, "Idempotency-Key");

  if (text == NULL)
    return TRUE;
  if (*text == '\0' || strlen (text) > MAX_IDEMPOTENCY_KEY ||
      !g_utf8_validate (text, -1, NULL)) {
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "Idempotency-Key must have 1 to %d characters", MAX_IDEMPOTENCY_KEY);
    return FALSE;
  }
  self->idempotency_key = scope_key (hab_request_get_owner (request), text);
  return TRUE;
}

HabPackageRequest *
hab_package_request_read (HabRequest *request, GError **error)
{
  g_autoptr (HabPackageRequest) self = g_new0 (HabPackageRequest, 1);
  g_autoptr (JsonNode) root = hab_json_read_body (request, error);
  gboolean fine;

  if (root == NULL)
    return NULL;
  fine = read_object (self, json_node_get_object (root), error) &&
      hab_key_request_read (&self->keys, json_node_get_object (root),
          self->encrypt, error) &&
      read_callback_url (self, json_node_get_object (root),
          hab_request_get_context (request)->settings, error) &&
      read_idempotency_key (self, request, error);
  if (!fine)
    return NULL;
  self->owner = g_strdup (hab_request_get_owner (request));
  self->any_input = hab_request_get_scope (request) == NULL;
  self->delivery_url = hab_request_build_delivery_url (request);
  return g_steal_pointer (&self);
}

gboolean
hab_package_request_read_patch (HabRequest *request, gint *priority,
    GError **error)
{
  g_autoptr (JsonNode) root = hab_json_read_body (request, error);
  JsonObject *object;

  if (root == NULL)
    return FALSE;
  object = json_node_get_object (root);
  if (json_object_has_member (object, "priority") &&
      json_object_get_size (object) == 1)
    return read_priority (object, priority, error);
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "Only \"priority\" of a package can be changed: {\"priority\":5}");
  return FALSE;
}

/* --- adding, in the store's thread ------------------------------------ */

/* What was asked for, without the keys: they are compared where they are sealed.
 * What is as by default is left out, for the reason that hab_option_request_read () has. */
static gchar *
digest_request (HabPackageRequest *self)
{
  static const guint8 no_kid[HAB_KEY_SIZE] = { 0 };
  g_autofree gchar *kid =
      hab_key_to_hex (self->keys.kid_given[HAB_TRACK_VIDEO] ?
          self->keys.keys[HAB_TRACK_VIDEO].kid : no_kid);
  g_autofree gchar *keys = hab_key_request_describe (&self->keys);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "%" G_GINT64_FORMAT " %s %s %" G_GINT64_FORMAT,
      self->input_id, hab_encrypt_to_string (self->encrypt), kid,
      self->segment_duration_ns);
  g_string_append (text, keys);
  if (self->priority != 0)
    g_string_append_printf (text, " priority=%d", self->priority);
  if (!g_str_equal (self->options, "{}"))
    g_string_append_printf (text, " options=%s", self->options);
  if (self->callback_url != NULL)
    g_string_append_printf (text, " callback=%s", self->callback_url);
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text->str, -1);
}

/* The package that this Idempotency-Key made; 0 without an error where it is
 * new. */
static gint64
find_repeated (HabPackageRequest *self, HabVault *vault, const gchar *digest,
    GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabPackage) package = NULL;

  if (self->idempotency_key == NULL)
    return 0;
  package = hab_catalog_find_package_by_idempotency_key (vault->catalog,
      self->idempotency_key, &failure);
  if (package == NULL) {
    if (failure != NULL && !g_error_matches (failure, HAB_CATALOG_ERROR,
                               HAB_CATALOG_ERROR_NOT_FOUND))
      g_propagate_error (error, g_steal_pointer (&failure));
    return 0;
  }
  if (g_strcmp0 (package->request_sha256, digest) == 0 &&
      hab_key_request_matches (&self->keys, package, vault->seal))
    return package->id;
  hab_http_error_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY,
      "This Idempotency-Key was used for another request; use a new one");
  return 0;
}

static gchar *
make_code (void)
{
  guint8 random[CODE_LENGTH];
  gchar code[CODE_LENGTH + 1] = "";

  while (getrandom (random, sizeof random, 0) != sizeof random)
    continue;
  for (guint i = 0; i < CODE_LENGTH; i++)
    code[i] = CODE_LETTERS[random[i] % (sizeof CODE_LETTERS - 1)];
  return g_strdup (code);
}

static HabPackage *
make_package (HabPackageRequest *self, HabVault *vault, const gchar *digest)
{
  const HabDeliveryAddress address = { .url = self->delivery_url };
  HabPackage *package = g_new0 (HabPackage, 1);

  package->owner = g_strdup (self->owner);
  package->input_id = self->input_id;
  package->code = make_code ();
  package->encrypt = g_strdup (hab_encrypt_to_string (self->encrypt));
  package->segment_duration_ns = self->segment_duration_ns;
  package->priority = self->priority;
  package->options = g_strdup (self->options);
  package->callback_url = g_strdup (self->callback_url);
  hab_package_seal_keys (package, vault->seal, self->keys.keys);
  package->url = hab_delivery_address_build_with (&address, NULL,
      package->code, HAB_PATH_MANIFEST);
  package->idempotency_key = g_strdup (self->idempotency_key);
  package->request_sha256 = g_strdup (digest);
  package->created_us = package->updated_us = hab_clock_now ();
  return package;
}

/* The upload of somebody else is none; files of media folders are
 * everybody's. */
static gboolean
check_input (HabPackageRequest *self, HabVault *vault, GError **error)
{
  g_autoptr (HabInput) input =
      hab_catalog_get_input (vault->catalog, self->input_id, error);

  if (input == NULL)
    return FALSE;
  if (input->state != HAB_INPUT_PRESENT) {
    hab_http_error_set (error, SOUP_STATUS_CONFLICT,
        "The file of this input content is not in its folder any more; put it "
        "back there, or choose another input content");
    return FALSE;
  }
  if (self->any_input || input->source == HAB_SOURCE_MEDIA_DIR ||
      g_str_equal (input->owner, self->owner))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_NOT_FOUND, "there is no such input");
  return FALSE;
}

gint64
hab_package_request_add (HabPackageRequest *self, HabVault *vault,
    GError **error)
{
  g_autofree gchar *digest = digest_request (self);
  GError *failure = NULL;
  gint64 id = find_repeated (self, vault, digest, &failure);

  if (id == 0 && failure == NULL)
    check_input (self, vault, &failure);

  /* EXISTS can only be the code then, which is drawn again. */
  for (guint i = 0; id == 0 && failure == NULL && i < CODE_TRIES; i++) {
    g_autoptr (HabPackage) package = make_package (self, vault, digest);

    id = hab_catalog_add_package (vault->catalog, package, &failure);
    if (i + 1 < CODE_TRIES && g_error_matches (failure, HAB_CATALOG_ERROR,
                                  HAB_CATALOG_ERROR_EXISTS))
      g_clear_error (&failure);
  }
  if (failure != NULL)
    g_propagate_error (error, failure);
  return id;
}
