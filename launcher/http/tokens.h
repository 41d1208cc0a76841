/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The API tokens, of which only SHA-256 digests are kept. Pure, but for reading
 * the file. */

#define HAB_TOKEN_DIGEST_SIZE 32
#define HAB_TOKEN_MIN_LENGTH 16

typedef struct
{
  gchar *name;    /* owner of what is made with it; "" for a bare token */
  gboolean admin; /* sees and changes what belongs to others */
  guint8 digest[HAB_TOKEN_DIGEST_SIZE];
} HabToken;

typedef struct _HabTokens HabTokens;

/* A line for each token: NAME TOKEN, or NAME TOKEN admin, with blanks between;
 * empty lines and those that begin with # do not count. Or nothing but one
 * TOKEN, which is an admin without a name. A name has 1 to 64 letters, digits,
 * and . _ -; a token 16 characters or more. No error has a token in it. */
HabTokens *hab_tokens_parse (const gchar *text, GError **error);
/* The same of a file, which others than its owner and group may not read, and
 * its group not write. */
HabTokens *hab_tokens_load (const gchar *path, GError **error);
void hab_tokens_free (HabTokens *tokens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabTokens, hab_tokens_free)

void hab_token_digest (const gchar *token,
    guint8 digest[HAB_TOKEN_DIGEST_SIZE]);
/* NULL where there is none; in a time that does not tell how much of it was
 * right. */
const HabToken *hab_tokens_find (HabTokens *tokens,
    const guint8 digest[HAB_TOKEN_DIGEST_SIZE]);

G_END_DECLS
