/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Who may be told of a package's end, and how they know who told them. Pure. */

/* Whether host is a name or address, one of IPv6 in brackets, with or without
 * a port: what --callback-host takes. */
gboolean hab_callback_host_is_valid (const gchar *host);

typedef enum
{
  HAB_CALLBACK_URL_ALLOWED,
  HAB_CALLBACK_URL_NOT_ALLOWED,
  HAB_CALLBACK_URL_MALFORMED, /* not http or https, with a user, too long */
} HabCallbackUrl;

/* hosts (nullable): those that are allowed. One without a port stands for the
 * scheme's own, 80 or 443. */
HabCallbackUrl hab_callback_url_check (const gchar *url,
    const gchar *const *hosts);

/* "t=<seconds>,v1=<hex>": HMAC-SHA256 (FIPS 198-1) with secret over
 * "<seconds>.<body>". (transfer full) */
gchar *hab_callback_sign (const gchar *secret, gint64 seconds,
    const gchar *body);

G_END_DECLS
