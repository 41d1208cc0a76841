/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Who may ask. Pure functions over header texts; NULL is an absent header. A
 * service on loopback is reached by every page in the user's browser: the
 * Host check keeps out names that were pointed at it, the origin check keeps
 * out foreign pages that post to it. */

/* (nullable) (transfer full): the host of HOST[:PORT], without the brackets of
 * an IPv6 address; NULL when it is none. */
gchar *hab_access_split_host (const gchar *authority);

/* Whether Host names this service: localhost, or a loopback address; any
 * address where the service listens beyond loopback; or a name of the list.
 * The port does not matter, it may have been forwarded. */
gboolean hab_access_host_is_known (const gchar *host, gboolean loopback_only,
    const gchar *const *names);

/* The same of a name or address alone. */
gboolean hab_access_name_is_known (const gchar *name, gboolean loopback_only,
    const gchar *const *names);

/* Whether a request that changes something comes from the service's own
 * pages, or from a program that is no browser. public_url: as which the
 * service is known where something stands before it, or NULL. */
gboolean hab_access_origin_is_own (const gchar *origin,
    const gchar *fetch_site, const gchar *host, const gchar *public_url);

/* (nullable): what Authorization has behind "Bearer ". */
const gchar *hab_access_get_bearer (const gchar *authorization);

/* (nullable) (transfer full): of a Cookie header, the first of that name. */
gchar *hab_access_find_cookie (const gchar *cookies, const gchar *name);

/* Whether a browser that is sent there stays with this service: a path, with
 * whatever query, as it stands in an address. */
gboolean hab_access_is_local_path (const gchar *path);

/* Whether text is an origin as browsers write it: SCHEME://HOST[:PORT]. */
gboolean hab_access_is_origin (const gchar *text);

/* Whether an Accept header wants HTML rather than JSON, by name. */
gboolean hab_access_prefers_html (const gchar *accept);

G_END_DECLS
