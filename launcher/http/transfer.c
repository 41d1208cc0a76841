/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "transfer.h"

#include <gio/gunixinputstream.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "connection.h"
#include "departure.h"

/* What is read at a time into memory. */
#define BLOCK_SIZE (128 * 1024)
/* Up to this size a file is copied, which costs less than a map. */
#define SMALL_SIZE (32 * 1024)
/* What is mapped at a time: a segment goes out in one piece. */
#define WINDOW_SIZE (4 * 1024 * 1024)

typedef struct
{
  SoupServerMessage *message;
  int *fd; /* counted: maps of it keep it open */
  gboolean may_map;
  GInputStream *file; /* of fd; NULL until something is read */
  guint64 offset, left;
  GCancellable *cancellable; /* cancelled when the message is finished */
  gboolean reading;
  gulong wrote_chunk_id, finished_id;
} Transfer;

static void
close_fd (gpointer fd)
{
  close (*(int *) fd);
}

static void
release_fd (int *fd)
{
  g_rc_box_release_full (fd, close_fd);
}

static void
transfer_free (Transfer *self)
{
  g_object_unref (self->message);
  g_clear_object (&self->file);
  release_fd (self->fd);
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
  int *fd;
  HabSocketOutput *output; /* or NULL */
} Window;

static void
window_free (gpointer data)
{
  Window *window = data;

  if (window->output != NULL)
    hab_socket_output_clear_map (window->output, window->address);
  g_clear_object (&window->output);
  release_fd (window->fd);
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

/* Takes address. The connection is told, so that it sends the file's pages
 * themselves; else they are copied. */
static Window *
transfer_open_window (Transfer *self, gpointer address, gsize size,
    guint64 offset)
{
  HabSocketOutput *output = hab_connection_get_output (self->message);
  Window *window = g_new (Window, 1);

  if (output != NULL)
    hab_socket_output_set_map (output, address, size, *self->fd, offset);
  *window = (Window) {
    .address = address,
    .size = size,
    .fd = g_rc_box_acquire (self->fd),
    .output = output != NULL ? g_object_ref (output) : NULL,
  };
  return window;
}

/* (nullable) (transfer full): what comes next, as pages of the file itself; NULL
 * where they are not in memory. Only the kernel looks at them, on their way
 * into the socket: where the file is cut short meanwhile, it fails to send them
 * and there is no SIGBUS. */
static GBytes *
transfer_map (Transfer *self)
{
  const gsize page = sysconf (_SC_PAGESIZE);
  gsize before = self->offset % page;
  gsize size = MIN (self->left, WINDOW_SIZE - before);
  gpointer address = mmap (NULL, before + size, PROT_READ, MAP_SHARED,
      *self->fd, self->offset - before);

  if (address == MAP_FAILED)
    return NULL;
  if (!is_in_memory (address, before + size, page)) {
    munmap (address, before + size);
    return NULL;
  }
  return g_bytes_new_with_free_func ((guint8 *) address + before, size,
      window_free, transfer_open_window (self, address, before + size,
          self->offset - before));
}

/* --- read ------------------------------------------------------------- */

/* (nullable) (transfer full): up to BLOCK_SIZE of what comes next; NULL where it
 * is not in the page cache, or the file system cannot tell. */
static GBytes *
read_cached (int fd, guint64 offset, guint64 left)
{
  gsize size = MIN (left, BLOCK_SIZE);
  g_autofree gpointer block = g_malloc (size);
  struct iovec place = { block, size };
  gssize count = preadv2 (fd, &place, 1, offset, RWF_NOWAIT);

  return count > 0 ? g_bytes_new_take (g_steal_pointer (&block), count) : NULL;
}

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
    /* The length is promised already: a file that ends too soon ends the
     * connection, so that the client sees that something is missing. */
    hab_departure_break_off (self->message);
}

/* After a chunk libsoup pauses the message by itself until there is more. */
static void
transfer_read (Transfer *self)
{
  if (self->file == NULL)
    self->file = g_unix_input_stream_new (*self->fd, FALSE);
  if (lseek (*self->fd, self->offset, SEEK_SET) < 0) {
    hab_departure_break_off (self->message);
    return;
  }
  self->reading = TRUE;
  g_input_stream_read_bytes_async (self->file, MIN (self->left, BLOCK_SIZE),
      G_PRIORITY_DEFAULT, self->cancellable, on_read, self);
}

/* --- both ------------------------------------------------------------- */

/* FALSE where the next block is still to be read. */
static gboolean
transfer_go_on (Transfer *self)
{
  GBytes *block = self->may_map
      ? transfer_map (self)
      : read_cached (*self->fd, self->offset, self->left);

  if (block != NULL)
    transfer_append (self, block);
  else
    transfer_read (self);
  return block != NULL;
}

static void
on_wrote_chunk (SoupServerMessage *message, gpointer data)
{
  Transfer *self = data;

  if (self->left > 0 && !self->reading)
    transfer_go_on (self);
}

/* Takes fd. */
static Transfer *
transfer_new (SoupServerMessage *message, int fd, guint64 start,
    guint64 length, gboolean encrypted)
{
  Transfer *self = g_new0 (Transfer, 1);

  self->message = g_object_ref (message);
  self->fd = g_rc_box_dup (sizeof fd, &fd);
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
  return self;
}

/* What needs no more than one read: nothing has to follow how it goes out. */
static gboolean
send_at_once (SoupServerMessage *message, int fd, guint64 start,
    guint64 length)
{
  g_autoptr (GBytes) all =
      length <= SMALL_SIZE ? read_cached (fd, start, length) : NULL;

  if (all == NULL || g_bytes_get_size (all) < length)
    return FALSE;
  soup_message_body_append_bytes (
      soup_server_message_get_response_body (message), all);
  close (fd);
  return TRUE;
}

gboolean
hab_transfer_start (SoupServerMessage *message, int fd, guint64 start,
    guint64 length, gboolean encrypted)
{
  soup_message_headers_set_content_length (
      soup_server_message_get_response_headers (message), length);
  if (length == 0 ||
      soup_server_message_get_method (message) == SOUP_METHOD_HEAD) {
    close (fd);
    return FALSE;
  }
  return send_at_once (message, fd, start, length) ||
      transfer_go_on (transfer_new (message, fd, start, length, encrypted));
}
