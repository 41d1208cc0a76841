/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "transfer.h"

#include <gio/gunixinputstream.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is read at a time into memory. */
#define BLOCK_SIZE (128 * 1024)
/* What is mapped at a time: a segment goes out in one piece. */
#define WINDOW_SIZE (4 * 1024 * 1024)

typedef struct
{
  SoupServerMessage *message;
  int fd;
  gboolean may_map;
  GInputStream *file; /* of fd; NULL until something is read */
  guint64 offset, left;
  GCancellable *cancellable; /* cancelled when the message is finished */
  gboolean reading;
  gulong wrote_chunk_id, finished_id;
} Transfer;

static void
transfer_free (Transfer *self)
{
  g_object_unref (self->message);
  g_clear_object (&self->file);
  close (self->fd);
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

/* Takes block. */
static void
transfer_append (Transfer *self, GBytes *block)
{
  gsize size = g_bytes_get_size (block);

  self->offset += size;
  self->left -= size;
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (self->message), block);
  g_bytes_unref (block);
}

/* --- mapped ----------------------------------------------------------- */

typedef struct
{
  gpointer address;
  gsize size;
} Window;

static void
window_free (gpointer data)
{
  Window *window = data;

  munmap (window->address, window->size);
  g_free (window);
}

/* Whether nobody waits for the disk who looks at it. */
static gboolean
is_in_memory (gpointer address, gsize size, gsize page)
{
  guint8 pages[WINDOW_SIZE / 4096 + 1];
  gsize count = (size + page - 1) / page;

  if (count > G_N_ELEMENTS (pages) || mincore (address, size, pages) < 0)
    return FALSE;
  for (gsize i = 0; i < count; i++)
    if (!(pages[i] & 1))
      return FALSE;
  return TRUE;
}

/* (nullable) (transfer full): what comes next, as pages of the file itself; NULL
 * where they are not in memory. Only the kernel looks at them, on their way
 * into the socket: where the file is cut short meanwhile, send () fails and
 * there is no SIGBUS. */
static GBytes *
transfer_map (Transfer *self)
{
  const gsize page = sysconf (_SC_PAGESIZE);
  gsize before = self->offset % page;
  gsize size = MIN (self->left, WINDOW_SIZE - before);
  gpointer address = mmap (NULL, before + size, PROT_READ, MAP_SHARED,
      self->fd, self->offset - before);
  Window *window;

  if (address == MAP_FAILED)
    return NULL;
  if (!is_in_memory (address, before + size, page)) {
    munmap (address, before + size);
    return NULL;
  }
  window = g_new (Window, 1);
  *window = (Window) { address, before + size };
  return g_bytes_new_with_free_func ((guint8 *) address + before, size,
      window_free, window);
}

/* --- read ------------------------------------------------------------- */

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Transfer *self = data;
  GBytes *block =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);

  self->reading = FALSE;
  if (block != NULL && g_bytes_get_size (block) > 0 &&
      !g_cancellable_is_cancelled (self->cancellable)) {
    transfer_append (self, block);
    soup_server_message_unpause (self->message);
    return;
  }
  g_clear_pointer (&block, g_bytes_unref);
  if (g_cancellable_is_cancelled (self->cancellable))
    transfer_free (self);
  else
    transfer_break_off (self);
}

/* After a chunk libsoup pauses the message by itself until there is more. */
static void
transfer_read (Transfer *self)
{
  if (self->file == NULL)
    self->file = g_unix_input_stream_new (self->fd, FALSE);
  if (lseek (self->fd, self->offset, SEEK_SET) < 0) {
    transfer_break_off (self);
    return;
  }
  self->reading = TRUE;
  g_input_stream_read_bytes_async (self->file, MIN (self->left, BLOCK_SIZE),
      G_PRIORITY_DEFAULT, self->cancellable, on_read, self);
}

/* --- both ------------------------------------------------------------- */

static void
transfer_go_on (Transfer *self)
{
  GBytes *block = self->may_map ? transfer_map (self) : NULL;

  if (block != NULL)
    transfer_append (self, block);
  else
    transfer_read (self);
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer data)
{
  Transfer *self = data;

  if (self->left > 0 && !self->reading)
    transfer_go_on (self);
}

void
hab_transfer_start (SoupServerMessage *message, int fd, guint64 start,
    guint64 length, gboolean encrypted)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (message);
  Transfer *self;

  soup_message_headers_set_content_length (headers, length);
  if (length == 0 ||
      soup_server_message_get_method (message) == SOUP_METHOD_HEAD) {
    close (fd);
    return;
  }
  self = g_new0 (Transfer, 1);
  self->message = g_object_ref (message);
  self->fd = fd;
  self->may_map = !encrypted;
  self->offset = start;
  self->left = length;
  self->cancellable = g_cancellable_new ();
  self->wrote_chunk_id = g_signal_connect (message, "wrote-chunk",
      G_CALLBACK (on_wrote_chunk), self);
  self->finished_id =
      g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);
  soup_message_body_set_accumulate (
      soup_server_message_get_response_body (message), FALSE);
  transfer_go_on (self);
}
