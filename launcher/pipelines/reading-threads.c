/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "reading-threads.h"

/* What becomes of the threads that read. */
typedef struct
{
  guint n_tasks, n_paused;
} Tasks;

static gboolean
count_task (GstElement *element, GstPad *pad, gpointer data)
{
  Tasks *tasks = data;

  GST_OBJECT_LOCK (pad);
  if (GST_PAD_TASK (pad)) {
    tasks->n_tasks++;
    if (gst_task_get_state (GST_PAD_TASK (pad)) != GST_TASK_STARTED)
      tasks->n_paused++;
  }
  GST_OBJECT_UNLOCK (pad);
  return TRUE;
}

static void
count_tasks (const GValue *value, gpointer data)
{
  gst_element_foreach_sink_pad (g_value_get_object (value), count_task, data);
}

gboolean
hab_reading_threads_have_stopped (GstBin *bin)
{
  GstIterator *elements = gst_bin_iterate_elements (bin);
  Tasks tasks = { 0 };

  while (gst_iterator_foreach (elements, count_tasks, &tasks) ==
      GST_ITERATOR_RESYNC) {
    gst_iterator_resync (elements);
    tasks = (Tasks) { 0 };
  }
  gst_iterator_free (elements);
  return tasks.n_tasks > 0 && tasks.n_paused == tasks.n_tasks;
}
