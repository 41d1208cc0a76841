/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "event-stream.h"

#include <string.h>

#include "departure.h"

#define HEARTBEAT_SECONDS 15
#define STALL_SECONDS 30
/* When a client that lost the connection comes back. */
#define RECONNECT_MS 2000

struct _HabEventStream
{
  HabRequest *request;
  SoupServerMessage *message; /* the request's */
  void (*sent) (gpointer data);
  void (*closed) (gpointer data);
  gpointer data;

  gboolean writing, ending;
  gulong wrote_chunk_id;
  guint heartbeat_id, stall_id, sent_id;
};

static void event_stream_write (HabEventStream *self, const gchar *text);

/* Proxies give up a connection on which nothing comes. */
static gboolean
on_heartbeat (gpointer data)
{
  HabEventStream *self = data;

  self->heartbeat_id = 0;
  event_stream_write (self, ":\n\n");
  return G_SOURCE_REMOVE;
}

static void
event_stream_rest (HabEventStream *self)
{
  g_clear_handle_id (&self->heartbeat_id, g_source_remove);
  self->heartbeat_id =
      g_timeout_add_seconds (HEARTBEAT_SECONDS, on_heartbeat, self);
}

static gboolean
on_stall (gpointer data)
{
  HabEventStream *self = data;

  self->stall_id = 0;
  hab_departure_break_off (self->message);
  return G_SOURCE_REMOVE;
}

static void
event_stream_write (HabEventStream *self, const gchar *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  g_clear_handle_id (&self->heartbeat_id, g_source_remove);
  self->writing = TRUE;
  self->stall_id = g_timeout_add_seconds (STALL_SECONDS, on_stall, self);
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (self->message), bytes);
  soup_server_message_unpause (self->message);
}

static void
event_stream_complete (HabEventStream *self)
{
  g_clear_handle_id (&self->heartbeat_id, g_source_remove);
  soup_message_body_complete (
      soup_server_message_get_response_body (self->message));
  soup_server_message_unpause (self->message);
}

static gboolean
on_sent (gpointer data)
{
  HabEventStream *self = data;

  self->sent_id = 0;
  self->writing = FALSE;
  if (self->ending)
    event_stream_complete (self);
  else {
    event_stream_rest (self);
    self->sent (self->data);
  }
  return G_SOURCE_REMOVE;
}

/* Inside of libsoup's writing, which goes on with the message. */
static void
on_wrote_chunk (SoupServerMessage *message, gpointer data)
{
  HabEventStream *self = data;

  g_clear_handle_id (&self->stall_id, g_source_remove);
  if (self->sent_id == 0)
    self->sent_id =
        g_idle_add_full (G_PRIORITY_DEFAULT, on_sent, self, NULL);
}

static void
on_over (gpointer data)
{
  HabEventStream *self = data;

  self->closed (self->data);
}

HabEventStream *
hab_event_stream_new (HabRequest *request, const gchar *text,
    void (*sent) (gpointer data), void (*closed) (gpointer data),
    gpointer data)
{
  HabEventStream *self = g_new0 (HabEventStream, 1);
  g_autofree gchar *first =
      g_strdup_printf ("retry: %d\n\n%s", RECONNECT_MS, text);

  self->request = hab_request_ref (request);
  self->message = hab_request_get_message (request);
  self->sent = sent;
  self->closed = closed;
  self->data = data;
  hab_request_set_header (request, "Content-Type", "text/event-stream");
  hab_request_set_header (request, "Cache-Control", "no-store");
  hab_request_set_header (request, "X-Content-Type-Options", "nosniff");
  /* nginx would keep events back until there are many. */
  hab_request_set_header (request, "X-Accel-Buffering", "no");
  hab_request_begin_stream (request, SOUP_STATUS_OK);
  hab_request_on_over (request, on_over, self);
  self->wrote_chunk_id = g_signal_connect (self->message, "wrote-chunk",
      G_CALLBACK (on_wrote_chunk), self);
  event_stream_write (self, first);
  return self;
}

void
hab_event_stream_free (HabEventStream *self)
{
  g_signal_handler_disconnect (self->message, self->wrote_chunk_id);
  g_clear_handle_id (&self->heartbeat_id, g_source_remove);
  g_clear_handle_id (&self->stall_id, g_source_remove);
  g_clear_handle_id (&self->sent_id, g_source_remove);
  hab_request_unref (self->request);
  g_free (self);
}

gboolean
hab_event_stream_is_idle (HabEventStream *self)
{
  return !self->writing && !self->ending;
}

void
hab_event_stream_send (HabEventStream *self, const gchar *text)
{
  g_return_if_fail (hab_event_stream_is_idle (self));

  event_stream_write (self, text);
}

void
hab_event_stream_end (HabEventStream *self)
{
  if (self->ending)
    return;
  self->ending = TRUE;
  if (!self->writing)
    event_stream_complete (self);
}

void
hab_event_stream_format (GString *text, gint64 id, const gchar *event,
    const gchar *data)
{
  if (id > 0)
    g_string_append_printf (text, "id: %" G_GINT64_FORMAT "\n", id);
  g_string_append_printf (text, "event: %s\ndata: %s\n\n", event, data);
}
