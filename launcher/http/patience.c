/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "patience.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "connection.h"
#include "connection-end.h"

/* Descriptors that connections leave for files and children, or a quarter
 * where there are few. */
#define RESERVED_DESCRIPTORS 64
#define SHORT_US (60 * G_USEC_PER_SEC)
#define KEY "hab-patience"

typedef struct
{
  GSocket *socket; /* whose data this is */
  gint64 deadline_us;
  GQueue *queue;   /* or NULL */
  GList link;      /* of it */
} Wait;

/* Those of which nothing is asked, the oldest first. */
static GQueue waits = G_QUEUE_INIT;
/* Those that were shut. Where a connection ends that was used for a request before,
 * by the client or here, libsoup 3.2 forgets to close it. */
static GQueue shut = G_QUEUE_INIT;
static guint sweep_id;
static gint64 short_us; /* when descriptors were short last; 0: never */
static guint most_waits; /* so many fit then */

static void
wait_leave (Wait *self)
{
  if (self->queue != NULL)
    g_queue_unlink (self->queue, &self->link);
  self->queue = NULL;
}

static void
wait_enter (Wait *self, GQueue *queue, guint seconds)
{
  wait_leave (self);
  self->deadline_us = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  self->link.data = self;
  self->queue = queue;
  g_queue_push_tail_link (queue, &self->link);
}

/* libsoup sees the end and lets go of it. Of GSocket nothing is changed: a thread
 * may be in the handshake. */
static void
wait_give_up (Wait *self)
{
  shutdown (g_socket_get_fd (self->socket), SHUT_RDWR);
  wait_enter (self, &shut, 1);
}

static void
wait_close (Wait *self)
{
  wait_leave (self);
  hab_connection_end (self->socket);
}

static void
wait_free (gpointer data)
{
  wait_leave (data);
  g_free (data);
}

static Wait *
wait_new (GSocket *socket, guint seconds)
{
  Wait *self = g_new0 (Wait, 1);

  self->socket = socket;
  g_object_set_data_full (G_OBJECT (socket), KEY, self, wait_free);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, seconds * 1000,
      NULL);
  return self;
}

static void
end_overdue (GQueue *queue, void (*end) (Wait *wait))
{
  gint64 now_us = g_get_monotonic_time ();
  Wait *first;

  while ((first = g_queue_peek_head (queue)) != NULL &&
      first->deadline_us <= now_us)
    end (first);
}

/* The client has closed the connection and asks for nothing more. */
static gboolean
wait_is_in_vain (Wait *self)
{
  gchar byte;

  return recv (g_socket_get_fd (self->socket), &byte, 1,
             MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
end_vain (void)
{
  GList *next;

  for (GList *each = waits.head; each != NULL; each = next) {
    next = each->next;
    if (wait_is_in_vain (each->data))
      wait_give_up (each->data);
  }
}

static gboolean
on_sweep (gpointer data)
{
  end_overdue (&shut, wait_close);
  end_vain ();
  end_overdue (&waits, wait_give_up);
  if (waits.length + shut.length > 0)
    return G_SOURCE_CONTINUE;
  sweep_id = 0;
  return G_SOURCE_REMOVE;
}

/* A new descriptor is the lowest that is free: there are as many as its number
 * at least, more where others were closed meanwhile. */
static gboolean
is_among_last (GSocket *socket)
{
  struct rlimit limit;
  rlim_t reserved;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return FALSE;
  reserved = MIN (RESERVED_DESCRIPTORS, limit.rlim_cur / 4);
  return g_socket_get_fd (socket) + reserved >= limit.rlim_cur;
}

static void
note_short (void)
{
  if (!hab_patience_is_short ()) {
    g_warning ("descriptors run out: connections of which nothing is asked "
        "are closed; LimitNOFILE= of the unit, or ulimit -n, gives more");
    most_waits = waits.length;
  }
  short_us = g_get_monotonic_time ();
  most_waits = MAX (MIN (most_waits, waits.length), 1) - 1;
}

void
hab_patience_begin (SoupServerMessage *message, guint seconds)
{
  GSocket *socket = hab_connection_get_socket (message);
  Wait *self;

  if (socket == NULL)
    return;
  hab_connection_end_watch ();
  self = g_object_get_data (G_OBJECT (socket), KEY);
  if (sweep_id == 0)
    sweep_id = g_timeout_add_seconds (1, on_sweep, NULL);
  if (self != NULL) {
    wait_enter (self, &waits, seconds);
    return;
  }
  wait_enter (wait_new (socket, seconds), &waits, seconds);
  if (is_among_last (socket))
    note_short ();
  if (hab_patience_is_short () && waits.length > most_waits)
    wait_give_up (g_queue_peek_head (&waits));
}

void
hab_patience_end (SoupServerMessage *message)
{
  GSocket *socket = hab_connection_get_socket (message);
  Wait *self = socket != NULL ? g_object_get_data (G_OBJECT (socket), KEY)
                              : NULL;

  if (self != NULL)
    wait_leave (self);
}

gboolean
hab_patience_is_short (void)
{
  return short_us > 0 && g_get_monotonic_time () - short_us < SHORT_US;
}
