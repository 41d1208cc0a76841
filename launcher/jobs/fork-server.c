/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fork-server.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backoff.h"
#include "log.h"
#include "worker-protocol.h"

/* Between one that ended by itself and the next. */
#define FIRST_DELAY_SECONDS 1.0
#define MAX_DELAY_SECONDS 60.0
/* It answers at once. One that has said nothing for so long will not. */
#define STALL_SECONDS 20

/* One process of it. */
typedef struct
{
  HabForkServer *server;
  GPid pid;
  int fd;          /* of its socket; -1 at the end of that */
  guint answer_id; /* while there is fd */
  gboolean ready;
  GQueue asked;    /* of Asked: what it has not answered yet */
  guint stall_id;  /* while there is something of it */
} Process;

typedef struct
{
  HabForkFunc func;
  gpointer data;
} Asked;

struct _HabForkServer
{
  Process *process;   /* that is asked, or NULL */
  GSList *processes;  /* of Process: that have not ended */
  guint attempts;     /* since one answered */
  guint start_id;
  gboolean stopped;
  void (*ended) (gpointer data);
  gpointer ended_data;
};

/* --- what was asked for ------------------------------------------------ */

/* Its end answers what it was asked. */
static gboolean
on_stall (gpointer data)
{
  Process *self = data;

  self->stall_id = 0;
  g_message ("fork server %d: stands still and is ended", self->pid);
  kill (self->pid, SIGKILL);
  return G_SOURCE_REMOVE;
}

static void
process_restart_clock (Process *self)
{
  g_clear_handle_id (&self->stall_id, g_source_remove);
  if (!g_queue_is_empty (&self->asked))
    self->stall_id = g_timeout_add_seconds (STALL_SECONDS, on_stall, self);
}

static void
process_answer (Process *self, GPid pid)
{
  Asked *asked = g_queue_pop_head (&self->asked);

  process_restart_clock (self);
  if (asked == NULL)
    return;
  asked->func (pid, asked->data);
  g_free (asked);
}

/* FALSE when it has no more answers: what it has not answered never began. */
static gboolean
process_read (Process *self)
{
  HabForkAnswer answer;
  gssize size;

  while ((size = recv (self->fd, &answer, sizeof answer, MSG_DONTWAIT)) ==
      sizeof answer) {
    if (answer == HAB_FORK_READY) {
      self->ready = TRUE;
      hab_log (G_LOG_LEVEL_DEBUG, "children can be forked", NULL);
      continue;
    }
    if (answer > 0)
      self->server->attempts = 0;
    process_answer (self, MAX (answer, 0));
  }
  /* The last of these says that it did not read all, and comes before its last
   * answers. */
  return size < 0 &&
      (errno == EAGAIN || errno == EINTR || errno == ECONNRESET);
}

/* It gets to its end of file, answers what it was asked, and ends. */
static void
process_retire (Process *self)
{
  if (self->server->process == self)
    self->server->process = NULL;
  if (self->fd >= 0)
    shutdown (self->fd, SHUT_WR);
}

static void
process_close (Process *self)
{
  process_retire (self);
  if (self->fd < 0)
    return;
  close (self->fd);
  self->fd = -1;
  while (!g_queue_is_empty (&self->asked))
    process_answer (self, 0);
}

static gboolean
on_answer (gint fd, GIOCondition condition, gpointer data)
{
  Process *self = data;

  if (process_read (self))
    return G_SOURCE_CONTINUE;
  self->answer_id = 0;
  process_close (self);
  return G_SOURCE_REMOVE;
}

/* --- processes --------------------------------------------------------- */

static void server_start (HabForkServer *self);

static gboolean
on_start (gpointer data)
{
  HabForkServer *self = data;

  self->start_id = 0;
  server_start (self);
  return G_SOURCE_REMOVE;
}

static void
server_start_later (HabForkServer *self)
{
  gint64 delay_us;

  if (self->stopped || self->process != NULL || self->start_id != 0)
    return;
  delay_us = hab_backoff_get_delay (FIRST_DELAY_SECONDS, ++self->attempts,
      MAX_DELAY_SECONDS);
  self->start_id = g_timeout_add (delay_us / 1000, on_start, self);
}

/* One that cannot be had here says so itself. */
static gboolean
has_given_up (gint wait_status)
{
  return WIFEXITED (wait_status) && WEXITSTATUS (wait_status) != 0;
}

static void
on_ended (GPid pid, gint wait_status, gpointer data)
{
  Process *self = data;
  HabForkServer *server = self->server;

  while (self->fd >= 0 && process_read (self))
    continue;
  g_clear_handle_id (&self->answer_id, g_source_remove);
  process_close (self);
  server->processes = g_slist_remove (server->processes, self);
  if (WIFSIGNALED (wait_status) && !server->stopped)
    g_message ("fork server %d: ended by signal %d", pid,
        WTERMSIG (wait_status));
  if (!has_given_up (wait_status))
    server_start_later (server);
  if (server->stopped && server->ended != NULL)
    server->ended (server->ended_data);
  g_free (self);
}

static gboolean
process_spawn (Process *self, int socket_fd, GError **error)
{
  static const gchar *const argv[] = {
    "/proc/self/exe", "haberdash", "fork-server", NULL
  };
  g_auto (GStrv) environment = hab_log_make_environment (NULL);

  /* Functions of libraries are looked up once, not by each child. */
  environment = g_environ_setenv (environment, "LD_BIND_NOW", "1", TRUE);
  return g_spawn_async_with_pipes_and_fds (NULL, argv,
      (const gchar *const *) environment,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO |
          G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
      socket_fd, -1, -1, NULL, NULL, 0, &self->pid, NULL, NULL, NULL, error);
}

static void
server_start (HabForkServer *self)
{
  g_autoptr (GError) error = NULL;
  Process *process;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
    server_start_later (self);
    return;
  }
  process = g_new0 (Process, 1);
  process->server = self;
  process->fd = fds[0];
  if (process_spawn (process, fds[1], &error)) {
    self->process = process;
    self->processes = g_slist_prepend (self->processes, process);
    process->answer_id =
        g_unix_fd_add (process->fd, G_IO_IN | G_IO_HUP, on_answer, process);
    g_child_watch_add (process->pid, on_ended, process);
  } else {
    g_warning ("No fork server: %s", error->message);
    close (process->fd);
    g_free (process);
    server_start_later (self);
  }
  close (fds[1]);
}

/* --- asking ------------------------------------------------------------ */

static gboolean
send_start (int fd, const HabWorkerStart *start)
{
  const gchar *id = start->request_id != NULL ? start->request_id : "";
  struct iovec text = { (gchar *) id, strlen (id) + 1 };
  int fds[HAB_FORK_MAX_FDS] = {
    [HAB_FORK_JOB] = start->job_fd,
    [HAB_FORK_INPUT] = start->input_fd,
    [HAB_FORK_RECORDS] = start->records_fd,
    [HAB_FORK_OUTPUT] = start->output_fd,
  };
  gsize size = (start->output_fd >= 0 ? HAB_FORK_OUTPUT + 1 :
      HAB_FORK_OUTPUT) * sizeof (int);
  union
  {
    struct cmsghdr header;
    gchar bytes[CMSG_SPACE (sizeof fds)];
  } control = { .header = {
    .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
    .cmsg_len = CMSG_LEN (size),
  } };
  struct msghdr message = {
    .msg_iov = &text, .msg_iovlen = 1,
    .msg_control = control.bytes, .msg_controllen = CMSG_SPACE (size),
  };

  if (text.iov_len > HAB_FORK_MAX_MESSAGE)
    return FALSE;
  memcpy (CMSG_DATA (&control.header), fds, size);
  return sendmsg (fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

gboolean
hab_fork_server_ask (HabForkServer *self, const HabWorkerStart *start,
    HabForkFunc func, gpointer data)
{
  Process *process = self->process;
  Asked *asked;

  if (process == NULL || !process->ready || !send_start (process->fd, start))
    return FALSE;
  asked = g_new (Asked, 1);
  *asked = (Asked) { func, data };
  g_queue_push_tail (&process->asked, asked);
  if (process->stall_id == 0)
    process_restart_clock (process);
  return TRUE;
}

void
hab_fork_server_renew (HabForkServer *self)
{
  if (self->process == NULL || self->stopped)
    return;
  process_retire (self->process);
  server_start (self);
}

/* --- the whole --------------------------------------------------------- */

HabForkServer *
hab_fork_server_new (void (*ended) (gpointer data), gpointer data)
{
  HabForkServer *self = g_new0 (HabForkServer, 1);

  self->ended = ended;
  self->ended_data = data;
  return self;
}

void
hab_fork_server_start (HabForkServer *self)
{
  server_start (self);
}

void
hab_fork_server_stop (HabForkServer *self)
{
  self->stopped = TRUE;
  g_clear_handle_id (&self->start_id, g_source_remove);
  if (self->process != NULL)
    process_retire (self->process);
  for (GSList *item = self->processes; item != NULL; item = item->next)
    kill (((Process *) item->data)->pid, SIGKILL);
}

gboolean
hab_fork_server_is_idle (const HabForkServer *self)
{
  return self->processes == NULL;
}

void
hab_fork_server_free (HabForkServer *self)
{
  g_warn_if_fail (self->processes == NULL);
  g_free (self);
}
