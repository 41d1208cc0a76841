/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "worker-start.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

#include "log.h"
#include "media-failure.h"
#include "worker-protocol.h"

/* The job fits into the pipe's buffer, so this does not wait for the child. */
int
hab_worker_job_open (GBytes *job, GError **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (job, &size);
  int fds[2];

  if (!g_unix_open_pipe (fds, FD_CLOEXEC, error))
    return -1;
  g_unix_set_fd_nonblocking (fds[1], TRUE, NULL);
  if (write (fds[1], data, size) != (gssize) size) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "The job is too large for its pipe");
    close (fds[0]);
    fds[0] = -1;
  }
  close (fds[1]);
  return fds[0];
}

gboolean
hab_worker_spawn (const HabWorkerStart *start, GPid *pid, GError **error)
{
  static const gchar *const argv[] = {
    "/proc/self/exe", "haberdash", "worker", NULL
  };
  const int sources[] = { start->input_fd, start->records_fd,
    start->output_fd };
  const int targets[] = { HAB_WORKER_INPUT_FD, HAB_WORKER_RECORDS_FD,
    HAB_WORKER_OUTPUT_FD };
  gsize n_fds = start->output_fd >= 0 ? 3 : 2;
  g_auto (GStrv) environment = hab_log_make_environment (start->request_id);

  /* The log is inherited: a descriptor that is handed over is closed in the
   * child, also where it was the standard error to begin with. */
  return g_spawn_async_with_pipes_and_fds (NULL, argv,
      (const gchar *const *) environment,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO |
          G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
      start->job_fd, -1, -1, sources, targets, n_fds,
      pid, NULL, NULL, NULL, error);
}
