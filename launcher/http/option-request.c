/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "option-request.h"

#include <string.h>

#include "json.h"
#include "ladder-json.h"
#include "package-options.h"
#include "problem.h"
#include "pssh-boxes.h"
#include "track-choice.h"

/* Together they must fit into a worker's job. */
#define MAX_TEXT 4096u

/* Each adds a member to builder where it is asked for. */

static gboolean
read_switch (JsonObject *object, const HabPackageOption *option,
    JsonBuilder *builder, GError **error)
{
  gboolean on;

  if (!hab_json_get_bool (object, option->name, &on, error))
    return FALSE;
  if (on)
    hab_json_add_bool (builder, option->name, TRUE);
  return TRUE;
}

static gboolean
read_seconds (JsonObject *object, const HabPackageOption *option,
    JsonBuilder *builder, GError **error)
{
  gdouble seconds;

  if (!hab_json_get_number (object, option->name, 0, option->maximum, 0,
          &seconds, error))
    return FALSE;
  if (seconds > 0)
    hab_json_add_double (builder, option->name, seconds);
  return TRUE;
}

static gboolean
is_text (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) &&
      json_node_get_value_type (node) == G_TYPE_STRING &&
      strlen (json_node_get_string (node)) <= MAX_TEXT;
}

static gboolean
check_texts (JsonNode *node, const HabPackageOption *option, GError **error)
{
  JsonArray *array =
      JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = array != NULL ? json_array_get_length (array) : 0;
  gboolean fine = array != NULL && n <= option->maximum;

  for (guint i = 0; i < n && fine; i++)
    fine = is_text (json_array_get_element (array, i));
  if (!fine)
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "\"%s\" must be a list of at most %u strings of at most %u characters",
        option->name, (guint) option->maximum, MAX_TEXT);
  return fine;
}

static gboolean
read_texts (JsonObject *object, const HabPackageOption *option,
    JsonBuilder *builder, GError **error)
{
  JsonNode *node = json_object_get_member (object, option->name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!check_texts (node, option, error))
    return FALSE;
  if (json_array_get_length (json_node_get_array (node)) > 0) {
    json_builder_set_member_name (builder, option->name);
    json_builder_add_value (builder, json_node_copy (node));
  }
  return TRUE;
}

static gboolean
read_ladder (JsonObject *object, const HabPackageOption *option,
    JsonBuilder *builder, GError **error)
{
  JsonNode *node = json_object_get_member (object, option->name);
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabLadder) ladder = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  ladder = hab_ladder_json_read (node, &failure);
  if (ladder == NULL) {
    hab_http_error_set (error, SOUP_STATUS_UNPROCESSABLE_ENTITY, "\"%s\": %s",
        option->name, failure->message);
    return FALSE;
  }
  json_builder_set_member_name (builder, option->name);
  hab_ladder_json_add (builder, ladder);
  return TRUE;
}

static gboolean
read_option (JsonObject *object, const HabPackageOption *option,
    JsonBuilder *builder, GError **error)
{
  switch (option->kind) {
    case HAB_OPTION_SECONDS:
      return read_seconds (object, option, builder, error);
    case HAB_OPTION_TEXTS:
      return read_texts (object, option, builder, error);
    case HAB_OPTION_LADDER:
      return read_ladder (object, option, builder, error);
    default:
      return read_switch (object, option, builder, error);
  }
}

static gboolean
check_encrypted (JsonObject *options, HabEncrypt encrypt, GError **error)
{
  if (encrypt != HAB_ENCRYPT_NONE)
    return TRUE;
  for (const HabPackageOption *option = hab_package_options;
       option->name != NULL; option++) {
    if (!option->encrypted || !json_object_has_member (options, option->name))
      continue;
    hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
        "\"%s\" is of no use where nothing is encrypted", option->name);
    return FALSE;
  }
  return TRUE;
}

/* Each string one box. */
static gboolean
check_pssh (JsonObject *options, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GPtrArray) boxes = NULL;
  g_autoptr (GError) failure = NULL;
  JsonArray *array;
  guint n;

  if (!json_object_has_member (options, "pssh"))
    return TRUE;
  array = json_object_get_array_member (options, "pssh");
  n = json_array_get_length (array);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (list, "%s,",
        json_array_get_string_element (array, i));
  boxes = hab_pssh_parse_list (list->str, &failure);
  if (boxes != NULL && boxes->len == n)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST, "\"pssh\": %s",
      failure != NULL ? failure->message : "each string must be one box");
  return FALSE;
}

/* (transfer full) (nullable) */
static GStrv
get_texts (JsonObject *options, const gchar *name)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (!json_object_has_member (options, name))
    return NULL;
  array = json_object_get_array_member (options, name);
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));
  return g_strv_builder_end (builder);
}

static gboolean
check_choice (JsonObject *options, GError **error)
{
  g_auto (GStrv) tracks = get_texts (options, "tracks");
  g_auto (GStrv) languages = get_texts (options, "languages");
  const HabTrackChoice choice = {
    (const gchar *const *) tracks, (const gchar *const *) languages
  };
  g_autoptr (GError) failure = NULL;

  if (hab_track_choice_check (&choice, &failure))
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "\"tracks\" or \"languages\": %s", failure->message);
  return FALSE;
}

gchar *
hab_option_request_read (JsonObject *object, HabEncrypt encrypt,
    GError **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  for (const HabPackageOption *option = hab_package_options;
       option->name != NULL; option++) {
    if (!read_option (object, option, builder, error))
      return NULL;
  }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  if (!check_encrypted (json_node_get_object (root), encrypt, error) ||
      !check_pssh (json_node_get_object (root), error) ||
      !check_choice (json_node_get_object (root), error))
    return NULL;
  return json_to_string (root, FALSE);
}
