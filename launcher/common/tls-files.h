/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Reads a certificate, with those that lead to its authority behind it, and
 * its private key, both PEM. (transfer full); NULL with error set where clients
 * would not get a connection by them: files that are none, a key of another
 * certificate, one that has ended or is not good yet. The error is always
 * G_TLS_ERROR_BAD_CERTIFICATE. */
GTlsCertificate *hab_tls_files_load (const gchar *certificate_path,
    const gchar *key_path, GError **error);

G_END_DECLS
