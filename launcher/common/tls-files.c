/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tls-files.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "keys.h"

#define MAX_KEY_ID 64

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit,
    NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_privkey_t,
    gnutls_x509_privkey_deinit, NULL)

/* Hashes of the public key that a certificate has and of the one that belongs
 * to a private key. */
typedef struct
{
  guint8 bytes[MAX_KEY_ID];
  gsize size;
} KeyId;

static gboolean
read_certificate_id (GTlsCertificate *certificate, KeyId *id)
{
  g_autoptr (GByteArray) der = NULL;
  g_auto (gnutls_x509_crt_t) parsed = NULL;
  gnutls_datum_t datum;

  g_object_get (certificate, "certificate", &der, NULL);
  datum = (gnutls_datum_t) { der->data, der->len };
  id->size = sizeof id->bytes;
  return gnutls_x509_crt_init (&parsed) == 0 &&
      gnutls_x509_crt_import (parsed, &datum, GNUTLS_X509_FMT_DER) == 0 &&
      gnutls_x509_crt_get_key_id (parsed, GNUTLS_KEYID_USE_SHA256, id->bytes,
          &id->size) == 0;
}

static gboolean
read_key_id (GTlsCertificate *certificate, KeyId *id)
{
  g_autoptr (GByteArray) der = NULL;
  g_auto (gnutls_x509_privkey_t) key = NULL;
  gnutls_datum_t datum;
  gboolean fine;

  g_object_get (certificate, "private-key", &der, NULL);
  if (der == NULL)
    return FALSE;
  datum = (gnutls_datum_t) { der->data, der->len };
  id->size = sizeof id->bytes;
  fine = gnutls_x509_privkey_init (&key) == 0 &&
      gnutls_x509_privkey_import2 (key, &datum, GNUTLS_X509_FMT_DER, NULL,
          0) == 0 &&
      gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, id->bytes,
          &id->size) == 0;
  hab_key_wipe (der->data, der->len);
  return fine;
}

/* GIO looks no further than whether both can be read. */
static gboolean
check_key (GTlsCertificate *certificate, GError **error)
{
  KeyId one, other;

  if (read_certificate_id (certificate, &one) &&
      read_key_id (certificate, &other) && one.size == other.size &&
      memcmp (one.bytes, other.bytes, one.size) == 0)
    return TRUE;
  g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
      "The private key is not that of the first certificate of the file");
  return FALSE;
}

static gboolean
check_time (GTlsCertificate *certificate, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) start =
      g_tls_certificate_get_not_valid_before (certificate);
  g_autoptr (GDateTime) end =
      g_tls_certificate_get_not_valid_after (certificate);
  gboolean early = start != NULL && g_date_time_compare (now, start) < 0;
  gboolean late = end != NULL && g_date_time_compare (now, end) > 0;
  g_autofree gchar *when =
      early || late ? g_date_time_format_iso8601 (early ? start : end) : NULL;

  if (when == NULL)
    return TRUE;
  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
      early ? "The certificate is not good before %s"
            : "The certificate ended at %s", when);
  return FALSE;
}

GTlsCertificate *
hab_tls_files_load (const gchar *certificate_path, const gchar *key_path,
    GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_files (
      certificate_path, key_path, &failure);

  if (certificate != NULL && check_key (certificate, &failure) &&
      check_time (certificate, &failure))
    return g_steal_pointer (&certificate);
  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
      "The TLS certificate cannot be used: %s", failure->message);
  return NULL;
}
