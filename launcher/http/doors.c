/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "doors.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "connection.h"

/* How often it is tried to have a port for both families. */
#define MAX_TRIES 40
/* Who is let in before others get their turn. */
#define MAX_AT_ONCE 64
/* How long nobody is let in after that has failed. */
#define PAUSE_MS 100
#define KEY "hab-door"

/* --- opening ---------------------------------------------------------- */

static GSocket *
open_door (GInetAddress *inet, guint port, GError **error)
{
  GSocketFamily family = g_inet_address_get_family (inet);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (inet, port);
  g_autoptr (GSocket) socket = g_socket_new (family, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
    return NULL;
  if (family == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, TRUE, NULL);
  g_socket_set_listen_backlog (socket, SOMAXCONN);
  if (!g_socket_bind (socket, address, TRUE, error) ||
      !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static GSocket *
open_loopback (GSocketFamily family, guint port, GError **error)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_loopback (family);

  return open_door (inet, port, error);
}

static guint
get_port (GSocket *socket)
{
  g_autoptr (GSocketAddress) address =
      g_socket_get_local_address (socket, NULL);

  return G_IS_INET_SOCKET_ADDRESS (address)
      ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address))
      : 0;
}

/* A machine may be without IPv6, where ::1 is nobody's address. */
static gboolean
is_without_family (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

/* Both, or the first where the machine has no other. */
static gboolean
open_both (GPtrArray *doors, guint port, GError **error)
{
  GSocket *ipv4 = open_loopback (G_SOCKET_FAMILY_IPV4, port, error);
  g_autoptr (GError) failure = NULL;
  GSocket *ipv6;

  if (ipv4 == NULL)
    return FALSE;
  g_ptr_array_add (doors, ipv4);
  ipv6 = open_loopback (G_SOCKET_FAMILY_IPV6, get_port (ipv4), &failure);
  if (ipv6 != NULL)
    g_ptr_array_add (doors, ipv6);
  if (ipv6 != NULL || is_without_family (failure))
    return TRUE;
  g_ptr_array_set_size (doors, 0);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* A port that was free of one family may be another's of the other. */
static gboolean
open_loopbacks (GPtrArray *doors, guint port, GError **error)
{
  for (guint tries = 1;; tries++) {
    g_autoptr (GError) failure = NULL;

    if (open_both (doors, port, &failure))
      return TRUE;
    if (port != 0 || tries == MAX_TRIES ||
        !g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  }
}

GPtrArray *
hab_doors_open (GInetAddress *address, guint port, GError **error)
{
  g_autoptr (GPtrArray) doors = g_ptr_array_new_with_free_func (g_object_unref);
  GSocket *door;

  if (address == NULL)
    return open_loopbacks (doors, port, error) ? g_steal_pointer (&doors)
                                               : NULL;
  door = open_door (address, port, error);
  if (door == NULL)
    return NULL;
  g_ptr_array_add (doors, door);
  return g_steal_pointer (&doors);
}

guint
hab_doors_get_port (GPtrArray *doors)
{
  return get_port (g_ptr_array_index (doors, 0));
}

/* --- letting in ------------------------------------------------------- */

typedef struct
{
  GSocket *socket; /* whose data this is */
  SoupServer *server;
  GSource *source;
} Door;

static gboolean on_connections (GSocket *socket, GIOCondition condition,
    gpointer data);

static void
door_watch (Door *self, GSource *source, GSourceFunc callback)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  self->source = source;
  g_source_set_callback (source, callback, self, NULL);
  g_source_attach (source, NULL);
}

/* Before libsoup, which listens, too, finds anybody. */
static void
door_wait (Door *self)
{
  GSource *source = g_socket_create_source (self->socket, G_IO_IN, NULL);

  g_source_set_priority (source, G_PRIORITY_DEFAULT - 1);
  door_watch (self, source, G_SOURCE_FUNC (on_connections));
}

static gboolean
on_pause_over (gpointer data)
{
  door_wait (data);
  return G_SOURCE_REMOVE;
}

/* FALSE where nobody waits, or who waits cannot be let in. */
static gboolean
door_let_in (Door *self, GError **error)
{
  g_autoptr (HabConnection) connection = NULL;
  g_autoptr (GSocket) socket = g_socket_accept (self->socket, NULL, error);

  if (socket == NULL)
    return FALSE;
  connection = hab_connection_new (socket);
  hab_connection_serve (connection, self->server);
  return TRUE;
}

static gboolean
on_connections (GSocket *socket, GIOCondition condition, gpointer data)
{
  Door *self = data;
  g_autoptr (GError) error = NULL;
  guint count = 0;

  while (count < MAX_AT_ONCE && door_let_in (self, &error))
    count++;
  if (error == NULL ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  /* Descriptors have run out, say: who waits goes on waiting. */
  door_watch (self, g_timeout_source_new (PAUSE_MS), on_pause_over);
  return G_SOURCE_REMOVE;
}

static void
door_free (gpointer data)
{
  Door *self = data;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_free (self);
}

void
hab_doors_serve (GSocket *door, SoupServer *server)
{
  Door *self = g_new0 (Door, 1);

  self->socket = door;
  self->server = server;
  g_socket_set_blocking (door, FALSE);
  g_object_set_data_full (G_OBJECT (door), KEY, self, door_free);
  door_wait (self);
}

void
hab_doors_close (GSocket *door)
{
  g_object_set_data (G_OBJECT (door), KEY, NULL);
  g_socket_close (door, NULL);
}
