/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "settings.h"
#include "tokens.h"

G_BEGIN_DECLS

/* The command line of serve, and what of the environment goes with it. tokens:
 * set to those that clients must send one of (transfer full), or NULL. FALSE after
 * saying what is wrong. */
gboolean hab_serve_options_parse (int *argc, char ***argv,
    HabTokens **tokens, HabSettings *settings);

G_END_DECLS
