/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "socket-output.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

struct _HabSocketOutput
{
  GOutputStream parent;
  GSocket *socket;
  gboolean more; /* the next write is not the last */

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

/* --- writing ---------------------------------------------------------- */

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
      MSG_NOSIGNAL | MSG_DONTWAIT | (self->more ? MSG_MORE : 0));
}

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
  gboolean mapped = is_mapped (self, bytes, size);
  gssize count;

  if (g_socket_is_closed (self->socket)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
        "The socket is closed");
    return -1;
  }
  do
    count = mapped ? send_from_file (self, bytes, size)
                   : send_bytes (self, bytes, size);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return fail (errno, error);
  if (count == 0 && mapped)
    return fail (EIO, error);
  self->more = FALSE;
  return count;
}

/* A write that waits, which only who shuts down TLS asks for. */
static gssize
hab_socket_output_write (GOutputStream *stream, const void *bytes, gsize size,
    GCancellable *cancellable, GError **error)
{
  return g_socket_send_with_blocking (HAB_SOCKET_OUTPUT (stream)->socket,
      bytes, size, TRUE, cancellable, error);
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
  g_object_unref (HAB_SOCKET_OUTPUT (object)->socket);
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
