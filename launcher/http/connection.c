/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* libsoup tells of a message neither the stream nor, where it has not made that,
 * the socket, but the addresses that it was given. */
#define SOCKET_KEY "hab-socket" /* of the client's address */
#define OUTPUT_KEY "hab-output" /* of the socket */
#define OWN_KEY "hab-own"       /* of the socket */

struct _HabConnection
{
  GSocketConnection parent;
  HabSocketOutput *output; /* NULL until somebody asks for it */
};

G_DEFINE_FINAL_TYPE (HabConnection, hab_connection, G_TYPE_SOCKET_CONNECTION)

static GSocket *
get_own_socket (HabConnection *self)
{
  return g_socket_connection_get_socket (G_SOCKET_CONNECTION (self));
}

static GOutputStream *
hab_connection_get_output_stream (GIOStream *stream)
{
  HabConnection *self = HAB_CONNECTION (stream);

  if (self->output == NULL) {
    self->output = hab_socket_output_new (get_own_socket (self));
    g_object_set_data (G_OBJECT (get_own_socket (self)), OUTPUT_KEY,
        self->output);
  }
  return G_OUTPUT_STREAM (self->output);
}

/* The socket may live longer. */
static void
hab_connection_finalize (GObject *object)
{
  HabConnection *self = HAB_CONNECTION (object);

  g_object_set_data (G_OBJECT (get_own_socket (self)), OUTPUT_KEY, NULL);
  g_clear_object (&self->output);
  G_OBJECT_CLASS (hab_connection_parent_class)->finalize (object);
}

static void
hab_connection_class_init (HabConnectionClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hab_connection_finalize;
  G_IO_STREAM_CLASS (class)->get_output_stream =
      hab_connection_get_output_stream;
}

static void
hab_connection_init (HabConnection *self)
{
}

HabConnection *
hab_connection_new (GSocket *socket)
{
  g_object_set_data (G_OBJECT (socket), OWN_KEY, GINT_TO_POINTER (TRUE));
  return g_object_new (HAB_TYPE_CONNECTION, "socket", socket, NULL);
}

gboolean
hab_connection_is_of (GSocket *socket)
{
  return g_object_get_data (G_OBJECT (socket), OWN_KEY) != NULL;
}

gboolean
hab_connection_serve (HabConnection *self, SoupServer *server)
{
  GSocket *socket = get_own_socket (self);
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) remote =
      g_socket_get_remote_address (socket, NULL);

  if (local == NULL || remote == NULL)
    return FALSE;
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_object_set_data_full (G_OBJECT (remote), SOCKET_KEY, g_object_ref (socket),
      g_object_unref);
  return soup_server_accept_iostream (server, G_IO_STREAM (self), local,
      remote, NULL);
}

GSocket *
hab_connection_get_socket (SoupServerMessage *message)
{
  GSocket *socket = soup_server_message_get_socket (message);
  GSocketAddress *remote;

  if (socket != NULL)
    return socket;
  remote = soup_server_message_get_remote_address (message);
  return remote != NULL ? g_object_get_data (G_OBJECT (remote), SOCKET_KEY)
                        : NULL;
}

HabSocketOutput *
hab_connection_get_output (SoupServerMessage *message)
{
  GSocket *socket = hab_connection_get_socket (message);

  return socket != NULL ? g_object_get_data (G_OBJECT (socket), OUTPUT_KEY)
                        : NULL;
}
