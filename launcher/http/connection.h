/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "socket-output.h"

G_BEGIN_DECLS

#define HAB_TYPE_CONNECTION hab_connection_get_type ()
/* A GSocketConnection whose output stream is a HabSocketOutput. */
G_DECLARE_FINAL_TYPE (HabConnection, hab_connection, HAB, CONNECTION,
    GSocketConnection)

HabConnection *hab_connection_new (GSocket *socket);

/* Whether there is or was one of the socket. */
gboolean hab_connection_is_of (GSocket *socket);

/* Has server serve who has connected: as libsoup does for sockets that it
 * accepts by itself, without TLS. FALSE where the client is gone already. */
gboolean hab_connection_serve (HabConnection *connection, SoupServer *server);

/* (nullable) (transfer none): what a message came through; NULL where libsoup has
 * made the connection and this is not known. */
GSocket *hab_connection_get_socket (SoupServerMessage *message);

/* (nullable) (transfer none): of a message of hab_connection_serve (), while it is
 * connected. */
HabSocketOutput *hab_connection_get_output (SoupServerMessage *message);

G_END_DECLS
