/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Of connections that are over nothing is left, however they ended. */

#include "connection-end.h"
#include "connection.h"
#include "doors.h"
#include "patience.h"

#include <glib/gstdio.h>

#define ROUNDS 8
#define SECONDS 1 /* that a connection may wait */

/* Who lets clients in. */
typedef enum
{
  BY_LIBSOUP,
  BY_DOORS,
  BY_LIBSOUP_WITH_TLS,
} Way;

typedef struct
{
  SoupServer *server;
  GPtrArray *doors; /* NULL where libsoup lets in */
  guint16 port;
  GHashTable *alive; /* sockets and messages that are not freed, or NULL */
  guint n_started;   /* messages */
  GPtrArray *kept;   /* of messages that somebody holds on to, or NULL */
  GPtrArray *sockets; /* of them */
  guint n_ended;     /* of them whose connection is over */
  gboolean answered;
} World;

static void
on_gone (gpointer data, GObject *where_it_was)
{
  World *world = data;

  g_hash_table_remove (world->alive, where_it_was);
}

static void
world_follow (World *world, gpointer object)
{
  if (world->alive != NULL && g_hash_table_add (world->alive, object))
    g_object_weak_ref (object, on_gone, world);
}

static void
on_finished (SoupServerMessage *message, gpointer data)
{
  hab_patience_begin (message, SECONDS);
}

static void
on_ended (SoupServerMessage *message, gpointer data)
{
  ((World *) data)->n_ended++;
}

static void
world_keep (World *self, SoupServerMessage *message)
{
  if (self->kept == NULL)
    return;
  g_ptr_array_add (self->kept, g_object_ref (message));
  g_ptr_array_add (self->sockets,
      g_object_ref (hab_connection_get_socket (message)));
  g_signal_connect (message, "disconnected", G_CALLBACK (on_ended), self);
}

static void
on_started (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  world_follow (data, hab_connection_get_socket (message));
  world_follow (data, message);
  world_keep (data, message);
  ((World *) data)->n_started++;
  hab_patience_begin (message, SECONDS);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), NULL);
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer data)
{
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC,
      "yes", 3);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

static void
world_take_certificate (World *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = g_dir_make_tmp (NULL, &error);
  g_autofree gchar *file = g_build_filename (folder, "both.pem", NULL);
  const gchar *argv[] = { "openssl", "req", "-x509", "-nodes", "-newkey", "ec",
    "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost",
    "-keyout", file, "-out", file, NULL };
  g_autoptr (GTlsCertificate) certificate = NULL;

  g_assert_no_error (error);
  g_spawn_sync (NULL, (gchar **) argv, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
      NULL, &error);
  g_assert_no_error (error);
  certificate = g_tls_certificate_new_from_file (file, &error);
  g_assert_no_error (error);
  soup_server_set_tls_certificate (self->server, certificate);
  g_unlink (file);
  g_rmdir (folder);
}

static void
world_listen (World *self, gboolean encrypted)
{
  g_autoptr (GError) error = NULL;
  SoupServerListenOptions options = SOUP_SERVER_LISTEN_IPV4_ONLY;
  GSList *uris;

  if (encrypted) {
    world_take_certificate (self);
    options |= SOUP_SERVER_LISTEN_HTTPS;
  }
  soup_server_listen_local (self->server, 0, options, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->port = g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
}

static void
world_open_doors (World *self)
{
  g_autoptr (GError) error = NULL;

  self->doors = hab_doors_open (NULL, 0, &error);
  g_assert_no_error (error);
  self->port = hab_doors_get_port (self->doors);
  for (guint i = 0; i < self->doors->len; i++) {
    GSocket *door = g_ptr_array_index (self->doors, i);

    soup_server_listen_socket (self->server, door, 0, &error);
    g_assert_no_error (error);
    hab_doors_serve (door, self->server);
  }
}

static void
world_begin (World *self, Way way)
{
  self->server = soup_server_new (NULL, NULL);
  g_signal_connect (self->server, "request-started", G_CALLBACK (on_started),
      self);
  soup_server_add_handler (self->server, NULL, on_request, NULL, NULL);
  if (way == BY_DOORS)
    world_open_doors (self);
  else
    world_listen (self, way == BY_LIBSOUP_WITH_TLS);
}

static void
world_end (World *self)
{
  for (guint i = 0; self->doors != NULL && i < self->doors->len; i++)
    hab_doors_close (g_ptr_array_index (self->doors, i));
  g_clear_pointer (&self->doors, g_ptr_array_unref);
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
}

static void
on_answer (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, NULL);

  ((World *) data)->answered = TRUE;
}

/* A client that asks and leaves once it has the answer, or before. */
static void
world_ask (World *self, const gchar *request, gboolean wait)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_to_host (
      client, "127.0.0.1", self->port, NULL, NULL);

  g_assert_nonnull (connection);
  g_assert_true (g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
      strlen (request), NULL, NULL, NULL));
  self->answered = !wait;
  if (wait)
    g_input_stream_read_bytes_async (
        g_io_stream_get_input_stream (G_IO_STREAM (connection)), 4096,
        G_PRIORITY_DEFAULT, NULL, on_answer, self);
  while (!self->answered)
    g_main_context_iteration (NULL, TRUE);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

static const struct
{
  const gchar *request;
  gboolean wait; /* for the answer, before the client leaves */
} rows[] = {
  { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", TRUE },
  { "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      TRUE },
  { "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", TRUE },
  { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", FALSE },
  { "GET / HTT", FALSE },
  { "", FALSE },
};

/* The first connection that there is at all makes those that follow known. */
static void
make_known (void)
{
  World world = { 0 };

  world_begin (&world, BY_LIBSOUP);
  world_ask (&world, rows[0].request, TRUE);
  world_end (&world);
}

static void
test_nothing_is_left (gconstpointer way)
{
  World world = { 0 };

  world_begin (&world, GPOINTER_TO_INT (way));
  world.alive = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < ROUNDS * G_N_ELEMENTS (rows); i++) {
    guint row = i % G_N_ELEMENTS (rows);

    /* Of TLS these are handshakes that fail, without an answer. */
    world_ask (&world, rows[row].request,
        rows[row].wait && GPOINTER_TO_INT (way) != BY_LIBSOUP_WITH_TLS);
    while (g_main_context_iteration (NULL, FALSE))
      continue;
  }
  while (world.n_started < ROUNDS * G_N_ELEMENTS (rows) ||
      g_hash_table_size (world.alive) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_hash_table_unref (world.alive);
  world_end (&world);
}

/* Whoever tells of an end, it is told once: who holds a message has its
 * connection, too. */
static void
test_end_is_told_once (gconstpointer way)
{
  World world = { 0 };

  world.kept = g_ptr_array_new_with_free_func (g_object_unref);
  world.sockets = g_ptr_array_new_with_free_func (g_object_unref);
  world_begin (&world, GPOINTER_TO_INT (way));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    world_ask (&world, rows[i].request, rows[i].wait);
  while (world.kept->len == 0 || world.n_ended < world.kept->len)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < world.sockets->len; i++)
    hab_connection_end (g_ptr_array_index (world.sockets, i));
  g_assert_cmpuint (world.n_ended, ==, world.kept->len);
  world_end (&world);
  g_ptr_array_unref (world.kept);
  g_ptr_array_unref (world.sockets);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  make_known ();
  g_test_add_data_func ("/connection-end/nothing-is-left",
      GINT_TO_POINTER (BY_LIBSOUP), test_nothing_is_left);
  g_test_add_data_func ("/connection-end/doors", GINT_TO_POINTER (BY_DOORS),
      test_nothing_is_left);
  g_test_add_data_func ("/connection-end/handshakes",
      GINT_TO_POINTER (BY_LIBSOUP_WITH_TLS), test_nothing_is_left);
  g_test_add_data_func ("/connection-end/told-once",
      GINT_TO_POINTER (BY_LIBSOUP), test_end_is_told_once);
  g_test_add_data_func ("/connection-end/told-once-doors",
      GINT_TO_POINTER (BY_DOORS), test_end_is_told_once);
  return g_test_run ();
}
