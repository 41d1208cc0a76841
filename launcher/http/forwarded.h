/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What proxies say of a request that they hand on: Forwarded (RFC 7239), or
 * X-Forwarded-For, -Proto and -Host. Pure. */

/* How a request came to be: of a proxy's client, not of the proxy. */
typedef struct
{
  GInetAddress *client; /* (nullable): no address of the Internet */
  const gchar *scheme;  /* (nullable): "http" or "https", where it was told */
  gchar *host;          /* (nullable): HOST[:PORT], where it was told */
} HabArrival;

void hab_arrival_clear (HabArrival *arrival);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabArrival, hab_arrival_clear)

/* Headers of a request as they came: all lines of one with commas between, or
 * NULL. */
typedef struct
{
  const gchar *forwarded;
  const gchar *x_for, *x_proto, *x_host;
} HabForwardedHeaders;

/* (nullable) (transfer full): of ADDRESS or ADDRESS/BITS, where no bit behind
 * those is set. */
GInetAddressMask *hab_forwarded_parse_network (const gchar *text);

/* Fills arrival with what the headers say of a request whose connection is
 * from peer. Hops are read from the last to the first as long as who told of
 * one is trusted, so that what a client made up is never believed. Headers with
 * a mistake anywhere, and both kinds where they differ, are ignored as a whole:
 * then arrival has the peer alone, and FALSE is returned. */
gboolean hab_forwarded_read (const HabForwardedHeaders *headers,
    GInetAddress *peer, GPtrArray *networks, HabArrival *arrival);

/* Whether text is HOST[:PORT] and nothing else: a name, an IPv4 address or an
 * IPv6 address in brackets, and a port from 1 to 65535. */
gboolean hab_forwarded_is_authority (const gchar *text);

G_END_DECLS
