/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* Options of serve: where it listens, and who stands before it. */
typedef struct
{
  gchar *address;
  gint port, delivery_port;
  gchar *public_url, *public_delivery_url;
  gchar **trusted_proxies;
  gchar *tls_certificate, *tls_key;
  gchar **allowed_hosts, **cors_origins;
  gdouble rate_limit;
  gint client_timeout;
} HabServeNetwork;

/* With the defaults. */
void hab_serve_network_init (HabServeNetwork *options);
void hab_serve_network_clear (HabServeNetwork *options);

/* Appends a GOptionEntry for each. */
void hab_serve_network_add_entries (HabServeNetwork *options, GArray *entries);
/* has_tokens: the API asks for one, without which only programs on this machine
 * may reach it. FALSE after saying what is wrong. */
gboolean hab_serve_network_apply (HabServeNetwork *options,
    gboolean has_tokens, HabSettings *settings);

G_END_DECLS
