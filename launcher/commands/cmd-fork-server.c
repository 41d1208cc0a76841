/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* A process that has loaded what takes the most time of a child's start, and is
 * forked when there is a job: GStreamer with its registry, the plug-ins of most
 * tasks, the list of files that a child may open. It opens no media file, and jobs,
 * which may have keys, pass through it as pipes that it does not read. */

#include <errno.h>
#include <fcntl.h>
#include <gst/gst.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command-jail.h"
#include "commands.h"
#include "log.h"
#include "worker-protocol.h"

#define SOCKET_FD HAB_WORKER_JOB_FD

/* What it is asked for. */
typedef struct
{
  gchar request_id[HAB_FORK_MAX_MESSAGE];
  int fds[HAB_FORK_MAX_FDS];
  guint n_fds;
} Order;

/* --- what is loaded ahead ---------------------------------------------- */

/* What cuts are made by, and pictures but for their decoders: those of libav are so
 * large that each child would be forked a tenth slower, and have 16 pictures each
 * when there are many. And what reads and packages most files. */
static const gchar *const factories[] = {
  "appsrc", "mp4mux", "fdsink", "filesink", "capsfilter", "videoconvertscale",
  "videoflip", "jpegenc", "h264parse",
  "blockfilesrc", "parsebin", "typefind", "qtdemux", "aacparse", "gopsplit",
  "catalogrecorder", "cbcsenc", "cencmux", "cencdashsink",
};

/* Making one fills in its class, too. */
static void
load_factory (const gchar *name)
{
  GstElement *element = gst_element_factory_make (name, NULL);

  if (element != NULL)
    gst_object_unref (gst_object_ref_sink (element));
}

static void
load_plugin (const gchar *name)
{
  GstPlugin *plugin = gst_plugin_load_by_name (name);

  if (plugin != NULL)
    gst_object_unref (plugin);
}

static void
load (void)
{
  load_plugin ("typefindfunctions");
  for (guint i = 0; i < G_N_ELEMENTS (factories); i++)
    load_factory (factories[i]);
}

/* --- one child --------------------------------------------------------- */

static void
order_close (Order *self)
{
  for (guint i = 0; i < self->n_fds; i++)
    close (self->fds[i]);
  self->n_fds = 0;
}

/* The job's comes where the socket was: there is no way back to who was asked. */
static void
order_take_descriptors (Order *self)
{
  dup2 (self->fds[HAB_FORK_JOB], HAB_WORKER_JOB_FD);
  dup2 (self->fds[HAB_FORK_INPUT], HAB_WORKER_INPUT_FD);
  dup2 (self->fds[HAB_FORK_RECORDS], HAB_WORKER_RECORDS_FD);
  if (self->n_fds > HAB_FORK_OUTPUT)
    dup2 (self->fds[HAB_FORK_OUTPUT], HAB_WORKER_OUTPUT_FD);
  order_close (self);
}

/* The parent is told the number of the process before there is anything to be
 * told of it; one that does not know it ends it by this. */
static void
wait_for_go (int go_fd)
{
  gchar byte;

  if (read (go_fd, &byte, 1) != 1)
    _exit (HAB_EXIT_SOFTWARE);
  close (go_fd);
}

/* In process lists it is what it would be if it had been started by itself. */
static void
set_title (gchar *word)
{
  gsize room = strlen (word);

  strncpy (word, "worker", room);
}

static G_GNUC_NORETURN void
be_child (Order *order, HabJail *jail, int go_fd, gchar *word)
{
  wait_for_go (go_fd);
  set_title (word);
  order_take_descriptors (order);
  if (order->request_id[0] != '\0')
    hab_log_set_context ("request_id", order->request_id);
  _exit (hab_worker_run (jail));
}

/* A child of this process's parent, which is the one that waits for it, and with
 * which it ends. Most of what fork () of the C library does beside this is for
 * programs with threads; but its first thread's number, by which recursive locks
 * know their owner, has to be the child's own. */
static pid_t
fork_sibling (void)
{
  gulong flags = CLONE_PARENT | SIGCHLD;
  int *tid = NULL;

  if (prctl (PR_GET_TID_ADDRESS, &tid, 0, 0, 0) == 0 && tid != NULL)
    flags |= CLONE_CHILD_SETTID;
  /* The last but one on x86, the last on ARM, where the other is not read. */
  return syscall (SYS_clone, flags, 0, 0, tid, tid);
}

/* --- the server -------------------------------------------------------- */

static gboolean
answer (HabForkAnswer what)
{
  return send (SOCKET_FD, &what, sizeof what, MSG_NOSIGNAL) == sizeof what;
}

/* FALSE when nobody listens any more. */
static gboolean
serve (Order *order, HabJail *jail, gchar *word)
{
  int go[2], saved_errno;
  pid_t pid;
  gboolean told;

  if (order->n_fds < HAB_FORK_OUTPUT || pipe2 (go, O_CLOEXEC) < 0)
    return answer (-EBADF);
  pid = fork_sibling ();
  if (pid == 0) {
    close (go[1]);
    be_child (order, jail, go[0], word);
  }
  saved_errno = errno;
  close (go[0]);
  told = answer (pid > 0 ? pid : -saved_errno);
  if (pid > 0 && told && write (go[1], "", 1) < 0)
    told = FALSE;
  close (go[1]);
  return told;
}

static void
take_descriptors (Order *self, struct msghdr *header)
{
  for (struct cmsghdr *part = CMSG_FIRSTHDR (header); part != NULL;
       part = CMSG_NXTHDR (header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
      continue;
    self->n_fds = (part->cmsg_len - CMSG_LEN (0)) / sizeof (int);
    memcpy (self->fds, CMSG_DATA (part), self->n_fds * sizeof (int));
  }
}

/* FALSE at the end. */
static gboolean
receive (Order *self)
{
  union
  {
    struct cmsghdr alignment;
    gchar bytes[CMSG_SPACE (HAB_FORK_MAX_FDS * sizeof (int))];
  } control;
  struct iovec text = { self->request_id, sizeof self->request_id - 1 };
  struct msghdr header = {
    .msg_iov = &text, .msg_iovlen = 1,
    .msg_control = control.bytes, .msg_controllen = sizeof control.bytes,
  };
  gssize length;

  do
    length = recvmsg (SOCKET_FD, &header, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length <= 0)
    return FALSE;
  self->request_id[length] = '\0';
  take_descriptors (self, &header);
  return TRUE;
}

/* Each child adds files of its own to the jail, which is the same one on both sides
 * of a fork: it is made for one child, ahead of it. */
static void
run (gchar *word)
{
  g_autoptr (HabJail) jail = hab_cmd_make_jail ();
  g_autofree Order *order = g_new0 (Order, 1);
  gboolean going = answer (HAB_FORK_READY);

  while (going && receive (order)) {
    going = serve (order, jail, word);
    order_close (order);
    hab_jail_free (jail);
    jail = hab_cmd_make_jail ();
  }
}

HabExit
hab_cmd_fork_server (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int type = 0;
  socklen_t size = sizeof type;

  if (getsockopt (SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
      type != SOCK_SEQPACKET) {
    g_printerr ("haberdash fork-server: is started by the service\n");
    return HAB_EXIT_USAGE;
  }
  hab_worker_init ();
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (!hab_cmd_init_gstreamer (&error)) {
    g_warning ("no children can be forked: %s", error->message);
    return HAB_EXIT_UNAVAILABLE;
  }
  load ();
  if (hab_jail_has_other_threads ()) {
    g_message ("a plug-in has started threads, so that no children can be "
        "forked; each is started by itself");
    return HAB_EXIT_UNAVAILABLE;
  }
  run (argv[0]);
  return HAB_EXIT_OK;
}
