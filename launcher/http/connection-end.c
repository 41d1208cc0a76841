/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "connection-end.h"

#include "connection.h"

#define KEY "hab-connection"
#define ENDED_KEY "hab-ended" /* of a connection whose end was told */
#define MESSAGE_KEY "hab-message" /* of a socket: of a handshake that failed */
#define LOOK_SECONDS 1

/* What its connection has left behind, as GSocket. */
static GQueue orphans = G_QUEUE_INIT;
static gboolean stopped;

static GWeakRef *
weak_ref_new (gpointer object)
{
  GWeakRef *self = g_new0 (GWeakRef, 1);

  g_weak_ref_init (self, object);
  return self;
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static gboolean
libsoup_forgets (void)
{
  return soup_get_major_version () == 3 && soup_get_minor_version () == 2;
}

/* libsoup 3.2.3 never gives back what it got when it accepted a connection itself.
 * Beside that there is the reference of the queue, and while something is on
 * its way, that of others. */
static gboolean
orphan_is_forgotten (GSocket *socket)
{
  return !hab_connection_is_of (socket) &&
      g_atomic_int_get (&G_OBJECT (socket)->ref_count) == 2 &&
      libsoup_forgets ();
}

/* A handshake tells the connection of its end, which lets go of the socket then:
 * it must be there until that. */
static gboolean
orphan_is_busy (GSocket *socket)
{
  SoupServerMessage *message =
      g_object_get_data (G_OBJECT (socket), MESSAGE_KEY);

  return !g_socket_is_closed (socket) ||
      (message != NULL && soup_server_message_get_socket (message) != NULL);
}

/* Takes socket. With its message goes the connection, which leaves it behind
 * once more. */
static void
orphan_release (GSocket *socket)
{
  GObject *message = g_object_steal_data (G_OBJECT (socket), MESSAGE_KEY);

  if (message != NULL)
    g_object_unref (message);
  else if (orphan_is_forgotten (socket))
    g_object_unref (socket);
  g_object_unref (socket);
}

static gboolean
on_look (gpointer data)
{
  for (guint left = orphans.length; left > 0; left--) {
    GSocket *socket = g_queue_pop_head (&orphans);

    if (orphan_is_busy (socket))
      g_queue_push_tail (&orphans, socket);
    else
      orphan_release (socket);
  }
  return orphans.length > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Takes socket. */
static void
add_orphan (GSocket *socket)
{
  if (orphans.length == 0)
    g_timeout_add_seconds (LOOK_SECONDS, on_look, NULL);
  g_queue_push_tail (&orphans, socket);
}

static void
on_connection_gone (gpointer data, GObject *where_it_was)
{
  GSocket *socket = g_weak_ref_get (data);

  weak_ref_free (data);
  if (socket != NULL)
    add_orphan (socket);
}

/* --- handshakes ------------------------------------------------------- */

static void
on_handshake_done (SoupServerMessage *message, gpointer socket)
{
  g_object_set_data (socket, MESSAGE_KEY, NULL);
  g_signal_handlers_disconnect_by_data (message, socket);
}

/* libsoup 3.2.3 keeps for good the message that it made before the handshake, and
 * that the connection. When the server stops, handshakes that are not done are
 * still to be told of, and nothing is given back any more. */
static void
on_handshake_failed (SoupServerMessage *message, gpointer socket)
{
  if (stopped || g_object_get_data (socket, MESSAGE_KEY) != NULL)
    return;
  g_object_set_data (socket, MESSAGE_KEY, message);
  add_orphan (g_object_ref (socket));
}

static void
release_socket (gpointer socket, GClosure *closure)
{
  g_object_unref (socket);
}

static void
watch_handshake (SoupServerMessage *message, GObject *socket)
{
  g_signal_connect (message, "connected", G_CALLBACK (on_handshake_done),
      socket);
  g_signal_connect_data (message, "disconnected",
      G_CALLBACK (on_handshake_failed), g_object_ref (socket),
      release_socket, 0);
}

/* --- connections ------------------------------------------------------ */

/* Of a SoupServerConnection, which the headers of libsoup do not have: itself,
 * and a message. */
static gboolean
on_request_started (GSignalInvocationHint *hint, guint n_values,
    const GValue *values, gpointer data)
{
  GObject *connection = g_value_get_object (&values[0]);
  SoupServerMessage *message = g_value_get_object (&values[1]);
  GObject *socket = (GObject *) hab_connection_get_socket (message);

  if (socket == NULL || g_object_get_data (socket, KEY) != NULL)
    return TRUE;
  g_object_set_data_full (socket, KEY, weak_ref_new (connection),
      weak_ref_free);
  g_object_weak_ref (connection, on_connection_gone, weak_ref_new (socket));
  if (!hab_connection_is_of (G_SOCKET (socket)) && libsoup_forgets ())
    watch_handshake (message, socket);
  return TRUE;
}

static gboolean
on_disconnected (GSignalInvocationHint *hint, guint n_values,
    const GValue *values, gpointer data)
{
  g_object_set_data (g_value_get_object (&values[0]), ENDED_KEY,
      GINT_TO_POINTER (TRUE));
  return TRUE;
}

/* The type is there with the first connection, which is not known itself until
 * it is asked for something more. */
void
hab_connection_end_watch (void)
{
  static gboolean watching;
  GType type = watching ? 0 : g_type_from_name ("SoupServerConnection");
  guint started = type != 0 ? g_signal_lookup ("request-started", type) : 0;
  guint ended = type != 0 ? g_signal_lookup ("disconnected", type) : 0;

  if (started == 0 || ended == 0)
    return;
  watching = TRUE;
  g_signal_add_emission_hook (started, 0, on_request_started, NULL, NULL);
  g_signal_add_emission_hook (ended, 0, on_disconnected, NULL, NULL);
}

void
hab_connection_end_stop (void)
{
  stopped = TRUE;
}

/* Each time that its server hears of the end it gives a reference back: it must
 * not hear of it again. */
static void
tell_end (GObject *connection)
{
  guint id = g_signal_lookup ("disconnected", G_OBJECT_TYPE (connection));
  gulong handler;

  g_signal_emit (connection, id, 0);
  while ((handler = g_signal_handler_find (connection, G_SIGNAL_MATCH_ID, id, 0,
              NULL, NULL, NULL)) != 0)
    g_signal_handler_disconnect (connection, handler);
}

/* libsoup 3.2.3 keeps a connection for good that has seen its end while nothing
 * was asked of it. Its server drops whatever says that it is disconnected. */
void
hab_connection_end (GSocket *socket)
{
  GWeakRef *ref = g_object_get_data (G_OBJECT (socket), KEY);
  g_autoptr (GObject) connection = ref != NULL ? g_weak_ref_get (ref) : NULL;

  g_socket_close (socket, NULL);
  if (connection != NULL && g_object_get_data (connection, ENDED_KEY) == NULL)
    tell_end (connection);
}
