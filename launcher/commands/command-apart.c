/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* A command in two processes: one that reads a file which nobody trusts and
 * confines itself, and one that waits for it. */

#include "command-jail.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* And the number of the signal, as shells have it. */
#define EXIT_BY_SIGNAL 128

gboolean
hab_cmd_has_crashed (HabExit status)
{
  return (int) status > EXIT_BY_SIGNAL && status != HAB_EXIT_INTERRUPTED;
}

/* --- the one that reads ------------------------------------------------- */

static G_GNUC_NORETURN void
be_apart (HabCmdWork work, gpointer data, pid_t parent)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (HAB_EXIT_INTERRUPTED);
  exit (work (data));
}

/* --- the one that waits ------------------------------------------------- */

/* Blocked from now on: none is lost between being looked for and waited for, and
 * what comes when the work is done cannot undo it. */
static void
block_signals (sigset_t *signals, sigset_t *before)
{
  sigemptyset (signals);
  sigaddset (signals, SIGCHLD);
  sigaddset (signals, SIGINT);
  sigaddset (signals, SIGTERM);
  /* Who ignores it is not told of its children. */
  signal (SIGCHLD, SIG_DFL);
  sigprocmask (SIG_BLOCK, signals, before);
}

/* Returns what waitpid () says of the process. It may be waiting for a pipe that
 * has nothing more to say: a second signal ends it. */
static int
wait_for (pid_t pid, const sigset_t *signals)
{
  int status = 0, number, asked = 0;

  while (waitpid (pid, &status, WNOHANG) == 0)
    if (sigwait (signals, &number) == 0 && number != SIGCHLD)
      kill (pid, asked++ > 0 ? SIGKILL : number);
  if (asked > 1 && WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL)
    return SIGINT;
  return status;
}

static void
tell_signal (const gchar *subject, int number)
{
  if (number == SIGSYS)
    g_printerr ("%s: %s: what read it did what reading does not need, and was "
        "ended by its sandbox; the file may be an attack\n", g_get_prgname (),
        subject);
  else
    g_printerr ("%s: %s: what read it was ended by signal %d (%s)\n",
        g_get_prgname (), subject, number, g_strsignal (number));
}

static HabExit
get_exit (const gchar *subject, int status)
{
  int number = WIFSIGNALED (status) ? WTERMSIG (status) : 0;

  if (number == 0)
    return WEXITSTATUS (status);
  /* Somebody asked for that, or has heard enough. */
  if (number == SIGINT || number == SIGTERM)
    return HAB_EXIT_INTERRUPTED;
  if (number != SIGPIPE)
    tell_signal (subject, number);
  return EXIT_BY_SIGNAL + number;
}

HabExit
hab_cmd_run_apart (const gchar *subject, HabCmdWork work, gpointer data)
{
  sigset_t signals, before;
  pid_t parent = getpid (), pid;

  fflush (NULL); /* else both would write it */
  block_signals (&signals, &before);
  pid = fork ();
  if (pid == 0) {
    sigprocmask (SIG_SETMASK, &before, NULL);
    be_apart (work, data, parent);
  }
  if (pid < 0) {
    g_printerr ("%s: no process can be started: %s\n", g_get_prgname (),
        g_strerror (errno));
    return HAB_EXIT_SOFTWARE;
  }
  return get_exit (subject, wait_for (pid, &signals));
}
