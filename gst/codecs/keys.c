/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "keys.h"

#include <string.h>

#define HEX_LENGTH 32
#define UUID_LENGTH 36
#define BASE64_LENGTH 22
#define BASE64_PADDED_LENGTH 24

G_DEFINE_QUARK (hab-key-error-quark, hab_key_error)

void
hab_key_wipe (gpointer data, gsize size)
{
  if (data)
    explicit_bzero (data, size);
}

const gchar *
hab_track_type_to_string (HabTrackType type)
{
  return type == HAB_TRACK_VIDEO ? "video" : "audio";
}

/* Groups of 8-4-4-4-12 digits. */
static gboolean
is_uuid_dash (guint i)
{
  return i == 8 || i == 13 || i == 18 || i == 23;
}

static gboolean
parse_hex (const gchar *text, gsize length, guint8 key[HAB_KEY_SIZE])
{
  guint n_digits = 0;

  for (guint i = 0; i < length; i++) {
    gint digit;

    if (length == UUID_LENGTH && is_uuid_dash (i)) {
      if (text[i] != '-')
        return FALSE;
      continue;
    }

    digit = g_ascii_xdigit_value (text[i]);
    if (digit < 0)
      return FALSE;
    if (n_digits % 2 == 0)
      key[n_digits / 2] = digit << 4;
    else
      key[n_digits / 2] |= digit;
    n_digits++;
  }

  return n_digits == 2 * HAB_KEY_SIZE;
}

static gint
base64_value (gchar c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '+' || c == '-')
    return 62;
  if (c == '/' || c == '_')
    return 63;
  return -1;
}

/* Strict where g_base64_decode () is lenient: one alphabet, nothing between
 * the characters, and the bits that the last one has to spare are zero, so
 * that each key has one text in each form. */
static gboolean
parse_base64 (const gchar *text, gsize length, guint8 key[HAB_KEY_SIZE])
{
  gboolean standard = FALSE, url_safe = FALSE;
  guint32 bits = 0;
  guint n_bits = 0, n_bytes = 0;

  if (length == BASE64_PADDED_LENGTH &&
      memcmp (text + BASE64_LENGTH, "==", 2) != 0)
    return FALSE;

  for (guint i = 0; i < BASE64_LENGTH; i++) {
    gint value = base64_value (text[i]);

    if (value < 0)
      return FALSE;
    standard |= text[i] == '+' || text[i] == '/';
    url_safe |= text[i] == '-' || text[i] == '_';

    bits = (bits << 6 | value) & 0xffff;
    n_bits += 6;
    if (n_bits >= 8) {
      n_bits -= 8;
      key[n_bytes++] = bits >> n_bits;
    }
  }

  return !(standard && url_safe) && (bits & ((1u << n_bits) - 1)) == 0;
}

static gboolean
parse_text (const gchar *text, gsize length, guint8 key[HAB_KEY_SIZE],
    GError **error)
{
  guint8 bytes[HAB_KEY_SIZE];
  gboolean valid = FALSE;

  if (length == HEX_LENGTH || length == UUID_LENGTH)
    valid = parse_hex (text, length, bytes);
  else if (length == BASE64_LENGTH || length == BASE64_PADDED_LENGTH)
    valid = parse_base64 (text, length, bytes);

  if (valid)
    memcpy (key, bytes, HAB_KEY_SIZE);
  else
    g_set_error_literal (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM,
        "not 16 bytes as 32 hex digits, base64, base64url or UUID");
  hab_key_wipe (bytes, sizeof (bytes));

  return valid;
}

gboolean
hab_key_parse (const gchar *text, guint8 key[HAB_KEY_SIZE], GError **error)
{
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  return parse_text (text, strlen (text), key, error);
}

gchar *
hab_key_to_hex (const guint8 key[HAB_KEY_SIZE])
{
  static const gchar digits[] = "0123456789abcdef";
  gchar *hex = g_malloc (2 * HAB_KEY_SIZE + 1);

  for (guint i = 0; i < HAB_KEY_SIZE; i++) {
    hex[2 * i] = digits[key[i] >> 4];
    hex[2 * i + 1] = digits[key[i] & 15];
  }
  hex[2 * HAB_KEY_SIZE] = '\0';

  return hex;
}

gchar *
hab_key_to_uuid (const guint8 key[HAB_KEY_SIZE])
{
  gchar *hex = hab_key_to_hex (key);
  gchar *uuid = g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%.12s",
      hex, hex + 8, hex + 12, hex + 16, hex + 20);

  hab_key_wipe (hex, strlen (hex));
  g_free (hex);

  return uuid;
}

gchar *
hab_key_to_base64url (const guint8 key[HAB_KEY_SIZE])
{
  gchar *text = g_base64_encode (key, HAB_KEY_SIZE);

  text[BASE64_LENGTH] = '\0';
  return g_strdelimit (g_strdelimit (text, "+", '-'), "/", '_');
}
