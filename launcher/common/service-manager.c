/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "service-manager.h"

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_FD 3
#define MAX_FDS 64

/* --- telling ---------------------------------------------------------- */

static GSocketAddress *
parse_notify_address (const gchar *path)
{
  if (path[0] == '@')
    return g_unix_socket_address_new_with_type (path + 1, -1,
        G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  return g_unix_socket_address_new (path);
}

void
hab_service_manager_notify (const gchar *state)
{
  const gchar *path = g_getenv ("NOTIFY_SOCKET");
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL || (path[0] != '/' && path[0] != '@'))
    return;
  address = parse_notify_address (path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_DEFAULT, &error);
  if (socket == NULL || g_socket_send_to (socket, address, state,
                            strlen (state), NULL, &error) < 0)
    g_warning ("Cannot tell the service manager: %s", error->message);
}

/* --- sockets ---------------------------------------------------------- */

/* How many descriptors are for this process; the variables may be those of a
 * parent. */
static guint
count_fds (void)
{
  const gchar *pid = g_getenv ("LISTEN_PID");
  const gchar *fds = g_getenv ("LISTEN_FDS");
  guint64 number;

  if (pid == NULL || fds == NULL ||
      !g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT, &number, NULL) ||
      (pid_t) number != getpid () ||
      !g_ascii_string_to_unsigned (fds, 10, 0, MAX_FDS, &number, NULL))
    return 0;
  return number;
}

static GSocket *
open_socket (int fd, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  gint listens = 0;

  fcntl (fd, F_SETFD, FD_CLOEXEC);
  socket = g_socket_new_from_fd (fd, error);
  if (socket == NULL)
    return NULL;
  if (g_socket_get_option (socket, SOL_SOCKET, SO_ACCEPTCONN, &listens,
          NULL) && listens)
    return g_steal_pointer (&socket);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "Descriptor %d is no listening socket", fd);
  return NULL;
}

GPtrArray *
hab_service_manager_take_sockets (const gchar *name, GError **error)
{
  const gchar *list = g_getenv ("LISTEN_FDNAMES");
  g_auto (GStrv) names = g_strsplit (list != NULL ? list : "", ":", -1);
  guint n_fds = MIN (count_fds (), g_strv_length (names));
  g_autoptr (GPtrArray) sockets =
      g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n_fds; i++) {
    GSocket *socket;

    if (!g_str_equal (names[i], name))
      continue;
    socket = open_socket (FIRST_FD + i, error);
    if (socket == NULL)
      return NULL;
    g_ptr_array_add (sockets, socket);
  }
  return sockets->len > 0 ? g_steal_pointer (&sockets) : NULL;
}

/* --- the journal ------------------------------------------------------ */

gboolean
hab_service_manager_has_journal (void)
{
  const gchar *stream = g_getenv ("JOURNAL_STREAM");
  guint64 device, inode;
  struct stat info;

  /* The variable is inherited; the descriptor may have been redirected. */
  return stream != NULL &&
      sscanf (stream, "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, &device,
          &inode) == 2 &&
      fstat (STDERR_FILENO, &info) == 0 && info.st_dev == device &&
      info.st_ino == inode;
}
