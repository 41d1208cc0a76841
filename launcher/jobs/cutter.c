/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cutter.h"

#include <fcntl.h>
#include <unistd.h>

#include "input-files.h"
#include "picture-maker.h"

struct _HabCutter
{
  const HabJobsContext *context;
  HabPictureMaker *pictures;
  GHashTable *cuts; /* name in the cache -> Cut, not owned */
};

/* A file that is being made. */
typedef struct
{
  HabCutter *cutter;
  gchar *name;    /* in the cache, when it is whole */
  gchar *draft;   /* in work/, until then */
  GSList *waiters; /* of Waiter */
  gchar *request_id; /* of the first of them, or NULL */
  GBytes *job;    /* what is done once the input, or the GOP, is open */
  GCancellable *cancellable; /* of what is being done for it */
  gboolean withdrawn; /* nobody finds it any more */

  /* of a picture */
  gchar *storage;
  GArray *gops;   /* of HabGop: candidates */
  guint next;     /* of gops */
  guint max_width;
} Cut;

/* Somebody who asked for it and has not left. */
typedef struct
{
  Cut *cut;
  GTask *task;
  gulong left_id; /* 0 where they cannot leave */
} Waiter;

HabCutter *
hab_cutter_new (const HabJobsContext *context)
{
  HabCutter *self = g_new0 (HabCutter, 1);

  self->context = context;
  self->pictures = hab_picture_maker_new (context);
  self->cuts = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
hab_cutter_free (HabCutter *self)
{
  hab_picture_maker_free (self->pictures);
  g_hash_table_unref (self->cuts);
  g_free (self);
}

/* --- who waits --------------------------------------------------------- */

static void
waiter_free (Waiter *self)
{
  if (self->left_id != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (self->task),
        self->left_id);
  g_object_unref (self->task);
  g_free (self);
}

/* Whoever asks for the same from now on has it made anew. */
static void
cut_withdraw (Cut *self)
{
  g_hash_table_remove (self->cutter->cuts, self->name);
  self->withdrawn = TRUE;
}

static void
cut_give_up (Cut *self)
{
  cut_withdraw (self);
  hab_cache_give_up (self->cutter->context->cache, self->name);
}

/* It may be gone afterwards. */
static void
cut_cancel (Cut *self)
{
  cut_give_up (self);
  g_cancellable_cancel (self->cancellable);
}

static void
on_waiter_left (GCancellable *cancellable, gpointer data)
{
  Waiter *self = data;
  Cut *cut = self->cut;
  g_autoptr (GTask) task = g_object_ref (self->task);

  cut->waiters = g_slist_remove (cut->waiters, self);
  waiter_free (self);
  if (cut->waiters == NULL && !cut->withdrawn)
    cut_cancel (cut);
  g_task_return_error (task, hab_worker_new_cancelled ());
}

static void
cut_add_waiter (Cut *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->cut = self;
  waiter->task = g_object_ref (task);
  if (cancellable != NULL)
    waiter->left_id = g_signal_connect (cancellable, "cancelled",
        G_CALLBACK (on_waiter_left), waiter);
  self->waiters = g_slist_prepend (self->waiters, waiter);
}

/* (transfer full): its task. */
static GTask *
cut_steal_task (Cut *self)
{
  Waiter *waiter = self->waiters->data;
  GTask *task = g_object_ref (waiter->task);

  self->waiters = g_slist_delete_link (self->waiters, self->waiters);
  waiter_free (waiter);
  return task;
}

/* --- the end ----------------------------------------------------------- */

static void
cut_free (Cut *self)
{
  g_clear_pointer (&self->gops, g_array_unref);
  g_clear_pointer (&self->job, g_bytes_unref);
  g_object_unref (self->cancellable);
  g_free (self->storage);
  g_free (self->name);
  g_free (self->draft);
  g_free (self->request_id);
  g_free (self);
}

/* Whoever waits has the file, even where it is not kept. The descriptors are
 * their own: each has its position. Takes task. */
static void
cut_return_draft (Cut *self, GTask *task)
{
  GError *error = NULL;
  int fd = hab_data_dir_open_file (self->cutter->context->dir, HAB_FOLDER_WORK,
      self->draft, O_RDONLY, &error);

  if (fd >= 0)
    g_task_return_int (task, fd);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

/* error: none where nobody waits. */
static void
cut_fail (Cut *self, const GError *error)
{
  if (!self->withdrawn)
    cut_give_up (self);
  hab_data_dir_remove (self->cutter->context->dir, HAB_FOLDER_WORK,
      self->draft);
  while (self->waiters != NULL) {
    g_autoptr (GTask) task = cut_steal_task (self);

    g_task_return_error (task, g_error_copy (error));
  }
  cut_free (self);
}

/* The draft is whole. */
static void
cut_keep (Cut *self)
{
  g_autoptr (GError) error = NULL;

  if (self->withdrawn) {
    cut_fail (self, NULL);
    return;
  }
  cut_withdraw (self);
  while (self->waiters != NULL)
    cut_return_draft (self, cut_steal_task (self));
  if (!hab_cache_keep (self->cutter->context->cache, self->name, self->draft,
          &error))
    g_warning ("What was cut cannot be kept: %s", error->message);
  cut_free (self);
}

/* --- cutting ---------------------------------------------------------- */

static void
on_cut (GObject *source, GAsyncResult *result, gpointer data)
{
  Cut *self = data;
  g_autoptr (GError) error = NULL;

  if (hab_workers_run_finish (self->cutter->context->readers, result, &error))
    cut_keep (self);
  else
    cut_fail (self, error);
}

/* Of the child that writes the draft. Takes job and input_fd, -1 for an error
 * that is set. */
static void
cut_run (Cut *self, GBytes *job, int input_fd, GError *error)
{
  HabCutter *cutter = self->cutter;
  g_autoptr (GBytes) job_to_free = job;
  HabWork work = {
    .job = job,
    .input_fd = input_fd,
    .output_fd = -1,
    .request_id = self->request_id,
    .timeout_seconds = cutter->context->settings->stall_timeout,
  };

  if (input_fd >= 0)
    work.output_fd = hab_data_dir_open_file (cutter->context->dir,
        HAB_FOLDER_WORK, self->draft, O_RDWR | O_CREAT | O_EXCL, &error);
  if (work.output_fd < 0) {
    if (input_fd >= 0)
      close (input_fd);
    cut_fail (self, error);
    g_clear_error (&error);
    return;
  }
  hab_workers_run_async (cutter->context->readers, &work, self->cancellable,
      on_cut, self);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  Cut *self = data;
  GError *error = NULL;
  int fd = hab_input_files_open_finish (result, &error);

  cut_run (self, g_steal_pointer (&self->job), fd, error);
}

/* On the input itself. Takes job. */
static void
cut_start (Cut *self, const gchar *storage, GBytes *job)
{
  self->job = job;
  hab_input_files_open_async (self->cutter->context->files, storage,
      on_opened, self);
}

/* --- what is made of a GOP as a file ----------------------------------- */

static void
on_source_cut (GObject *source, GAsyncResult *result, gpointer data)
{
  Cut *self = data;
  GError *error = NULL;
  int fd = hab_cutter_get_finish (self->cutter, result, &error);

  cut_run (self, g_steal_pointer (&self->job), fd, error);
}

/* Takes job. */
static void
cut_start_behind (Cut *self, const gchar *storage, const HabCutRange *range,
    GBytes *job)
{
  self->job = job;
  hab_cutter_get_async (self->cutter, storage, range, self->request_id,
      self->cancellable, on_source_cut, self);
}

/* --- pictures ---------------------------------------------------------- */

static void picture_try_next (Cut *self);

static void
on_picture (gboolean dark, const GError *error, gpointer data)
{
  Cut *self = data;

  if (error != NULL)
    cut_fail (self, error);
  else if (dark && self->next < self->gops->len)
    picture_try_next (self);
  else
    cut_keep (self);
}

/* input_fd: of an MP4, taken; -1 for the input itself. Takes frames. */
static void
picture_order (Cut *self, int input_fd, GArray *frames)
{
  const HabPictureOrder order = {
    .storage = input_fd < 0 ? self->storage : NULL,
    .input_fd = input_fd,
    .frames = frames,
    .max_width = self->max_width,
    .draft = self->draft,
    .cancellable = self->cancellable,
    .func = on_picture,
    .data = self,
  };

  hab_picture_maker_make (self->cutter->pictures, &order);
  g_array_unref (frames);
}

static void
on_picture_cut (GObject *source, GAsyncResult *result, gpointer data)
{
  Cut *self = data;
  g_autoptr (GError) error = NULL;
  int fd = hab_cutter_get_finish (self->cutter, result, &error);
  const guint64 first = 0;

  if (fd >= 0)
    picture_order (self, fd, g_array_append_val (
        g_array_new (FALSE, FALSE, sizeof first), first));
  else
    cut_fail (self, error);
}

/* Of a GOP as a file. */
static void
picture_try_next (Cut *self)
{
  const HabGop *gop = &g_array_index (self->gops, HabGop, self->next++);
  const HabCutRange range = { gop->index, gop->index, NULL };

  hab_cutter_get_async (self->cutter, self->storage, &range, self->request_id,
      self->cancellable, on_picture_cut, self);
}

/* Of the input itself, of which nothing but the frames is read. */
static void
picture_start (Cut *self)
{
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < self->gops->len; i++)
    g_array_append_val (frames,
        g_array_index (self->gops, HabGop, i).first_frame);
  self->next = self->gops->len;
  picture_order (self, -1, frames);
}

/* --- asking ------------------------------------------------------------ */

static Cut *
cut_new (HabCutter *self, const gchar *name)
{
  GCancellable *stop = self->context->cancellable;
  Cut *cut = g_new0 (Cut, 1);

  hab_cache_begin (self->context->cache, name);
  cut->cutter = self;
  cut->name = g_strdup (name);
  cut->draft = hab_data_dir_make_name ();
  cut->cancellable = g_cancellable_new ();
  g_signal_connect_object (stop, "cancelled",
      G_CALLBACK (g_cancellable_cancel), cut->cancellable, G_CONNECT_SWAPPED);
  if (g_cancellable_is_cancelled (stop))
    g_cancellable_cancel (cut->cancellable);
  g_hash_table_insert (self->cuts, cut->name, cut);
  return cut;
}

/* Whether there is nothing to wait for. */
static gboolean
cutter_answer (HabCutter *self, const gchar *name, GTask *task)
{
  int fd = -1;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    g_task_return_error (task, hab_worker_new_cancelled ());
  else if (!g_hash_table_contains (self->cuts, name) &&
      (fd = hab_cache_open (self->context->cache, name)) >= 0)
    g_task_return_int (task, fd);
  else
    return FALSE;
  return TRUE;
}

/* (nullable): what has to be made now for task. It is not where it is there,
 * or being made already; then task is looked after. Takes name and task. */
static Cut *
cutter_ask (HabCutter *self, gchar *name, const gchar *request_id,
    GTask *task)
{
  g_autofree gchar *name_to_free = name;
  g_autoptr (GTask) task_to_free = task;
  Cut *cut = g_hash_table_lookup (self->cuts, name);

  if (cutter_answer (self, name, task))
    return NULL;
  if (cut != NULL) {
    hab_cache_share (self->context->cache);
    cut_add_waiter (cut, task);
    return NULL;
  }
  cut = cut_new (self, name);
  cut->request_id = g_strdup (request_id);
  cut_add_waiter (cut, task);
  return cut;
}

/* That somebody has left is seen here, and their descriptor is not lost. */
static GTask *
new_task (GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_check_cancellable (task, FALSE);
  return task;
}

void
hab_cutter_get_async (HabCutter *self, const gchar *storage,
    const HabCutRange *range, const gchar *request_id,
    GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  Cut *cut = cutter_ask (self, hab_cut_task_name_cut (storage, range),
      request_id, new_task (cancellable, callback, user_data));

  if (cut != NULL)
    cut_start (cut, storage, hab_cut_task_describe_cut (range));
}

void
hab_cutter_get_filtered_async (HabCutter *self, const gchar *storage,
    const HabCutRange *range, const HabFilterChain *chain,
    const gchar *request_id, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_auto (GStrv) pairs = hab_filter_chain_to_pairs (chain);
  Cut *cut = cutter_ask (self,
      hab_cut_task_name_filtered (storage, range, pairs), request_id,
      new_task (cancellable, callback, user_data));

  if (cut != NULL)
    cut_start_behind (cut, storage, range,
        hab_cut_task_describe_filter (self->context->settings, pairs));
}

void
hab_cutter_get_frames_async (HabCutter *self, const gchar *storage,
    const HabGop *gop, const gchar *request_id, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  const HabCutRange range = { gop->index, gop->index, NULL };
  gboolean in_table = gop->first_byte >= 0;
  Cut *cut = cutter_ask (self, hab_cut_task_name_frames (storage, gop->index),
      request_id, new_task (cancellable, callback, user_data));

  if (cut == NULL)
    return;
  if (in_table)
    cut_start (cut, storage, hab_cut_task_describe_frames (gop, FALSE));
  else
    cut_start_behind (cut, storage, &range,
        hab_cut_task_describe_frames (gop, TRUE));
}

static void
cut_start_picture (Cut *self, const gchar *storage, GArray *gops,
    guint max_width)
{
  self->storage = g_strdup (storage);
  self->gops = g_array_ref (gops);
  self->max_width = max_width;
  if (g_array_index (gops, HabGop, 0).first_byte >= 0)
    picture_start (self);
  else
    picture_try_next (self);
}

void
hab_cutter_get_picture_async (HabCutter *self, const gchar *storage,
    GArray *gops, guint max_width, const gchar *request_id,
    GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  Cut *cut = cutter_ask (self,
      hab_cut_task_name_picture (storage,
          g_array_index (gops, HabGop, 0).index, gops->len, max_width),
      request_id, new_task (cancellable, callback, user_data));

  if (cut != NULL)
    cut_start_picture (cut, storage, gops, max_width);
}

static gboolean
is_known (HabCutter *self, const gchar *name)
{
  return g_hash_table_contains (self->cuts, name) ||
      hab_cache_has (self->context->cache, name);
}

static void
expect_picture (HabCutter *self, const gchar *storage, const HabGop *gop,
    guint max_width)
{
  g_autoptr (GArray) gops = g_array_new (FALSE, FALSE, sizeof *gop);
  g_autofree gchar *name =
      hab_cut_task_name_picture (storage, gop->index, 1, max_width);

  if (is_known (self, name))
    return;
  g_array_append_val (gops, *gop);
  cut_start_picture (cut_new (self, name), storage, gops, max_width);
}

void
hab_cutter_expect_pictures (HabCutter *self, const gchar *storage,
    GArray *gops, guint max_width)
{
  const HabGop *first = &g_array_index (gops, HabGop, 0);
  g_autofree gchar *before = NULL;

  if (first->index < 2 || first->first_byte < 0)
    return;
  before = hab_cut_task_name_picture (storage, first->index - 2, 1, max_width);
  if (!is_known (self, before))
    return;
  for (guint i = 0; i < gops->len; i++)
    expect_picture (self, storage, &g_array_index (gops, HabGop, i),
        max_width);
}

int
hab_cutter_get_finish (HabCutter *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
