/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MAX_AGE_US (60 * G_USEC_PER_SEC)
#define TIMEOUT_SECONDS 10

struct _HabProbe
{
  HabWorkers *workers;
  gint64 known_us; /* 0: never found out */
  GError *error;   /* of then */
  GSList *tasks;   /* of GTask: who waits for the child */
};

HabProbe *
hab_probe_new (HabWorkers *workers)
{
  HabProbe *self = g_new0 (HabProbe, 1);

  self->workers = workers;
  return self;
}

void
hab_probe_free (HabProbe *self)
{
  g_clear_error (&self->error);
  g_free (self);
}

static void
probe_return (HabProbe *self, GTask *task)
{
  if (self->error != NULL)
    g_task_return_error (task, g_error_copy (self->error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer data)
{
  HabProbe *self = data;
  GSList *tasks = g_steal_pointer (&self->tasks);

  g_clear_error (&self->error);
  hab_workers_run_finish (self->workers, result, &self->error);
  self->known_us = g_get_monotonic_time ();
  for (GSList *item = tasks; item != NULL; item = item->next)
    probe_return (self, item->data);
  g_slist_free_full (tasks, g_object_unref);
}

static void
probe_start (HabProbe *self, GCancellable *cancellable)
{
  static const gchar text[] = "{\"task\":\"probe\"}";
  g_autoptr (GBytes) job = g_bytes_new_static (text, strlen (text));
  HabWork work = {
    .job = job,
    .input_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC),
    .output_fd = -1,
    .timeout_seconds = TIMEOUT_SECONDS,
  };

  hab_workers_run_async (self->workers, &work, cancellable, on_run, self);
}

/* While children work nothing needs to be tried. */
static gboolean
probe_is_known (HabProbe *self)
{
  if (hab_workers_count_running (self->workers) > 0 && self->tasks == NULL) {
    g_clear_error (&self->error);
    return TRUE;
  }
  return self->known_us > 0 &&
      g_get_monotonic_time () - self->known_us < MAX_AGE_US;
}

void
hab_probe_run_async (HabProbe *self, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  if (self->tasks == NULL && probe_is_known (self)) {
    probe_return (self, task);
    g_object_unref (task);
    return;
  }
  self->tasks = g_slist_prepend (self->tasks, task);
  if (self->tasks->next == NULL)
    probe_start (self, cancellable);
}

gboolean
hab_probe_run_finish (HabProbe *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
