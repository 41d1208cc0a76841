/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Viewer tokens: that somebody may have one package until a time. Nothing is
 * kept of them: EXPIRES-MAC, where EXPIRES is seconds since 1970 in UTC and MAC
 * the HMAC-SHA256 of package code and EXPIRES in base64url. They are made of
 * letters, digits, "-" and "_", so that one can be a part of a path.
 * Constant once made: every thread may use it. */
typedef struct _HabSigner HabSigner;

#define HAB_SIGNER_KEY_SIZE 32
#define HAB_SIGNER_MAX_SECONDS (365 * 24 * 60 * 60)

typedef enum
{
  HAB_VIEWER_TOKEN_VALID,
  HAB_VIEWER_TOKEN_EXPIRED,
  HAB_VIEWER_TOKEN_FORGED, /* or of another package, or no such token */
} HabViewerTokenState;

HabSigner *hab_signer_new (const guint8 key[HAB_SIGNER_KEY_SIZE]);
void hab_signer_free (HabSigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabSigner, hab_signer_free)

/* (transfer full) */
gchar *hab_signer_sign (const HabSigner *signer, const gchar *code,
    gint64 expires);
/* In a time that does not tell how much of it was right. expires (nullable) is
 * set where the token is valid. */
HabViewerTokenState hab_signer_check (const HabSigner *signer,
    const gchar *token, const gchar *code, gint64 now, gint64 *expires);

/* A path for the log: what has the form of a viewer token in it is "token".
 * (transfer full) */
gchar *hab_signer_hide_tokens (const gchar *path);

G_END_DECLS
