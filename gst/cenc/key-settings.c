/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "key-settings.h"

#include <string.h>

#include <gst/gst.h>

void
hab_key_settings_install (GObjectClass *klass, const gchar *kid_blurb)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, HAB_KEY_PROP_KID,
      g_param_spec_string ("kid", "Key id", kid_blurb, NULL, flags));
  g_object_class_install_property (klass, HAB_KEY_PROP_KEY,
      g_param_spec_string ("key", "Content key",
          "The key, in one of the forms of the kid, or a line KID:KEY for each "
          "key; cannot be read back. It would show on a command line: use "
          "key-file there",
          NULL, flags & ~G_PARAM_READABLE));
  g_object_class_install_property (klass, HAB_KEY_PROP_KEY_FILE,
      g_param_spec_string ("key-file", "Content key file",
          "File whose first line is the key, in one of the forms of the kid, or "
          "with a line KID:KEY for each key; read when the element starts",
          NULL, flags));
}

static void
free_key (gchar *key)
{
  if (key)
    hab_key_wipe (key, strlen (key));
  g_free (key);
}

gboolean
hab_key_settings_set (HabKeySettings *settings, guint id, const GValue *value)
{
  switch (id) {
    case HAB_KEY_PROP_KID:
      g_free (settings->kid);
      settings->kid = g_value_dup_string (value);
      return TRUE;
    case HAB_KEY_PROP_KEY:
      free_key (settings->key);
      settings->key = g_value_dup_string (value);
      return TRUE;
    case HAB_KEY_PROP_KEY_FILE:
      g_free (settings->key_file);
      settings->key_file = g_value_dup_string (value);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
hab_key_settings_get (const HabKeySettings *settings, guint id, GValue *value)
{
  switch (id) {
    case HAB_KEY_PROP_KID:
      g_value_set_string (value, settings->kid);
      return TRUE;
    case HAB_KEY_PROP_KEY_FILE:
      g_value_set_string (value, settings->key_file);
      return TRUE;
    default:
      return FALSE;
  }
}

void
hab_key_settings_copy (const HabKeySettings *settings, HabKeySettings *copy)
{
  copy->kid = g_strdup (settings->kid);
  copy->key = g_strdup (settings->key);
  copy->key_file = g_strdup (settings->key_file);
}

void
hab_key_settings_clear (HabKeySettings *settings)
{
  g_clear_pointer (&settings->kid, g_free);
  g_clear_pointer (&settings->key, free_key);
  g_clear_pointer (&settings->key_file, g_free);
}

static gboolean
load_kid (const HabKeySettings *settings, guint8 kid[16], GError **error)
{
  if (settings->kid == NULL) {
    g_set_error_literal (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM,
        "kid: not set; it names the key, as 32 hex digits, a UUID or base64");
    return FALSE;
  }
  if (hab_key_parse (settings->kid, kid, error))
    return TRUE;
  g_prefix_error (error, "kid: ");
  return FALSE;
}

gboolean
hab_key_settings_load_key (const HabKeySettings *settings,
    const guint8 kid[16], guint8 key[16], GError **error)
{
  if (settings->key)
    return hab_key_parse_for (settings->key, kid, key, error);
  if (settings->key_file)
    return hab_key_read_file (settings->key_file, kid, key, error);

  g_set_error_literal (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM,
      "no content key: set key-file (or key, in an application)");
  return FALSE;
}

gboolean
hab_key_settings_load_keys (const HabKeySettings *settings,
    HabContentKeys *keys, GError **error)
{
  guint8 kid_bytes[16];
  const guint8 *kid = NULL;

  if (settings->kid) {
    if (!load_kid (settings, kid_bytes, error))
      return FALSE;
    kid = kid_bytes;
  }
  if (settings->key)
    return hab_content_keys_parse (keys, settings->key, kid, error);
  return settings->key_file == NULL ||
      hab_content_keys_read_file (keys, settings->key_file, kid, error);
}
