/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file of API tokens, viewer tokens and paths with them. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"
#include "signer.h"
#include "tokens.h"

#define CODE "ABCDEFGH23"

static void
check_tokens (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabTokens) tokens = hab_tokens_parse (text, &error);
  guint8 digest[HAB_TOKEN_DIGEST_SIZE];

  g_assert_true ((tokens == NULL) == (error != NULL));
  hab_token_digest (text, digest);
  if (tokens != NULL)
    hab_tokens_find (tokens, digest);
}

/* Only what was signed is valid. */
static void
check_signed (const HabSigner *signer, const gchar *token)
{
  gint64 expires;
  g_autofree gchar *again = NULL;

  if (hab_signer_check (signer, token, CODE, 0, &expires) !=
      HAB_VIEWER_TOKEN_VALID)
    return;
  again = hab_signer_sign (signer, CODE, expires);
  g_assert_cmpstr (token, ==, again);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static const guint8 key[HAB_SIGNER_KEY_SIZE] = { 1 };
  g_autoptr (HabSigner) signer = hab_signer_new (key);
  FuzzInput input = { data, size };
  g_autofree gchar *own =
      hab_signer_sign (signer, CODE, fuzz_take_number (&input, 4));
  g_autofree gchar *text = fuzz_take_text (&input);
  g_autofree gchar *path = g_strconcat ("/signed/", own, text, NULL);
  g_autofree gchar *hidden = hab_signer_hide_tokens (path);

  check_tokens (text);
  check_signed (signer, text);
  check_signed (signer, own);
  g_assert_cmpint (hab_signer_check (signer, own, CODE, -1, NULL), ==,
      HAB_VIEWER_TOKEN_VALID);
  g_assert_nonnull (hidden);
  return 0;
}
