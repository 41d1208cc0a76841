/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "record-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "record-json.h"

struct _HabRecordWriter
{
  /* set before the thread starts, then constant */
  gint fd; /* -1 where there is a catalog */
  gint64 input_id, package_id;
  GThread *thread;

  /* the writer thread's */
  HabCatalog *catalog;

  /* readable once cancelled */
  gint cancel_fd;

  /* atomic */
  gint failed;

  GMutex lock;
  /* signalled when any of what follows changes */
  GCond changed;
  /* protected by lock */
  GQueue queue; /* of HabRecord */
  guint64 n_pushed, n_done, n_written;
  gboolean stop;
  gboolean cancelled;
  GError *error; /* the first */
};

/* --- records --------------------------------------------------------- */

void
hab_record_free (HabRecord *record)
{
  if (!record)
    return;

  if (record->kind == HAB_RECORD_TRACK)
    hab_track_clear (&record->track);
  g_free (record);
}

static JsonObject *
to_json (const HabRecord *record)
{
  JsonObject *stage;

  switch (record->kind) {
    case HAB_RECORD_TRACK:
      return hab_record_new_track (record->track_number, &record->track);
    case HAB_RECORD_GOP:
      return hab_record_new_gop (record->track_number, &record->gop);
    default:
      stage = hab_record_new ("stage");
      json_object_set_string_member (stage, "stage",
          hab_status_to_string (record->stage));
      return stage;
  }
}

/* (transfer full): with its line feed. */
static gchar *
format_line (const HabRecord *record)
{
  g_autofree gchar *text = hab_record_format (to_json (record));

  return g_strconcat (text, "\n", NULL);
}

/* --- writer thread: descriptor --------------------------------------- */

static gboolean
set_write_error (gint saved_errno, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "cannot write to the descriptor for records: %s",
      g_strerror (saved_errno));
  return FALSE;
}

static gboolean
wait_writable (HabRecordWriter *writer, GError **error)
{
  struct pollfd fds[] = {
    { .fd = writer->fd, .events = POLLOUT },
    { .fd = writer->cancel_fd, .events = POLLIN },
  };

  while (poll (fds, G_N_ELEMENTS (fds), -1) < 0) {
    if (errno != EINTR)
      return set_write_error (errno, error);
  }

  if (fds[0].revents == 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
        "stopped while nobody read the records");
    return FALSE;
  }
  return TRUE;
}

/* A pipe that poll () calls writable takes PIPE_BUF bytes without blocking, and no
 * more: who waits in write () cannot be cancelled. */
static gboolean
write_line (HabRecordWriter *writer, const gchar *line, GError **error)
{
  gsize size = strlen (line);

  while (size > 0) {
    gssize n;

    if (!wait_writable (writer, error))
      return FALSE;
    n = write (writer->fd, line, MIN (size, PIPE_BUF));
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (n < 0)
      return set_write_error (errno, error);
    line += n;
    size -= n;
  }
  return TRUE;
}

static gboolean
write_lines (HabRecordWriter *writer, GQueue *batch, GError **error)
{
  for (GList *l = batch->head; l; l = l->next) {
    g_autofree gchar *line = format_line (l->data);

    if (!write_line (writer, line, error))
      return FALSE;
  }
  return TRUE;
}

/* --- writer thread: catalog ------------------------------------------ */

static gboolean
store (HabRecordWriter *writer, const HabRecord *record, GError **error)
{
  switch (record->kind) {
    case HAB_RECORD_TRACK:
      return writer->input_id == 0 ||
          hab_catalog_put_track (writer->catalog, writer->input_id,
              &record->track, error);
    case HAB_RECORD_GOP:
      return writer->input_id == 0 ||
          hab_catalog_put_gop (writer->catalog, writer->input_id,
              record->track_number, &record->gop, error);
    case HAB_RECORD_STAGE:
      return writer->package_id == 0 ||
          hab_catalog_set_status (writer->catalog, writer->package_id,
              record->stage, NULL, NULL, error);
  }
  g_return_val_if_reached (FALSE);
}

static gboolean
store_batch (HabRecordWriter *writer, GQueue *batch, GError **error)
{
  if (!hab_catalog_begin (writer->catalog, error))
    return FALSE;

  for (GList *l = batch->head; l; l = l->next) {
    if (!store (writer, l->data, error)) {
      hab_catalog_rollback (writer->catalog);
      return FALSE;
    }
  }

  return hab_catalog_commit (writer->catalog, error);
}

/* --- writer thread --------------------------------------------------- */

/* With the lock. */
static void
take_error (HabRecordWriter *writer, GError *error)
{
  if (writer->error)
    g_error_free (error);
  else
    writer->error = error;
  g_atomic_int_set (&writer->failed, TRUE);
}

/* With the lock. Everything that waits is one batch, so that the disk is
 * waited for once, however far it is behind. */
static void
take_batch (HabRecordWriter *writer, GQueue *batch)
{
  *batch = writer->queue;
  g_queue_init (&writer->queue);
}

/* Without the lock. */
static gboolean
write_batch (HabRecordWriter *writer, GQueue *batch, GError **error)
{
  if (writer->catalog)
    return store_batch (writer, batch, error);
  return write_lines (writer, batch, error);
}

static void
block_sigpipe (void)
{
  sigset_t set;

  /* A reader that went away is an error of write (), not the end of the
   * program, whose own handling of the signal stays as it is. */
  sigemptyset (&set);
  sigaddset (&set, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
}

static gpointer
run (gpointer data)
{
  HabRecordWriter *writer = data;

  block_sigpipe ();

  g_mutex_lock (&writer->lock);
  while (TRUE) {
    g_autoptr (GError) error = NULL;
    GQueue batch;
    gboolean failed;

    while (g_queue_is_empty (&writer->queue) && !writer->stop)
      g_cond_wait (&writer->changed, &writer->lock);
    if (g_queue_is_empty (&writer->queue))
      break;

    take_batch (writer, &batch);
    failed = writer->error != NULL;
    g_mutex_unlock (&writer->lock);
    if (!failed)
      failed = !write_batch (writer, &batch, &error);
    g_mutex_lock (&writer->lock);

    writer->n_done += batch.length;
    if (!failed)
      writer->n_written += batch.length;
    if (error)
      take_error (writer, g_steal_pointer (&error));
    g_cond_broadcast (&writer->changed);
    g_queue_clear_full (&batch, (GDestroyNotify) hab_record_free);
  }
  g_mutex_unlock (&writer->lock);

  return NULL;
}

/* --- other threads --------------------------------------------------- */

static HabRecordWriter *
writer_new (void)
{
  HabRecordWriter *writer = g_new0 (HabRecordWriter, 1);

  writer->fd = -1;
  writer->cancel_fd = -1;
  g_mutex_init (&writer->lock);
  g_cond_init (&writer->changed);
  g_queue_init (&writer->queue);

  return writer;
}

static gboolean
start_thread (HabRecordWriter *writer, GError **error)
{
  writer->cancel_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (writer->cancel_fd < 0) {
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno),
        g_strerror (errno));
    return FALSE;
  }

  writer->thread = g_thread_try_new ("catalogrecorder", run, writer, error);

  return writer->thread != NULL;
}

HabRecordWriter *
hab_record_writer_new_for_catalog (const gchar *path, gint64 input_id,
    gint64 package_id, GError **error)
{
  g_autoptr (HabRecordWriter) writer = writer_new ();

  writer->input_id = input_id;
  writer->package_id = package_id;
  /* Opened here, so that a wrong path is an error of the start. The thread
   * has it for itself afterwards. */
  writer->catalog = hab_catalog_open (path, error);
  if (!writer->catalog || !start_thread (writer, error))
    return NULL;

  return g_steal_pointer (&writer);
}

HabRecordWriter *
hab_record_writer_new_for_fd (gint fd, GError **error)
{
  g_autoptr (HabRecordWriter) writer = writer_new ();
  gint flags = fcntl (fd, F_GETFL);

  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
    set_write_error (EBADF, error);
    return NULL;
  }
  writer->fd = fd;
  if (!start_thread (writer, error))
    return NULL;

  return g_steal_pointer (&writer);
}

void
hab_record_writer_free (HabRecordWriter *writer)
{
  if (!writer)
    return;

  if (writer->thread) {
    g_mutex_lock (&writer->lock);
    writer->stop = TRUE;
    g_cond_broadcast (&writer->changed);
    g_mutex_unlock (&writer->lock);
    g_thread_join (writer->thread);
  }

  hab_catalog_close (writer->catalog);
  if (writer->cancel_fd >= 0)
    close (writer->cancel_fd);
  g_clear_error (&writer->error);
  g_cond_clear (&writer->changed);
  g_mutex_clear (&writer->lock);
  g_free (writer);
}

void
hab_record_writer_push (HabRecordWriter *writer, HabRecord *record)
{
  g_mutex_lock (&writer->lock);

  if (writer->n_pushed - writer->n_done >= HAB_RECORD_WRITER_LIMIT) {
    take_error (writer, g_error_new (G_IO_ERROR, G_IO_ERROR_BUSY,
        "records come faster than they can be stored"));
    hab_record_free (record);
  } else {
    g_queue_push_tail (&writer->queue, record);
    writer->n_pushed++;
    g_cond_broadcast (&writer->changed);
  }

  g_mutex_unlock (&writer->lock);
}

gboolean
hab_record_writer_has_failed (HabRecordWriter *writer)
{
  return g_atomic_int_get (&writer->failed);
}

GError *
hab_record_writer_dup_error (HabRecordWriter *writer)
{
  GError *error;

  g_mutex_lock (&writer->lock);
  error = writer->error ? g_error_copy (writer->error) : NULL;
  g_mutex_unlock (&writer->lock);

  return error;
}

gboolean
hab_record_writer_flush (HabRecordWriter *writer)
{
  gboolean done;

  g_mutex_lock (&writer->lock);
  while (
      writer->n_done < writer->n_pushed && !writer->error && !writer->cancelled)
    g_cond_wait (&writer->changed, &writer->lock);
  done = !writer->error && !writer->cancelled;
  g_mutex_unlock (&writer->lock);

  return done;
}

void
hab_record_writer_cancel (HabRecordWriter *writer)
{
  g_mutex_lock (&writer->lock);
  writer->cancelled = TRUE;
  g_cond_broadcast (&writer->changed);
  g_mutex_unlock (&writer->lock);

  eventfd_write (writer->cancel_fd, 1);
}

guint64
hab_record_writer_get_written (HabRecordWriter *writer)
{
  guint64 n;

  g_mutex_lock (&writer->lock);
  n = writer->n_written;
  g_mutex_unlock (&writer->lock);

  return n;
}
