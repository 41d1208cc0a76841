/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The sockets of a listener. Main thread. */

/* (transfer full): at address, or where it is NULL at all loopback addresses
 * that the machine has, with one port; port 0: any that is free. */
GPtrArray *hab_doors_open (GInetAddress *address, guint port, GError **error);

guint hab_doors_get_port (GPtrArray *doors);

/* Whoever connects at the socket is served by server, which listens there already
 * and has to live until it is closed, through a HabConnection. */
void hab_doors_serve (GSocket *door, SoupServer *server);
/* Nobody is let in any more. */
void hab_doors_close (GSocket *door);

G_END_DECLS
