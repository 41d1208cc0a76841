/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Connections over the loopback interface: what arrives of what is written. */

#include "connection.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (3 * 1024 * 1024)

typedef struct
{
  GIOStream *server;
  GSocket *client;
  HabSocketOutput *output; /* of server */
  guint8 *bytes;           /* of the file, SIZE */
  int fd;
  guint8 *address; /* SIZE that nobody can read */
} Fixture;

static GSocket *
listen_loopback (GSocketAddress **address)
{
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  g_socket_bind (socket, any, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (socket, &error);
  g_assert_no_error (error);
  *address = g_socket_get_local_address (socket, NULL);
  return socket;
}

static void
open_connection (Fixture *self)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) listener = listen_loopback (&address);
  g_autoptr (GSocket) accepted = NULL;
  g_autoptr (GError) error = NULL;

  self->client = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_connect (self->client, address, NULL, &error);
  g_assert_no_error (error);
  accepted = g_socket_accept (listener, NULL, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (accepted, FALSE);
  g_socket_set_option (accepted, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  self->server = G_IO_STREAM (hab_connection_new (accepted));
  self->output =
      HAB_SOCKET_OUTPUT (g_io_stream_get_output_stream (self->server));
}

static void
close_connection (Fixture *self)
{
  g_clear_object (&self->server);
  g_clear_object (&self->client);
}

static void
make_file (Fixture *self)
{
  g_autofree gchar *name = NULL;

  self->bytes = g_malloc (SIZE);
  for (guint i = 0; i < SIZE; i++)
    self->bytes[i] = g_test_rand_int ();
  self->fd = g_file_open_tmp (NULL, &name, NULL);
  g_assert_cmpint (self->fd, >=, 0);
  g_unlink (name);
  g_assert_cmpint (write (self->fd, self->bytes, SIZE), ==, SIZE);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  make_file (self);
  self->address = mmap (NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
      0);
  g_assert_true (self->address != MAP_FAILED);
  open_connection (self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  close_connection (self);
  munmap (self->address, SIZE);
  close (self->fd);
  g_free (self->bytes);
}

/* --- what is written arrives ------------------------------------------ */

typedef struct
{
  GSocket *socket;
  gsize size;
} Receiver;

static gpointer
receive (gpointer data)
{
  Receiver *self = data;
  guint8 *bytes = g_malloc (self->size);

  for (gsize have = 0; have < self->size;) {
    gssize count = g_socket_receive (self->socket, (gchar *) bytes + have,
        self->size - have, NULL, NULL);

    g_assert_cmpint (count, >, 0);
    have += count;
  }
  return bytes;
}

static void
write_all (Fixture *self, const guint8 *bytes, gsize size)
{
  GPollableOutputStream *stream = G_POLLABLE_OUTPUT_STREAM (self->output);

  while (size > 0) {
    g_autoptr (GError) error = NULL;
    gssize count = g_pollable_output_stream_write_nonblocking (stream, bytes,
        size, NULL, &error);

    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
      g_socket_condition_wait (g_socket_connection_get_socket (
          G_SOCKET_CONNECTION (self->server)), G_IO_OUT, NULL, NULL);
      continue;
    }
    g_assert_no_error (error);
    bytes += count;
    size -= count;
  }
}

/* Of size bytes at written those at expected arrive. */
static void
check_arrival (Fixture *self, const guint8 *written, const guint8 *expected,
    gsize size)
{
  Receiver receiver = { self->client, size };
  GThread *thread = g_thread_new ("receiver", receive, &receiver);
  g_autofree guint8 *arrived = NULL;

  write_all (self, written, size);
  arrived = g_thread_join (thread);
  g_assert_cmpmem (arrived, size, expected, size);
}

static void
test_plain (Fixture *self, gconstpointer data)
{
  check_arrival (self, self->bytes, self->bytes, SIZE);
}

/* The file's bytes arrive though nobody can read those at the address. */
static void
test_map (Fixture *self, gconstpointer data)
{
  hab_socket_output_set_map (self->output, self->address, SIZE, self->fd, 0);
  check_arrival (self, self->address, self->bytes, SIZE);
  check_arrival (self, self->address + 4711, self->bytes + 4711, 100000);
}

static void
test_map_in_the_middle (Fixture *self, gconstpointer data)
{
  hab_socket_output_set_map (self->output, self->address, 8192, self->fd,
      1 << 20);
  check_arrival (self, self->address, self->bytes + (1 << 20), 8192);
  check_arrival (self, self->address + 8191, self->bytes + (1 << 20) + 8191, 1);
}

/* Memory beside a map, over its end, and where it was. */
static void
test_beside_map (Fixture *self, gconstpointer data)
{
  guint8 *zeros = g_malloc0 (3000);

  hab_socket_output_set_map (self->output, zeros + 1000, 1000, self->fd, 0);
  check_arrival (self, zeros + 1000, self->bytes, 1000);
  check_arrival (self, zeros, (guint8[1000]) { 0 }, 1000);
  check_arrival (self, zeros + 2000, (guint8[1000]) { 0 }, 1000);
  check_arrival (self, zeros + 1500, (guint8[1000]) { 0 }, 1000);
  hab_socket_output_clear_map (self->output, zeros);
  check_arrival (self, zeros + 1000, self->bytes, 1000);
  hab_socket_output_clear_map (self->output, zeros + 1000);
  check_arrival (self, zeros + 1000, (guint8[1000]) { 0 }, 1000);
  g_free (zeros);
}

/* --- what fails ------------------------------------------------------- */

static GError *
write_until_failure (Fixture *self, const guint8 *bytes)
{
  GError *error = NULL;
  gssize count;

  do {
    g_clear_error (&error);
    count = g_pollable_output_stream_write_nonblocking (
        G_POLLABLE_OUTPUT_STREAM (self->output), bytes, 4096, NULL, &error);
  } while (count > 0 ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK));
  return error;
}

static void
test_cut_short (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  hab_socket_output_set_map (self->output, self->address, SIZE, self->fd, 0);
  g_assert_cmpint (ftruncate (self->fd, 1000), ==, 0);
  error = write_until_failure (self, self->address + 4096);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

/* Without the signal that ends a process. */
static void
test_client_gone (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  hab_socket_output_set_map (self->output, self->address, SIZE, self->fd, 0);
  g_socket_close (self->client, NULL);
  error = write_until_failure (self, self->address);
  /* EPIPE or ECONNRESET */
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

static void
test_closed (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_io_stream_close (self->server, NULL, NULL);
  error = write_until_failure (self, self->bytes);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

/* --- more to follow --------------------------------------------------- */

static int
count_unsent (Fixture *self)
{
  GSocket *socket =
      g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->server));
  int count = 0;

  g_assert_cmpint (ioctl (g_socket_get_fd (socket), SIOCOUTQNSD, &count), ==,
      0);
  return count;
}

/* Writes so many bytes, none of which may leave. */
static void
hold_back (Fixture *self, gsize size)
{
  hab_socket_output_expect_more (self->output);
  write_all (self, self->bytes, size);
  g_assert_cmpint (count_unsent (self), ==, 0);
  g_assert_cmpint (g_socket_get_available_bytes (self->client), ==, 0);
}

/* Behind size bytes that are held back, the rest. */
static void
check_behind (Fixture *self, gsize size, const guint8 *rest)
{
  Receiver receiver = { self->client, SIZE };
  g_autofree guint8 *arrived = NULL;
  GThread *thread;

  hold_back (self, size);
  thread = g_thread_new ("receiver", receive, &receiver);
  write_all (self, rest, SIZE - size);
  arrived = g_thread_join (thread);
  g_assert_cmpmem (arrived, SIZE, self->bytes, SIZE);
}

static void
test_more (Fixture *self, gconstpointer data)
{
  check_behind (self, 500, self->bytes + 500);
  check_arrival (self, self->bytes, self->bytes, 500);
}

/* More than fits into the socket goes out bit by bit, what follows behind it. */
static void
test_much_more (Fixture *self, gconstpointer data)
{
  check_behind (self, SIZE - 1, self->bytes + SIZE - 1);
  check_behind (self, SIZE - 100000, self->bytes + SIZE - 100000);
}

static void
test_more_of_map (Fixture *self, gconstpointer data)
{
  hab_socket_output_set_map (self->output, self->address, SIZE, self->fd, 0);
  check_behind (self, 500, self->address + 500);
  check_behind (self, SIZE - 4096, self->address + SIZE - 4096);
}

/* --- with libsoup ----------------------------------------------------- */

static void
on_request_started (SoupServer *server, SoupServerMessage *message,
    gpointer data)
{
  Fixture *self = data;

  g_assert_true (hab_connection_get_socket (message) ==
      g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->server)));
  g_assert_true (hab_connection_get_output (message) == self->output);
  g_clear_object (&self->server);
}

static void
test_serve (Fixture *self, gconstpointer data)
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);

  g_signal_connect (server, "request-started",
      G_CALLBACK (on_request_started), self);
  g_assert_true (
      hab_connection_serve (HAB_CONNECTION (self->server), server));
  g_assert_null (self->server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) \
  g_test_add ("/connection/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("plain", test_plain);
  ADD ("map", test_map);
  ADD ("map-in-the-middle", test_map_in_the_middle);
  ADD ("beside-map", test_beside_map);
  ADD ("cut-short", test_cut_short);
  ADD ("client-gone", test_client_gone);
  ADD ("closed", test_closed);
  ADD ("more", test_more);
  ADD ("more/much", test_much_more);
  ADD ("more/of-map", test_more_of_map);
  ADD ("serve", test_serve);
#undef ADD
  return g_test_run ();
}
