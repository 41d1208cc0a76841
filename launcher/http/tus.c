/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tus.h"

#include <string.h>

#define MAX_DIGEST 64

G_DEFINE_QUARK (hab-tus-error-quark, hab_tus_error)

struct _HabTusChecksum
{
  GChecksum *sum;
  guint8 promised[MAX_DIGEST];
  gsize size;
};

gboolean
hab_tus_parse_number (const gchar *name, const gchar *header,
    guint64 *number, GError **error)
{
  if (header != NULL && g_ascii_string_to_unsigned (header, 10, 0, G_MAXINT64,
                            number, NULL))
    return TRUE;
  g_set_error (error, HAB_TUS_ERROR, HAB_TUS_ERROR_MALFORMED,
      "%s must be there and be a number of bytes", name);
  return FALSE;
}

/* (nullable): strict, unlike g_base64_decode (). */
static guint8 *
decode_base64 (const gchar *text, gsize *size)
{
  static const gchar letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  gsize plain = strspn (text, letters);
  gsize padding = strspn (text + plain, "=");

  if (text[plain + padding] != '\0' || padding > 2 ||
      (plain + padding) % 4 != 0)
    return NULL;
  return g_base64_decode (text, size);
}

/* (nullable): as text, which has no NUL in it. */
static gchar *
decode_text (const gchar *base64)
{
  gsize size = 0;
  g_autofree guint8 *bytes = decode_base64 (base64, &size);

  if (bytes == NULL || memchr (bytes, '\0', size) != NULL)
    return NULL;
  return g_strndup ((const gchar *) bytes, size);
}

gchar *
hab_tus_parse_metadata (const gchar *header, const gchar *key, GError **error)
{
  g_auto (GStrv) pairs = g_strsplit (header != NULL ? header : "", ",", -1);
  gsize length = strlen (key);

  for (gchar **pair = pairs; *pair != NULL; pair++) {
    const gchar *text = g_strstrip (*pair);
    gchar *value;

    if (strncmp (text, key, length) != 0 ||
        (text[length] != ' ' && text[length] != '\0'))
      continue;
    value = decode_text (text + length + (text[length] == ' '));
    if (value == NULL)
      g_set_error (error, HAB_TUS_ERROR, HAB_TUS_ERROR_MALFORMED,
          "The value of %s in Upload-Metadata is not text as base64", key);
    return value;
  }
  return NULL;
}

gchar *
hab_tus_format_metadata (const gchar *key, const gchar *value)
{
  g_autofree gchar *base64 =
      g_base64_encode ((const guchar *) value, strlen (value));

  return g_strdup_printf ("%s %s", key, base64);
}

/* --- Upload-Checksum -------------------------------------------------- */

static const struct
{
  const gchar *prefix;
  GChecksumType type;
} algorithms[] = {
  { "sha1 ", G_CHECKSUM_SHA1 },
  { "sha256 ", G_CHECKSUM_SHA256 },
};

static HabTusChecksum *
checksum_new (GChecksumType type, const gchar *base64)
{
  gsize size = 0;
  g_autofree guint8 *digest = decode_base64 (base64, &size);
  HabTusChecksum *self;

  if (digest == NULL || size != (gsize) g_checksum_type_get_length (type))
    return NULL;
  self = g_new0 (HabTusChecksum, 1);
  self->sum = g_checksum_new (type);
  self->size = size;
  memcpy (self->promised, digest, size);
  return self;
}

HabTusChecksum *
hab_tus_checksum_new (const gchar *header, GError **error)
{
  HabTusChecksum *self = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    if (g_str_has_prefix (header, algorithms[i].prefix))
      self = checksum_new (algorithms[i].type,
          header + strlen (algorithms[i].prefix));
  if (self == NULL)
    g_set_error_literal (error, HAB_TUS_ERROR, HAB_TUS_ERROR_MALFORMED,
        "Upload-Checksum must be one of " HAB_TUS_CHECKSUMS ", a blank and "
        "the digest as base64");
  return self;
}

void
hab_tus_checksum_free (HabTusChecksum *self)
{
  g_checksum_free (self->sum);
  g_free (self);
}

void
hab_tus_checksum_update (HabTusChecksum *self, const guint8 *bytes,
    gsize size)
{
  g_checksum_update (self->sum, bytes, size);
}

gboolean
hab_tus_checksum_matches (HabTusChecksum *self)
{
  guint8 digest[MAX_DIGEST];
  gsize size = sizeof digest;

  g_checksum_get_digest (self->sum, digest, &size);
  return size == self->size && memcmp (digest, self->promised, size) == 0;
}
