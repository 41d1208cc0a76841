/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "transfer.h"

#include <gio/gunixinputstream.h>
#include <unistd.h>

#define BLOCK_SIZE (128 * 1024)

typedef struct
{
  SoupServerMessage *message;
  GInputStream *file;
  guint64 left;
  GCancellable *cancellable; /* cancelled when the message is finished */
  gboolean reading;
  gulong wrote_chunk_id, finished_id;
} Transfer;

static void
transfer_free (Transfer *self)
{
  g_object_unref (self->message);
  g_object_unref (self->file);
  g_object_unref (self->cancellable);
  g_free (self);
}

static void
on_finished (SoupServerMessage *message, gpointer data)
{
  Transfer *self = data;

  g_signal_handler_disconnect (message, self->wrote_chunk_id);
  g_signal_handler_disconnect (message, self->finished_id);
  g_cancellable_cancel (self->cancellable);
  if (!self->reading)
    transfer_free (self);
}

/* The length is promised already: a file that ends too soon ends the
 * connection, so that the client sees that something is missing. */
static void
transfer_break_off (Transfer *self)
{
  GIOStream *connection =
      soup_server_message_steal_connection (self->message);

  g_io_stream_close (connection, NULL, NULL);
  g_object_unref (connection);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Transfer *self = data;
  g_autoptr (GBytes) block =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);

  self->reading = FALSE;
  if (g_cancellable_is_cancelled (self->cancellable)) {
    transfer_free (self);
    return;
  }
  if (block == NULL || g_bytes_get_size (block) == 0) {
    transfer_break_off (self);
    return;
  }
  self->left -= g_bytes_get_size (block);
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (self->message), block);
  soup_server_message_unpause (self->message);
}

/* After a chunk libsoup pauses the message by itself until there is more. */
static void
transfer_read (Transfer *self)
{
  self->reading = TRUE;
  g_input_stream_read_bytes_async (self->file, MIN (self->left, BLOCK_SIZE),
      G_PRIORITY_DEFAULT, self->cancellable, on_read, self);
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer data)
{
  Transfer *self = data;

  if (self->left > 0 && !self->reading)
    transfer_read (self);
}

void
hab_transfer_start (SoupServerMessage *message, int fd, guint64 start,
    guint64 length)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  Transfer *self;

  soup_message_headers_set_content_length (headers, length);
  if (length == 0 || lseek (fd, start, SEEK_SET) < 0 ||
      soup_server_message_get_method (message) == SOUP_METHOD_HEAD) {
    close (fd);
    return;
  }
  self = g_new0 (Transfer, 1);
  self->message = g_object_ref (message);
  self->file = g_unix_input_stream_new (fd, TRUE);
  self->left = length;
  self->cancellable = g_cancellable_new ();
  self->wrote_chunk_id = g_signal_connect (message, "wrote-chunk",
      G_CALLBACK (on_wrote_chunk), self);
  self->finished_id =
      g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);
  soup_message_body_set_accumulate (
      soup_server_message_get_response_body (message), FALSE);
  transfer_read (self);
}
