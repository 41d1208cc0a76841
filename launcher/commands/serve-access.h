/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "settings.h"
#include "tokens.h"

G_BEGIN_DECLS

/* Options of serve: what it asks clients for, and whom it calls itself. */
typedef struct
{
  gchar *token_file;
  gboolean signed_delivery;
  gint viewer_token_lifetime;
  gchar **callback_hosts;
  gchar *callback_secret_file;
} HabServeAccess;

/* With the defaults. */
void hab_serve_access_init (HabServeAccess *options);
void hab_serve_access_clear (HabServeAccess *options);

/* Appends a GOptionEntry for each. */
void hab_serve_access_add_entries (HabServeAccess *options, GArray *entries);
/* tokens: set to those that clients must send one of (transfer full), or NULL.
 * FALSE after saying what is wrong. */
gboolean hab_serve_access_apply (HabServeAccess *options, HabTokens **tokens,
    HabSettings *settings);

G_END_DECLS
