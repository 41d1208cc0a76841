/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "serve-access.h"

#include <string.h>

#include "callback-rules.h"
#include "commands.h"
#include "keys.h"
#include "signer.h"

#define API_TOKENS "HABERDASH_API_TOKENS"
#define CALLBACK_SECRET "HABERDASH_CALLBACK_SECRET"

void
hab_serve_access_init (HabServeAccess *self)
{
  *self = (HabServeAccess) {
    .viewer_token_lifetime = HAB_DEFAULT_VIEWER_TOKEN_LIFETIME,
  };
}

void
hab_serve_access_clear (HabServeAccess *self)
{
  g_clear_pointer (&self->token_file, g_free);
  g_clear_pointer (&self->callback_secret_file, g_free);
  g_clear_pointer (&self->callback_hosts, g_strfreev);
}

void
hab_serve_access_add_entries (HabServeAccess *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "api-token-file", 0, 0, G_OPTION_ARG_FILENAME, &self->token_file,
        "file with the tokens that the API asks for, a line NAME TOKEN for "
        "each; needed where others can reach it, if only by a proxy", "FILE" },
    { "signed-delivery", 0, 0, G_OPTION_ARG_NONE, &self->signed_delivery,
        "deliver files at signed addresses only, which expire", NULL },
    { "viewer-token-lifetime", 0, 0, G_OPTION_ARG_INT,
        &self->viewer_token_lifetime,
        "how long signed addresses and viewer tokens are good for, 21600 by "
        "default", "SECONDS" },
    { "callback-host", 0, 0, G_OPTION_ARG_STRING_ARRAY,
        &self->callback_hosts,
        "a host whose addresses may be told of the end of packages; none by "
        "default", "HOST[:PORT]" },
    { "callback-secret-file", 0, 0, G_OPTION_ARG_FILENAME,
        &self->callback_secret_file,
        "file with the secret that signs callbacks; else it is taken from "
        "HABERDASH_CALLBACK_SECRET in the environment", "FILE" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

/* --- options to settings ---------------------------------------------- */

static gboolean
check_secret (const gchar *secret, const gchar *name)
{
  if (strlen (secret) >= 16 && strpbrk (secret, " \t\r\n") == NULL)
    return TRUE;
  return hab_cmd_usage_error ("%s must have at least 16 characters and no "
      "blanks", name);
}

/* Nothing where path is NULL. */
static gboolean
read_secret_file (const gchar *path, gchar **secret)
{
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return TRUE;
  if (!g_file_get_contents (path, secret, NULL, &error))
    return hab_cmd_usage_error ("%s", error->message);
  g_strstrip (*secret);
  return TRUE;
}

/* (nullable): a secret of the environment, which is the children's too and
 * shows in /proc: it is taken out, and what it was is overwritten. */
static gchar *
take_from_environment (const gchar *name)
{
  gchar *value = (gchar *) g_getenv (name);
  gchar *secret = g_strdup (value);

  if (value != NULL)
    hab_key_wipe (value, strlen (value));
  g_unsetenv (name);
  return secret;
}

/* A file's are read again on SIGHUP. */
static gboolean
read_tokens (HabServeAccess *self, HabTokens **tokens, HabSettings *settings)
{
  g_autofree gchar *text = take_from_environment (API_TOKENS);
  g_autoptr (GError) error = NULL;

  if (self->token_file != NULL) {
    settings->token_file = g_canonicalize_filename (self->token_file, NULL);
    *tokens = hab_tokens_load (settings->token_file, &error);
  } else if (text != NULL)
    *tokens = hab_tokens_parse (text, &error);
  if (text != NULL)
    hab_key_wipe (text, strlen (text));
  return error == NULL || hab_cmd_usage_error ("%s", error->message);
}

static gboolean
check_callback_hosts (gchar **hosts)
{
  for (; *hosts != NULL; hosts++)
    if (!hab_callback_host_is_valid (*hosts))
      return hab_cmd_usage_error ("--callback-host must be HOST or HOST:PORT, "
          "not %s", *hosts);
  return TRUE;
}

static gboolean
read_callbacks (HabServeAccess *self, HabSettings *settings)
{
  g_autofree gchar *secret = take_from_environment (CALLBACK_SECRET);

  if (!read_secret_file (self->callback_secret_file,
          &settings->callback_secret))
    return FALSE;
  if (settings->callback_secret == NULL)
    settings->callback_secret = g_steal_pointer (&secret);
  if (self->callback_hosts == NULL)
    return TRUE;
  if (!check_callback_hosts (self->callback_hosts))
    return FALSE;
  if (settings->callback_secret == NULL)
    return hab_cmd_usage_error ("--callback-host needs "
        "--callback-secret-file, or the secret in the environment as "
        CALLBACK_SECRET);
  settings->callback_hosts = g_steal_pointer (&self->callback_hosts);
  return check_secret (settings->callback_secret, "the callbacks' secret");
}

gboolean
hab_serve_access_apply (HabServeAccess *self, HabTokens **tokens,
    HabSettings *settings)
{
  if (self->viewer_token_lifetime < 1 ||
      self->viewer_token_lifetime > HAB_SIGNER_MAX_SECONDS)
    return hab_cmd_usage_error ("--viewer-token-lifetime must be 1 to "
        "31536000");
  settings->signed_delivery = self->signed_delivery;
  settings->viewer_token_lifetime = self->viewer_token_lifetime;
  return read_tokens (self, tokens, settings) &&
      read_callbacks (self, settings);
}
