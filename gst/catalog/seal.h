/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Content keys at rest: AES-256-GCM under a master key, a random nonce for
 * each, the context (such as "package key") authenticated with it. The text is
 * "hab1:" and base64url of nonce, cipher text and tag. */

#define HAB_SEAL_ERROR (hab_seal_error_quark ())
GQuark hab_seal_error_quark (void);

typedef enum
{
  HAB_SEAL_ERROR_FILE,   /* the master key file cannot be read or made, or
                          * others than its owner may read it */
  HAB_SEAL_ERROR_OPEN,   /* not a sealed text, or not under this key */
} HabSealError;

typedef struct _HabSeal HabSeal;

/* Reads the master key (32 bytes) at path, which must have mode 0600 or
 * stricter; makes it, durably, where there is none and create is set. */
HabSeal *hab_seal_new (const gchar *path, gboolean create, GError **error);
/* The same for a file that somebody else looks after: a service manager's
 * credential. Its group may read it, which is how an access list for the one
 * user of the service looks from outside; nobody else may. */
HabSeal *hab_seal_new_from_credential (const gchar *path, GError **error);
void hab_seal_free (HabSeal *seal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabSeal, hab_seal_free)

gchar *hab_seal_close (HabSeal *seal, const gchar *context, const guint8 *data,
    gsize size);
/* Fills exactly size bytes; OPEN where the text holds another number. */
gboolean hab_seal_open (HabSeal *seal, const gchar *context, const gchar *text,
    guint8 *data, gsize size, GError **error);

/* A key of another use, which the master key alone leads to: 32 bytes. */
void hab_seal_derive (HabSeal *seal, const gchar *use, guint8 key[32]);

G_END_DECLS
