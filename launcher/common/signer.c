/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "signer.h"

#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <string.h>

#include "keys.h"

#define MAC_LENGTH 43 /* of 32 bytes, without padding */
#define MAX_DIGITS 12

struct _HabSigner
{
  struct hmac_sha256_ctx keyed;
};

HabSigner *
hab_signer_new (const guint8 key[HAB_SIGNER_KEY_SIZE])
{
  HabSigner *self = g_new0 (HabSigner, 1);

  hmac_sha256_set_key (&self->keyed, HAB_SIGNER_KEY_SIZE, key);
  return self;
}

void
hab_signer_free (HabSigner *self)
{
  if (self == NULL)
    return;
  hab_key_wipe (self, sizeof *self);
  g_free (self);
}

/* mac: MAC_LENGTH characters and what padding there is, without a zero. */
static void
make_mac (const HabSigner *self, const gchar *text,
    gchar mac[BASE64_ENCODE_RAW_LENGTH (SHA256_DIGEST_SIZE)])
{
  struct hmac_sha256_ctx context = self->keyed;
  guint8 digest[SHA256_DIGEST_SIZE];

  hmac_sha256_update (&context, strlen (text), (const guint8 *) text);
  hmac_sha256_digest (&context, sizeof digest, digest);
  hab_key_wipe (&context, sizeof context);
  base64_encode_raw (mac, sizeof digest, digest);
  for (guint i = 0; i < MAC_LENGTH; i++)
    mac[i] = mac[i] == '+' ? '-' : mac[i] == '/' ? '_' : mac[i];
}

gchar *
hab_signer_sign (const HabSigner *self, const gchar *code, gint64 expires)
{
  g_autofree gchar *text =
      g_strdup_printf ("%s\n%" G_GINT64_FORMAT, code, expires);
  gchar mac[BASE64_ENCODE_RAW_LENGTH (SHA256_DIGEST_SIZE)];

  make_mac (self, text, mac);
  return g_strdup_printf ("%" G_GINT64_FORMAT "-%.*s", expires, MAC_LENGTH,
      mac);
}

static gboolean
read_expires (const gchar *token, gint64 *expires)
{
  gsize digits = strspn (token, G_CSET_DIGITS);

  if (digits == 0 || digits > MAX_DIGITS || token[digits] != '-' ||
      strlen (token) != digits + 1 + MAC_LENGTH)
    return FALSE;
  *expires = g_ascii_strtoll (token, NULL, 10);
  return TRUE;
}

HabViewerTokenState
hab_signer_check (const HabSigner *self, const gchar *token,
    const gchar *code, gint64 now, gint64 *expires)
{
  g_autofree gchar *right = NULL;
  gint64 until;

  if (!read_expires (token, &until))
    return HAB_VIEWER_TOKEN_FORGED;
  right = hab_signer_sign (self, code, until);
  if (strlen (right) != strlen (token) ||
      !memeql_sec (right, token, strlen (right)))
    return HAB_VIEWER_TOKEN_FORGED;
  if (until <= now)
    return HAB_VIEWER_TOKEN_EXPIRED;
  if (expires != NULL)
    *expires = until;
  return HAB_VIEWER_TOKEN_VALID;
}

gchar *
hab_signer_hide_tokens (const gchar *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  gint64 expires;

  for (gchar **part = parts; *part != NULL; part++) {
    if (read_expires (*part, &expires)) {
      g_free (*part);
      *part = g_strdup ("token");
    }
  }
  return g_strjoinv ("/", parts);
}
