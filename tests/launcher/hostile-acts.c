/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* What the author of a hostile file would like its reader to do. */

#include "hostile-acts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE (1 << 20)

/* --- acts: -1 and errno where it was not allowed ----------------------- */

static int
act_read (const gchar *path)
{
  return open (path, O_RDONLY);
}

static int
act_write (const gchar *path)
{
  return open (path, O_WRONLY | O_CREAT, 0600);
}

static int
act_list (const gchar *path)
{
  return opendir (path) != NULL ? 0 : -1;
}

static int
act_remove (const gchar *path)
{
  return unlink (path);
}

static int
act_chmod (const gchar *path)
{
  return chmod (path, 0644);
}

static int
act_socket (const gchar *path)
{
  return socket (AF_INET, SOCK_STREAM, 0);
}

static int
act_local_socket (const gchar *path)
{
  return socket (AF_UNIX, SOCK_STREAM, 0);
}

static int
act_fork (const gchar *path)
{
  pid_t pid = fork ();

  if (pid == 0)
    _exit (0);
  return pid > 0 ? waitpid (pid, NULL, 0) : -1;
}

static int
act_signal (const gchar *path)
{
  return kill (getppid (), 0);
}

static int
act_limit (const gchar *path)
{
  struct rlimit limit;

  getrlimit (RLIMIT_DATA, &limit);
  return setrlimit (RLIMIT_DATA, &limit);
}

static int
act_outlive (const gchar *path)
{
  return prctl (PR_SET_PDEATHSIG, 0);
}

/* What of it others of the same user may see: its memory. */
static int
act_show (const gchar *path)
{
  errno = EPERM;
  return prctl (PR_GET_DUMPABLE) > 0 ? 0 : -1;
}

static int
act_trace (const gchar *path)
{
  return ptrace (PTRACE_ATTACH, getppid (), NULL, NULL);
}

static int
act_run (const gchar *path)
{
  return execl ("/bin/true", "true", NULL);
}

/* GLib ends the process. */
static int
act_many (const gchar *path)
{
  for (;;)
    memset (g_malloc (PIECE), 1, PIECE);
  return 0;
}

static int
act_huge (const gchar *path)
{
  return g_malloc ((gsize) 1 << 40) != NULL;
}

/* As the C++ library does. */
static int
act_abort (const gchar *path)
{
  gchar *piece;

  while ((piece = malloc (PIECE)) != NULL)
    memset (piece, 1, PIECE);
  abort ();
}

static int
act_crash (const gchar *path)
{
  volatile guint *volatile nothing = NULL;

  *nothing = 1;
  return 0;
}

/* Until somebody ends it. */
static int
act_stay (const gchar *path)
{
  g_printerr ("hostile: %d stays\n", (gint) getpid ());
  for (;;)
    g_usleep (G_USEC_PER_SEC);
  return 0;
}

/* Behind the end of anything, in the folder that is descriptor 4. */
static int
act_large (const gchar *path)
{
  int fd = openat (4, "large", O_RDWR | O_CREAT | O_EXCL, 0600);
  int result = fd < 0 ? -1 : (int) pwrite (fd, "x", 1, (off_t) 1 << 40);
  int code = errno;

  if (fd >= 0) {
    close (fd);
    unlinkat (4, "large", 0);
  }
  errno = code;
  return result;
}

/* More than a child may have open, fewer than the service may; closed again, for
 * who comes after needs some. */
static int
act_descriptors (const gchar *path)
{
  static int fds[1100];
  guint n = 0;
  int result, code;

  do
    fds[n] = result = dup (3);
  while (result >= 0 && ++n < G_N_ELEMENTS (fds));
  code = errno;
  while (n > 0)
    close (fds[--n]);
  errno = code;
  return result;
}

static int
act_spin (const gchar *path)
{
  for (volatile guint i = 0;; i++)
    continue;
  return 0;
}

static const struct
{
  const gchar *name;
  int (*act) (const gchar *path);
} acts[] = {
  { "read", act_read }, { "write", act_write }, { "list", act_list },
  { "remove", act_remove }, { "chmod", act_chmod },
  { "socket", act_socket }, { "local-socket", act_local_socket },
  { "fork", act_fork }, { "signal", act_signal }, { "limit", act_limit },
  { "outlive", act_outlive }, { "show", act_show },
  { "trace", act_trace }, { "run", act_run },
  { "many", act_many }, { "huge", act_huge }, { "abort", act_abort },
  { "spin", act_spin }, { "large", act_large },
  { "descriptors", act_descriptors }, { "stay", act_stay },
  { "crash", act_crash },
};

static void
act (const gchar *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 2);

  for (guint i = 0; i < G_N_ELEMENTS (acts); i++) {
    if (g_strcmp0 (acts[i].name, words[0]) != 0)
      continue;
    g_printerr ("hostile: %s: %s\n", line,
        acts[i].act (words[1]) < 0 ? g_strerror (errno) : "done");
  }
}

gchar *
hostile_read_acts (void)
{
  gchar *text = NULL;

  if (!g_file_get_contents (g_getenv ("HOSTILE_ACTS"), &text, NULL, NULL))
    g_printerr ("hostile: knows of nothing to do\n");
  return text;
}

void
hostile_act (const gchar *text)
{
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (gchar **line = lines; *line != NULL; line++)
    act (*line);
}
