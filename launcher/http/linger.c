/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "linger.h"

/* How long and how much of a refused body is thrown away. */
#define LINGER_SECONDS 2
#define LINGER_BYTES (16 * 1024 * 1024)

typedef struct
{
  GIOStream *connection;
  GCancellable *deadline;
  guint deadline_id;
  GString *answer;
  gsize drained;
  guint8 buffer[16 * 1024];
} Linger;

static void
linger_free (Linger *self)
{
  if (self->deadline_id != 0)
    g_source_remove (self->deadline_id);
  g_io_stream_close (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  g_object_unref (self->deadline);
  g_string_free (self->answer, TRUE);
  g_free (self);
}

static void linger_drain (Linger *self);

static void
on_drained (GObject *source, GAsyncResult *result, gpointer data)
{
  Linger *self = data;
  gssize count =
      g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (count > 0)
    self->drained += count;
  if (count <= 0 || self->drained > LINGER_BYTES)
    linger_free (self);
  else
    linger_drain (self);
}

static void
linger_drain (Linger *self)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (self->connection),
      self->buffer, sizeof self->buffer, G_PRIORITY_LOW, self->deadline,
      on_drained, self);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  Linger *self = data;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result,
          NULL, NULL)) {
    linger_free (self);
    return;
  }
  if (G_IS_SOCKET_CONNECTION (self->connection))
    g_socket_shutdown (
        g_socket_connection_get_socket (
            G_SOCKET_CONNECTION (self->connection)),
        FALSE, TRUE, NULL);
  linger_drain (self);
}

static gboolean
on_deadline (gpointer data)
{
  Linger *self = data;

  self->deadline_id = 0;
  g_cancellable_cancel (self->deadline);
  return G_SOURCE_REMOVE;
}

static void
append_header (const gchar *name, const gchar *value, gpointer data)
{
  g_string_append_printf (data, "%s: %s\r\n", name, value);
}

static GString *
format_answer (HabReply *reply)
{
  GString *text = g_string_new (NULL);
  GBytes *body = hab_reply_get_body (reply);
  gsize length = 0;
  gconstpointer data = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  g_string_append_printf (text, "HTTP/1.1 %u %s\r\n",
      hab_reply_get_status (reply),
      soup_status_get_phrase (hab_reply_get_status (reply)));
  hab_header_list_foreach (hab_reply_get_headers (reply), append_header, text);
  g_string_append_printf (text,
      "Content-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n\r\n",
      length);
  if (length > 0)
    g_string_append_len (text, data, length);
  return text;
}

void
hab_linger_send (GIOStream *connection, HabReply *reply)
{
  Linger *self = g_new0 (Linger, 1);

  self->connection = connection;
  self->deadline = g_cancellable_new ();
  self->deadline_id = g_timeout_add_seconds (LINGER_SECONDS, on_deadline, self);
  self->answer = format_answer (reply);
  hab_reply_free (reply);
  g_output_stream_write_all_async (
      g_io_stream_get_output_stream (connection), self->answer->str,
      self->answer->len, G_PRIORITY_DEFAULT, self->deadline, on_sent, self);
}
