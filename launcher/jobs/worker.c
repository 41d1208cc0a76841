/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json-read.h"
#include "keys.h"
#include "log.h"
#include "media-failure.h"
#include "worker-protocol.h"

/* The child is not to be trusted once it read a hostile file. */
#define MAX_RECORD (256 * 1024)
#define MAX_BRACKETS 256
#define READ_SIZE (32 * 1024)
/* Bytes of its input; no disk is slower. */
#define READ_A_SECOND (10 * 1024 * 1024)

/* To those who are told of it: whoever cancels by themselves knows why. */
#define CANCELLED "The service stops; try again"

struct _HabWorkers
{
  guint limit, running;
  HabForkServer *fork_server; /* or NULL */
  GQueue waiting; /* of WorkerRun */
  void (*ended) (gpointer data);
  gpointer ended_data;
};

/* A child and what it said. Ends when it was reaped and the pipe of records
 * is at its end, in any order. That all is done is told when the child says so:
 * it has no more to do then than to end. */
typedef struct
{
  HabWorkers *workers;
  HabWork work;
  gchar *request_id; /* of work */
  GTask *task;
  GPid pid;       /* 0: it has not begun */
  gboolean forked; /* by the fork server */
  gulong cancelled_id;
  guint timeout_id;
  int records_fd; /* the child's end of records, until it has it */
  GInputStream *records;
  GByteArray *pending; /* the beginning of a record */
  gboolean reaped, at_end;
  gboolean done;       /* the last record said so */
  gboolean returned;   /* task */
  gint wait_status;
  GError *error;
} WorkerRun;

HabWorkers *
hab_workers_new (guint limit)
{
  HabWorkers *self = g_new0 (HabWorkers, 1);

  self->limit = limit;
  return self;
}

void
hab_workers_free (HabWorkers *self)
{
  g_warn_if_fail (self == NULL || hab_workers_is_idle (self));
  g_free (self);
}

void
hab_workers_set_fork_server (HabWorkers *self, HabForkServer *fork_server)
{
  self->fork_server = fork_server;
}

gboolean
hab_workers_is_idle (HabWorkers *self)
{
  return self->running == 0 && g_queue_is_empty (&self->waiting);
}

guint
hab_workers_count_running (HabWorkers *self)
{
  return self->running;
}

guint
hab_workers_count_waiting (HabWorkers *self)
{
  return g_queue_get_length (&self->waiting);
}

void
hab_workers_set_ended (HabWorkers *self, void (*ended) (gpointer data),
    gpointer data)
{
  self->ended = ended;
  self->ended_data = data;
}

typedef struct
{
  gchar *text;
  gsize length;
} JobText;

static void
job_text_free (gpointer data)
{
  JobText *job = data;

  hab_key_wipe (job->text, job->length);
  g_free (job->text);
  g_free (job);
}

GBytes *
hab_worker_job_new (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  JobText *job = g_new0 (JobText, 1);

  job->text = json_to_string (root, FALSE);
  job->length = strlen (job->text);
  return g_bytes_new_with_free_func (job->text, job->length, job_text_free,
      job);
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* What the child has by now. */
static void
worker_run_close_fds (WorkerRun *self)
{
  close_fd (&self->work.input_fd);
  close_fd (&self->work.output_fd);
  close_fd (&self->records_fd);
}

static void
worker_run_free (WorkerRun *self)
{
  g_bytes_unref (self->work.job);
  g_free (self->request_id);
  worker_run_close_fds (self);
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_clear_object (&self->records);
  g_byte_array_unref (self->pending);
  g_clear_error (&self->error);
  g_object_unref (self->task);
  g_free (self);
}

/* The first thing that went wrong is the one that is told. */
static void
worker_run_set_error (WorkerRun *self, HabMediaError code,
    const gchar *message)
{
  if (self->error == NULL)
    self->error = g_error_new_literal (HAB_MEDIA_ERROR, code, message);
}

static void
worker_run_kill (WorkerRun *self, HabMediaError code, const gchar *message)
{
  worker_run_set_error (self, code, message);
  if (self->pid != 0 && !self->reaped)
    kill (self->pid, SIGKILL);
}

/* --- records ---------------------------------------------------------- */

static void
worker_run_take_record (WorkerRun *self, JsonObject *record)
{
  const gchar *kind = hab_json_read_text (record, "record");
  const gchar *detail = hab_json_read_text (record, "detail");

  if (g_strcmp0 (kind, "done") == 0)
    self->done = TRUE;
  else if (g_strcmp0 (kind, "error") == 0)
    worker_run_set_error (self,
        hab_media_failure_from_word (hab_json_read_text (record, "cause")),
        detail != NULL ? detail : "The media work failed");
  else if (self->work.record != NULL && self->error == NULL)
    self->work.record (record, self->work.data);
}

/* The parser goes as deep as the text does. */
static gboolean
is_flat (const gchar *line, gsize length)
{
  guint count = 0;

  for (gsize i = 0; i < length; i++)
    count += line[i] == '[' || line[i] == '{';
  return count <= MAX_BRACKETS;
}

static void
worker_run_take_line (WorkerRun *self, const gchar *line, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;

  if (!is_flat (line, length) || !g_utf8_validate (line, length, NULL) ||
      !json_parser_load_from_data (parser, line, length, NULL) ||
      (root = json_parser_get_root (parser)) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (root)) {
    worker_run_kill (self, HAB_MEDIA_ERROR_FAILED,
        "The media work sent a record that cannot be read");
    return;
  }
  worker_run_take_record (self, json_node_get_object (root));
}

static void
worker_run_take_bytes (WorkerRun *self, GBytes *bytes)
{
  gsize size, start = 0;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  const guint8 *end;

  g_byte_array_append (self->pending, data, size);
  while ((end = memchr (self->pending->data + start, '\n',
              self->pending->len - start)) != NULL) {
    gsize length = end - self->pending->data - start;

    if (!self->returned)
      worker_run_take_line (self,
          (const gchar *) self->pending->data + start, length);
    start += length + 1;
  }
  g_byte_array_remove_range (self->pending, 0, start);
  if (self->pending->len > MAX_RECORD) {
    worker_run_kill (self, HAB_MEDIA_ERROR_FAILED,
        "The media work sent a record without end");
    g_byte_array_set_size (self->pending, 0);
  }
}

/* --- the end ---------------------------------------------------------- */

static void workers_start_next (HabWorkers *self);

/* Of a child that had no last word. */
static void
worker_run_explain (WorkerRun *self)
{
  int number = WIFSIGNALED (self->wait_status) ?
      WTERMSIG (self->wait_status) : 0;

  if (number == SIGXCPU)
    worker_run_set_error (self, HAB_MEDIA_ERROR_LIMIT,
        "reading the file took more processor time than media work may "
        "(--child-cpu-time)");
  else if (number == SIGSYS)
    worker_run_set_error (self, HAB_MEDIA_ERROR_LIMIT,
        "the program that reads the file did what media work may not, and was "
        "ended by its sandbox; the file may be an attack");
  else
    worker_run_set_error (self, HAB_MEDIA_ERROR_CRASHED,
        "the program that reads the file crashed; if the file plays elsewhere, "
        "write it anew (ffmpeg -i FILE -c copy NEW) and upload that");
}

static void
worker_run_return (WorkerRun *self)
{
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  if (self->returned)
    return;
  self->returned = TRUE;
  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (cancellable, self->cancelled_id);
  if (self->error == NULL && !self->done)
    worker_run_explain (self);
  if (self->error != NULL)
    g_task_return_error (self->task, g_error_copy (self->error));
  else
    g_task_return_boolean (self->task, TRUE);
}

/* With the request that brought the file, which is what one looks for. */
static void
worker_run_tell_signal (const WorkerRun *self)
{
  g_autofree gchar *message = g_strdup_printf ("worker %d: ended by signal %d",
      self->pid, WTERMSIG (self->wait_status));

  hab_log (G_LOG_LEVEL_MESSAGE, message, "request_id", self->request_id, NULL);
}

static void
worker_run_end (WorkerRun *self)
{
  HabWorkers *workers = self->workers;

  if (!self->reaped || !self->at_end)
    return;
  if (WIFSIGNALED (self->wait_status) && self->error == NULL)
    worker_run_tell_signal (self);
  workers->running--;
  worker_run_return (self);
  worker_run_free (self);
  workers_start_next (workers);
  if (workers->ended != NULL)
    workers->ended (workers->ended_data);
}

static void
on_reaped (GPid pid, gint wait_status, gpointer data)
{
  WorkerRun *self = data;

  if (self->forked && WIFSIGNALED (wait_status) && self->error == NULL)
    hab_fork_server_renew (self->workers->fork_server);
  self->reaped = TRUE;
  self->wait_status = wait_status;
  worker_run_end (self);
}

static void worker_run_read (WorkerRun *self);

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  WorkerRun *self = data;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);

  if (bytes == NULL || g_bytes_get_size (bytes) == 0) {
    self->at_end = TRUE;
    worker_run_end (self);
    return;
  }
  worker_run_take_bytes (self, bytes);
  worker_run_read (self);
  if (self->done && self->error == NULL)
    worker_run_return (self);
}

static void
worker_run_read (WorkerRun *self)
{
  g_input_stream_read_bytes_async (self->records, READ_SIZE,
      G_PRIORITY_DEFAULT, NULL, on_read, self);
}

static gboolean
on_timeout (gpointer data)
{
  WorkerRun *self = data;

  self->timeout_id = 0;
  worker_run_kill (self, HAB_MEDIA_ERROR_TIMED_OUT,
      "Reading the file took too long (--stall-timeout)");
  return G_SOURCE_REMOVE;
}

/* Before the child has the input. */
static void
worker_run_start_clock (WorkerRun *self)
{
  guint64 seconds = self->work.timeout_seconds;
  struct stat input;

  if (seconds == 0)
    return;
  if (fstat (self->work.input_fd, &input) == 0)
    seconds += input.st_size / READ_A_SECOND;
  self->timeout_id =
      g_timeout_add_seconds (MIN (seconds, G_MAXUINT / 1000), on_timeout, self);
}

GError *
hab_worker_new_cancelled (void)
{
  return g_error_new_literal (HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_CANCELLED,
      CANCELLED);
}

/* Has no child, and will have none. */
static void
worker_run_drop (WorkerRun *self)
{
  if (self->error == NULL)
    self->error = hab_worker_new_cancelled ();
  worker_run_return (self);
  worker_run_free (self);
}

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  WorkerRun *self = data;

  if (g_queue_remove (&self->workers->waiting, self))
    worker_run_drop (self);
  else
    worker_run_kill (self, HAB_MEDIA_ERROR_CANCELLED, CANCELLED);
}

/* --- the start -------------------------------------------------------- */

static void
worker_run_log (WorkerRun *self)
{
  g_autofree gchar *pid = g_strdup_printf ("%d", (gint) self->pid);

  hab_log (G_LOG_LEVEL_DEBUG, "child begins", "worker", pid, "forked",
      self->forked ? "yes" : "no", "request_id", self->request_id, NULL);
}

/* There is a child. */
static void
worker_run_watch (WorkerRun *self)
{
  if (hab_log_is_wanted (G_LOG_LEVEL_DEBUG))
    worker_run_log (self);
  worker_run_close_fds (self);
  g_child_watch_add (self->pid, on_reaped, self);
  if (self->error != NULL)
    kill (self->pid, SIGKILL);
}

/* What the child shall have, but for the job, which is opened anew for each. */
static gboolean
worker_run_open_start (WorkerRun *self, HabWorkerStart *start, GError **error)
{
  *start = (HabWorkerStart) {
    .request_id = self->request_id,
    .job_fd = hab_worker_job_open (self->work.job, error),
    .input_fd = self->work.input_fd,
    .records_fd = self->records_fd,
    .output_fd = self->work.output_fd,
  };
  return start->job_fd >= 0;
}

static gboolean
worker_run_spawn (WorkerRun *self, GError **error)
{
  HabWorkerStart start;
  gboolean spawned = worker_run_open_start (self, &start, error) &&
      hab_worker_spawn (&start, &self->pid, error);

  close_fd (&start.job_fd);
  return spawned;
}

/* That there is none is the end of the records, too. */
static void
worker_run_begin_alone (WorkerRun *self)
{
  if (self->error == NULL && worker_run_spawn (self, &self->error)) {
    worker_run_watch (self);
    return;
  }
  self->reaped = TRUE;
  worker_run_close_fds (self);
}

static void
on_forked (GPid pid, gpointer data)
{
  WorkerRun *self = data;

  if (pid == 0) {
    worker_run_begin_alone (self);
    return;
  }
  self->pid = pid;
  self->forked = TRUE;
  worker_run_watch (self);
}

/* FALSE where it has to begin alone. */
static gboolean
worker_run_fork (WorkerRun *self)
{
  HabForkServer *server = self->workers->fork_server;
  HabWorkerStart start = { .job_fd = -1 };
  gboolean asked = server != NULL &&
      worker_run_open_start (self, &start, NULL) &&
      hab_fork_server_ask (server, &start, on_forked, self);

  close_fd (&start.job_fd);
  return asked;
}

static void
worker_run_begin (WorkerRun *self)
{
  if (!worker_run_fork (self))
    worker_run_begin_alone (self);
}

static void
workers_start (HabWorkers *workers, WorkerRun *run)
{
  int records[2];

  if (!g_unix_open_pipe (records, FD_CLOEXEC, &run->error)) {
    worker_run_drop (run);
    return;
  }
  workers->running++;
  run->records_fd = records[1];
  run->records = g_unix_input_stream_new (records[0], TRUE);
  worker_run_start_clock (run);
  worker_run_begin (run);
  worker_run_read (run);
}

static void
workers_start_next (HabWorkers *self)
{
  while (self->running < self->limit && !g_queue_is_empty (&self->waiting))
    workers_start (self, g_queue_pop_head (&self->waiting));
}

void
hab_workers_run_async (HabWorkers *self, const HabWork *work,
    GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  WorkerRun *run = g_new0 (WorkerRun, 1);

  run->workers = self;
  run->work = *work;
  run->records_fd = -1;
  g_bytes_ref (work->job);
  run->request_id = g_strdup (work->request_id);
  run->task = g_task_new (NULL, cancellable, callback, user_data);
  /* What ended the child is told rather than that it was cancelled. */
  g_task_set_check_cancellable (run->task, FALSE);
  run->pending = g_byte_array_new ();
  if (g_cancellable_is_cancelled (cancellable)) {
    worker_run_drop (run);
    return;
  }
  if (cancellable != NULL)
    run->cancelled_id = g_signal_connect (cancellable, "cancelled",
        G_CALLBACK (on_cancelled), run);
  g_queue_push_tail (&self->waiting, run);
  workers_start_next (self);
}

gboolean
hab_workers_run_finish (HabWorkers *self, GAsyncResult *result,
    GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
