/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "encryption-settings.h"

#include <string.h>
#include <sys/random.h>

#include <gst/gst.h>

#include "keys.h"

enum
{
  PROP_IV = HAB_KEY_PROP_LAST,
  PROP_PSSH,
  PROP_CLEAR_LEAD,
  PROP_CRYPTO_PERIOD,
};

/* --- properties -------------------------------------------------------------- */

void
hab_encryption_settings_install (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_READY;

  hab_key_settings_install (klass,
      "The id that names the key in the stream: 32 hex digits, a UUID, or "
      "base64 (plain or for URLs) of 16 bytes; with crypto-period several, "
      "separated by commas");
  g_object_class_install_property (klass, PROP_IV,
      g_param_spec_string ("iv", "Constant IV",
          "Initialization vector of every sample, in one of the forms of the "
          "kid; a random one for each start when unset",
          NULL, flags));
  g_object_class_install_property (klass, PROP_PSSH,
      g_param_spec_string ("pssh", "pssh boxes",
          "Whole pssh boxes (ISO/IEC 23001-7, 8.1) in base64, separated by "
          "commas or white space, one for each protection system at the most; "
          "that of the W3C common system is made when it is not among them",
          NULL, flags));
  g_object_class_install_property (klass, PROP_CLEAR_LEAD,
      g_param_spec_uint64 ("clear-lead", "Clear lead",
          "Running time in nanoseconds up to which the stream stays in the "
          "clear; encryption begins with the first GOP, or sample of audio, at "
          "or behind it",
          0, G_MAXINT64, 0, flags));
  g_object_class_install_property (klass, PROP_CRYPTO_PERIOD,
      g_param_spec_uint64 ("crypto-period", "Crypto period",
          "Distance of the lines of running time, in nanoseconds, behind which "
          "the next key of kid counts, from the first GOP, or sample of audio, "
          "on; behind the last the first. 0: there is one key",
          0, G_MAXINT64, 0, flags));
}

gboolean
hab_encryption_settings_set (HabEncryptionSettings *settings, guint id,
    const GValue *value)
{
  switch (id) {
    case PROP_IV:
      g_free (settings->iv);
      settings->iv = g_value_dup_string (value);
      return TRUE;
    case PROP_PSSH:
      g_free (settings->pssh);
      settings->pssh = g_value_dup_string (value);
      return TRUE;
    case PROP_CLEAR_LEAD:
      settings->clear_lead = g_value_get_uint64 (value);
      return TRUE;
    case PROP_CRYPTO_PERIOD:
      settings->crypto_period = g_value_get_uint64 (value);
      return TRUE;
    default:
      return hab_key_settings_set (&settings->key, id, value);
  }
}

gboolean
hab_encryption_settings_get (const HabEncryptionSettings *settings, guint id,
    GValue *value)
{
  switch (id) {
    case PROP_IV:
      g_value_set_string (value, settings->iv);
      return TRUE;
    case PROP_PSSH:
      g_value_set_string (value, settings->pssh);
      return TRUE;
    case PROP_CLEAR_LEAD:
      g_value_set_uint64 (value, settings->clear_lead);
      return TRUE;
    case PROP_CRYPTO_PERIOD:
      g_value_set_uint64 (value, settings->crypto_period);
      return TRUE;
    default:
      return hab_key_settings_get (&settings->key, id, value);
  }
}

void
hab_encryption_settings_copy (const HabEncryptionSettings *settings,
    HabEncryptionSettings *copy)
{
  *copy = *settings;
  hab_key_settings_copy (&settings->key, &copy->key);
  copy->iv = g_strdup (settings->iv);
  copy->pssh = g_strdup (settings->pssh);
}

void
hab_encryption_settings_clear (HabEncryptionSettings *settings)
{
  hab_key_settings_clear (&settings->key);
  g_clear_pointer (&settings->iv, g_free);
  g_clear_pointer (&settings->pssh, g_free);
}

/* --- what they come to --------------------------------------------------------- */

static gboolean
load_iv (HabEncryption *encryption, const gchar *text, GError **error)
{
  if (text && !hab_key_parse (text, encryption->iv, error)) {
    g_prefix_error (error, "iv: ");
    return FALSE;
  }
  if (text == NULL && getrandom (encryption->iv, sizeof encryption->iv, 0) !=
          (gssize) sizeof encryption->iv) {
    g_set_error_literal (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT,
        "iv: the system gave no random bytes");
    return FALSE;
  }
  return TRUE;
}

/* Where it is not there yet. */
static void
append_new (GByteArray *kids, const guint8 *kid)
{
  for (guint i = 0; i < kids->len; i += HAB_KEY_SIZE) {
    if (memcmp (kids->data + i, kid, HAB_KEY_SIZE) == 0)
      return;
  }
  g_byte_array_append (kids, kid, HAB_KEY_SIZE);
}

/* It names every key that the stream will have. */
static HabPssh *
make_own_box (const HabKeySchedule *keys)
{
  guint n = hab_key_schedule_get_n_keys (keys);
  g_autoptr (GByteArray) kids = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    append_new (kids, hab_key_schedule_get_kid (keys, i));
  return hab_pssh_new_w3c_common (kids->data, kids->len / HAB_KEY_SIZE);
}

/* Other systems' boxes, with our own of the W3C common system unless there is
 * one among them. */
static gboolean
load_pssh (HabEncryption *encryption, const gchar *text, GError **error)
{
  g_autoptr (GPtrArray) boxes = hab_pssh_parse_list (text, error);

  if (boxes == NULL) {
    g_prefix_error (error, "pssh: ");
    return FALSE;
  }
  if (hab_pssh_find (boxes, HAB_SYSTEM_W3C_COMMON) == NULL)
    g_ptr_array_insert (boxes, 0, make_own_box (encryption->keys));
  encryption->pssh = g_steal_pointer (&boxes);
  return TRUE;
}

gboolean
hab_encryption_load (HabEncryption *encryption,
    const HabEncryptionSettings *settings, GError **error)
{
  encryption->clear_lead = settings->clear_lead;
  encryption->keys = hab_key_schedule_new (&settings->key,
      settings->crypto_period, error);
  if (encryption->keys && load_iv (encryption, settings->iv, error) &&
      load_pssh (encryption, settings->pssh, error))
    return TRUE;
  hab_encryption_clear (encryption);
  return FALSE;
}

void
hab_encryption_clear (HabEncryption *encryption)
{
  g_clear_pointer (&encryption->keys, hab_key_schedule_free);
  g_clear_pointer (&encryption->pssh, g_ptr_array_unref);
}
