/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "departure.h"

#include <glib-unix.h>
#include <poll.h>

#include "connection.h"

/* It is "disconnected" with that, which the listener follows. */
void
hab_departure_break_off (SoupServerMessage *message)
{
  g_autoptr (GIOStream) connection =
      soup_server_message_steal_connection (message);

  g_io_stream_close (connection, NULL, NULL);
}

static gboolean
on_hang_up (gint fd, GIOCondition condition, gpointer message)
{
  hab_departure_break_off (message);
  return G_SOURCE_REMOVE;
}

/* Neither bytes of a next request nor those with which TLS ends are in the way
 * of it, as they would be for whoever looks for the end by reading. */
guint
hab_departure_watch (SoupServerMessage *message)
{
  GSocket *socket = hab_connection_get_socket (message);

  return socket == NULL ? 0
                        : g_unix_fd_add (g_socket_get_fd (socket),
                              (GIOCondition) POLLRDHUP, on_hang_up, message);
}
