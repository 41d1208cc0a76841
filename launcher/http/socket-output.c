/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "socket-output.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct _HabSocketOutput
{
  GOutputStream parent;
  GSocket *socket;
  gboolean more; /* the next write is not the last */
  GByteArray *held; /* what waits for the next; NULL: nothing */

  /* address is NULL where no file is mapped */
  const guint8 *address;
  gsize size;
  int fd;
  guint64 offset;
};

static void hab_socket_output_pollable_init (
    GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (HabSocketOutput, hab_socket_output,
    G_TYPE_OUTPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
        hab_socket_output_pollable_init))

/* --- sending ---------------------------------------------------------- */

static gboolean
is_mapped (HabSocketOutput *self, const guint8 *bytes, gsize size)
{
  return self->address != NULL && bytes >= self->address &&
      bytes < self->address + self->size &&
      size <= (gsize) (self->address + self->size - bytes);
}

/* GSocket has SIGPIPE ignored, which sendfile () raises. 0 where the file became
 * shorter. */
static gssize
send_from_file (HabSocketOutput *self, const guint8 *bytes, gsize size)
{
  off_t offset = self->offset + (bytes - self->address);

  return sendfile (g_socket_get_fd (self->socket), self->fd, &offset, size);
}

static gssize
send_bytes (HabSocketOutput *self, gconstpointer bytes, gsize size)
{
  return send (g_socket_get_fd (self->socket), bytes, size,
      MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* --- held back -------------------------------------------------------- */

static gssize
hold (HabSocketOutput *self, gconstpointer bytes, gsize size)
{
  self->more = FALSE;
  self->held = g_byte_array_sized_new (size);
  g_byte_array_append (self->held, bytes, size);
  return size;
}

/* count: so many bytes of what is held, and of what follows, have left. Of the
 * latter; -1 with errno set where it is still held back. */
static gssize
release (HabSocketOutput *self, gsize count)
{
  if (count < self->held->len) {
    g_byte_array_remove_range (self->held, 0, count);
    errno = EAGAIN;
    return -1;
  }
  count -= self->held->len;
  g_clear_pointer (&self->held, g_byte_array_unref);
  return count;
}

static gssize
send_held_and_bytes (HabSocketOutput *self, gconstpointer bytes, gsize size)
{
  struct iovec parts[] = {
    { self->held->data, self->held->len }, { (gpointer) bytes, size }
  };
  const struct msghdr message = {
    .msg_iov = parts,
    .msg_iovlen = G_N_ELEMENTS (parts),
  };
  gssize count = sendmsg (g_socket_get_fd (self->socket), &message,
      MSG_NOSIGNAL | MSG_DONTWAIT);

  if (count >= 0)
    count = release (self, count);
  return count != 0 ? count : send_bytes (self, bytes, size);
}

/* In front of a file's pages, which follow in the same packet. */
static gssize
send_held (HabSocketOutput *self)
{
  gssize count = send (g_socket_get_fd (self->socket), self->held->data,
      self->held->len, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);

  return count < 0 ? count : release (self, count);
}

static gssize
send_next (HabSocketOutput *self, gconstpointer bytes, gsize size)
{
  if (!is_mapped (self, bytes, size))
    return self->held != NULL ? send_held_and_bytes (self, bytes, size)
                              : send_bytes (self, bytes, size);
  if (self->held != NULL && send_held (self) < 0)
    return -1;
  return send_from_file (self, bytes, size);
}

/* --- writing ---------------------------------------------------------- */

static gssize
fail (int number, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
      "Error sending data: %s", g_strerror (number));
  return -1;
}

static gssize
hab_socket_output_write_nonblocking (GPollableOutputStream *stream,
    const void *bytes, gsize size, GError **error)
{
  HabSocketOutput *self = HAB_SOCKET_OUTPUT (stream);
  gssize count;

  if (g_socket_is_closed (self->socket)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
        "The socket is closed");
    return -1;
  }
  if (self->more && self->held == NULL)
    return hold (self, bytes, size);
  do
    count = send_next (self, bytes, size);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return fail (errno, error);
  if (count == 0 && is_mapped (self, bytes, size))
    return fail (EIO, error);
  self->more = FALSE;
  return count;
}

/* A write that waits, which only who shuts down TLS asks for. */
static gssize
hab_socket_output_write (GOutputStream *stream, const void *bytes, gsize size,
    GCancellable *cancellable, GError **error)
{
  HabSocketOutput *self = HAB_SOCKET_OUTPUT (stream);

  while (self->held != NULL) {
    gssize count = g_socket_send_with_blocking (self->socket,
        (gchar *) self->held->data, self->held->len, TRUE, cancellable, error);

    if (count < 0)
      return -1;
    release (self, count);
  }
  return g_socket_send_with_blocking (self->socket, bytes, size, TRUE,
      cancellable, error);
}

/* --- waiting ---------------------------------------------------------- */

static gboolean
hab_socket_output_is_writable (GPollableOutputStream *stream)
{
  return g_socket_condition_check (HAB_SOCKET_OUTPUT (stream)->socket,
      G_IO_OUT) != 0;
}

static GSource *
hab_socket_output_create_source (GPollableOutputStream *stream,
    GCancellable *cancellable)
{
  g_autoptr (GSource) ready = g_socket_create_source (
      HAB_SOCKET_OUTPUT (stream)->socket, G_IO_OUT, NULL);

  return g_pollable_source_new_full (stream, ready, cancellable);
}

static void
hab_socket_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = hab_socket_output_is_writable;
  iface->create_source = hab_socket_output_create_source;
  iface->write_nonblocking = hab_socket_output_write_nonblocking;
}

/* --- the object ------------------------------------------------------- */

static void
hab_socket_output_finalize (GObject *object)
{
  HabSocketOutput *self = HAB_SOCKET_OUTPUT (object);

  g_clear_pointer (&self->held, g_byte_array_unref);
  g_object_unref (self->socket);
  G_OBJECT_CLASS (hab_socket_output_parent_class)->finalize (object);
}

static void
hab_socket_output_class_init (HabSocketOutputClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hab_socket_output_finalize;
  G_OUTPUT_STREAM_CLASS (class)->write_fn = hab_socket_output_write;
}

static void
hab_socket_output_init (HabSocketOutput *self)
{
}

HabSocketOutput *
hab_socket_output_new (GSocket *socket)
{
  HabSocketOutput *self = g_object_new (HAB_TYPE_SOCKET_OUTPUT, NULL);

  self->socket = g_object_ref (socket);
  return self;
}

void
hab_socket_output_set_map (HabSocketOutput *self, gconstpointer address,
    gsize size, int fd, guint64 offset)
{
  self->address = address;
  self->size = size;
  self->fd = fd;
  self->offset = offset;
}

void
hab_socket_output_clear_map (HabSocketOutput *self, gconstpointer address)
{
  if (self->address == address)
    self->address = NULL;
}

void
hab_socket_output_expect_more (HabSocketOutput *self)
{
  self->more = TRUE;
}
