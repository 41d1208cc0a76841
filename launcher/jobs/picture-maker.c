/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "picture-maker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input-files.h"
#include "json-build.h"
#include "media-failure.h"
#include "json-read.h"

/* As many as are made in the time in which a child starts, about; more would keep
 * those waiting who come behind. */
#define MAX_BATCH 16
/* The service's others read, too. */
#define MAX_CHILDREN 2
/* Of one video, for which another child is begun beside the one that runs: fewer
 * are made sooner by that. */
#define ENOUGH (MAX_BATCH / 2)

/* Of 255: hardly more than black. */
#define DARK 10

typedef struct _Batch Batch;

typedef struct
{
  HabPictureMaker *maker;
  HabPictureOrder order; /* strings, frames and cancellable are its own */
  gboolean alone;        /* those made with it came to an end without one */
  Batch *batch;          /* that makes it, or NULL */
  gulong cancelled_id;
} Item;

struct _HabPictureMaker
{
  const HabJobsContext *context;
  GQueue waiting; /* of Item */
  guint n_children;
  gchar *last;    /* storage of the batch that was begun last, or NULL */
};

/* Of one video, made by one child. */
struct _Batch
{
  HabPictureMaker *maker;
  gchar *folder;    /* in work/ */
  GPtrArray *items; /* of Item; NULL where it is done with */
  GCancellable *cancellable; /* of the child */
};

HabPictureMaker *
hab_picture_maker_new (const HabJobsContext *context)
{
  HabPictureMaker *self = g_new0 (HabPictureMaker, 1);

  self->context = context;
  g_queue_init (&self->waiting);
  return self;
}

void
hab_picture_maker_free (HabPictureMaker *self)
{
  g_warn_if_fail (g_queue_is_empty (&self->waiting) && self->n_children == 0);
  g_free (self->last);
  g_free (self);
}

/* --- items ------------------------------------------------------------- */

static void
item_free (Item *self)
{
  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (self->order.cancellable, self->cancelled_id);
  if (self->order.storage == NULL && self->order.input_fd >= 0)
    close (self->order.input_fd);
  g_free ((gchar *) self->order.storage);
  g_free ((gchar *) self->order.draft);
  g_array_unref (self->order.frames);
  g_object_unref (self->order.cancellable);
  g_free (self);
}

static void
item_end (Item *self, gboolean dark, const GError *error)
{
  self->order.func (dark, error, self->order.data);
  item_free (self);
}

static void batch_give_up (Batch *self, Item *item);

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  Item *self = data;
  g_autoptr (GError) error = hab_worker_new_cancelled ();

  if (self->batch != NULL)
    batch_give_up (self->batch, self);
  else
    g_queue_remove (&self->maker->waiting, self);
  item_end (self, FALSE, error);
}

static Item *
item_new (HabPictureMaker *maker, const HabPictureOrder *order)
{
  Item *self = g_new0 (Item, 1);

  self->maker = maker;
  self->order = *order;
  self->order.storage = g_strdup (order->storage);
  self->order.draft = g_strdup (order->draft);
  self->order.frames = g_array_ref (order->frames);
  g_object_ref (order->cancellable);
  self->cancelled_id = g_signal_connect (order->cancellable, "cancelled",
      G_CALLBACK (on_cancelled), self);
  return self;
}

static gboolean
item_fits (const Item *self, const Item *first)
{
  return self == first ||
      (!self->alone && !first->alone &&
          g_strcmp0 (self->order.storage, first->order.storage) == 0 &&
          self->order.storage != NULL &&
          self->order.max_width == first->order.max_width);
}

/* --- the job ----------------------------------------------------------- */

static void
add_frames (JsonBuilder *builder, const GArray *frames)
{
  json_builder_begin_array (builder);
  for (guint i = 0; i < frames->len; i++)
    json_builder_add_int_value (builder, g_array_index (frames, guint64, i));
  json_builder_end_array (builder);
}

static GBytes *
describe (const Batch *self)
{
  const Item *first = g_ptr_array_index (self->items, 0);
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "task", "pictures");
  hab_json_add_int (builder, "max_width", first->order.max_width);
  hab_json_add_int (builder, "dark", DARK);
  json_builder_set_member_name (builder, "pictures");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->items->len; i++)
    add_frames (builder,
        ((const Item *) g_ptr_array_index (self->items, i))->order.frames);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return hab_worker_job_new (builder);
}

/* --- batches ----------------------------------------------------------- */

static void maker_start (HabPictureMaker *self);

static Batch *
batch_new (HabPictureMaker *maker)
{
  Batch *self = g_new0 (Batch, 1);
  const Item *first = g_queue_peek_head (&maker->waiting);
  GList *next;

  self->maker = maker;
  self->folder = hab_data_dir_make_name ();
  self->items = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
  for (GList *item = maker->waiting.head;
       item != NULL && self->items->len < MAX_BATCH; item = next) {
    next = item->next;
    if (!item_fits (item->data, first))
      continue;
    ((Item *) item->data)->batch = self;
    g_ptr_array_add (self->items, item->data);
    g_queue_delete_link (&maker->waiting, item);
  }
  return self;
}

static void
batch_free (Batch *self)
{
  hab_data_dir_remove (self->maker->context->dir, HAB_FOLDER_WORK,
      self->folder);
  g_ptr_array_unref (self->items);
  g_object_unref (self->cancellable);
  g_free (self->folder);
  g_free (self);
}

/* (nullable): no longer the batch's. */
static Item *
batch_steal (Batch *self, guint i)
{
  Item *item = i < self->items->len ? g_ptr_array_index (self->items, i) : NULL;

  if (item != NULL) {
    self->items->pdata[i] = NULL;
    item->batch = NULL;
  }
  return item;
}

static gboolean
batch_is_over (const Batch *self)
{
  for (guint i = 0; i < self->items->len; i++)
    if (g_ptr_array_index (self->items, i) != NULL)
      return FALSE;
  return TRUE;
}

/* Nobody waits for item, which is the caller's now. */
static void
batch_give_up (Batch *self, Item *item)
{
  guint i;

  if (g_ptr_array_find (self->items, item, &i))
    batch_steal (self, i);
  if (batch_is_over (self))
    g_cancellable_cancel (self->cancellable);
}

static gboolean
batch_move (Batch *self, guint i, const gchar *draft, GError **error)
{
  int work_fd =
      hab_data_dir_get_fd (self->maker->context->dir, HAB_FOLDER_WORK);
  g_autofree gchar *name = g_strdup_printf ("%s/%u.jpg", self->folder, i);

  if (renameat (work_fd, name, work_fd, draft) == 0)
    return TRUE;
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
      "a picture that was made is not there: %s", g_strerror (errno));
  return FALSE;
}

static void
batch_take_picture (Batch *self, JsonObject *record)
{
  guint i = hab_json_read_int (record, "picture", -1);
  Item *item = batch_steal (self, i);
  g_autoptr (GError) error = NULL;

  if (item == NULL)
    return;
  batch_move (self, i, item->order.draft, &error);
  item_end (item, hab_json_read_int (record, "brightness", 0) < DARK, error);
}

static void
batch_take_failure (Batch *self, JsonObject *record)
{
  Item *item = batch_steal (self, hab_json_read_int (record, "picture", -1));
  const gchar *detail = hab_json_read_text (record, "detail");
  g_autoptr (GError) error = g_error_new_literal (HAB_MEDIA_ERROR,
      hab_media_failure_from_word (hab_json_read_text (record, "cause")),
      detail != NULL ? detail : "no picture could be made");

  if (item != NULL)
    item_end (item, FALSE, error);
}

static void
on_record (JsonObject *record, gpointer data)
{
  const gchar *kind = hab_json_read_text (record, "record");

  if (g_strcmp0 (kind, "picture") == 0)
    batch_take_picture (data, record);
  else if (g_strcmp0 (kind, "no-picture") == 0)
    batch_take_failure (data, record);
}

/* One of them may have made the child crash: each is tried by itself. */
static gboolean
may_try_alone (const Batch *self, const GError *error)
{
  return self->items->len > 1 &&
      (g_error_matches (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_CRASHED) ||
          g_error_matches (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_LIMIT) ||
          g_error_matches (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_TIMED_OUT));
}

static void
batch_end (Batch *self, const GError *error)
{
  HabPictureMaker *maker = self->maker;
  gboolean again = may_try_alone (self, error);

  for (guint i = self->items->len; i > 0; i--) {
    Item *item = batch_steal (self, i - 1);

    if (item == NULL)
      continue;
    item->alone = TRUE;
    if (again)
      g_queue_push_head (&maker->waiting, item);
    else
      item_end (item, FALSE, error);
  }
  batch_free (self);
  maker->n_children--;
  maker_start (maker);
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer data)
{
  Batch *self = data;
  g_autoptr (GError) error = NULL;

  /* A child that leaves one out is as good as one that crashed. */
  if (hab_workers_run_finish (self->maker->context->readers, result, &error))
    g_set_error_literal (&error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_CRASHED,
        "no picture was made");
  batch_end (self, error);
}

/* --- starting ---------------------------------------------------------- */

static int
batch_open_folder (Batch *self, GError **error)
{
  HabDataDir *dir = self->maker->context->dir;

  if (mkdirat (hab_data_dir_get_fd (dir, HAB_FOLDER_WORK), self->folder,
          0700) < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "no folder can be made: %s", g_strerror (errno));
    return -1;
  }
  return hab_data_dir_open_file (dir, HAB_FOLDER_WORK, self->folder,
      O_RDONLY | O_DIRECTORY, error);
}

static int
item_take_fd (Item *item)
{
  int fd = item->order.input_fd;

  item->order.input_fd = -1;
  return fd;
}

/* Those that were given up since then have no number. */
static void
batch_number (Batch *self)
{
  while (g_ptr_array_remove (self->items, NULL))
    continue;
}

/* With items that are numbered. Takes input_fd. */
static void
batch_run (Batch *self, int input_fd)
{
  const HabJobsContext *context = self->maker->context;
  g_autoptr (GBytes) job = describe (self);
  g_autoptr (GError) error = NULL;
  HabWork work = {
    .job = job,
    .input_fd = input_fd,
    .output_fd = batch_open_folder (self, &error),
    .timeout_seconds = context->settings->stall_timeout,
    .record = on_record,
    .data = self,
  };

  if (work.output_fd >= 0) {
    hab_workers_run_async (context->readers, &work, self->cancellable, on_made,
        self);
    return;
  }
  close (input_fd);
  batch_end (self, error);
}

static gboolean
may_start (HabPictureMaker *self)
{
  const Item *first = g_queue_peek_head (&self->waiting);

  if (first == NULL || self->n_children >= MAX_CHILDREN)
    return FALSE;
  return self->n_children == 0 ||
      g_queue_get_length (&self->waiting) >= ENOUGH ||
      g_strcmp0 (first->order.storage, self->last) != 0;
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  Batch *self = data;
  g_autoptr (GError) error = NULL;
  int fd = hab_input_files_open_finish (result, &error);

  batch_number (self);
  if (fd >= 0 && self->items->len > 0)
    batch_run (self, fd);
  else {
    if (fd >= 0)
      close (fd);
    batch_end (self, error);
  }
}

static void
batch_start (Batch *self)
{
  Item *first = g_ptr_array_index (self->items, 0);

  if (first->order.storage != NULL)
    hab_input_files_open_async (self->maker->context->files,
        first->order.storage, on_opened, self);
  else
    batch_run (self, item_take_fd (first));
}

static void
maker_start (HabPictureMaker *self)
{
  while (may_start (self)) {
    const Item *first = g_queue_peek_head (&self->waiting);

    g_free (self->last);
    self->last = g_strdup (first->order.storage);
    self->n_children++;
    batch_start (batch_new (self));
  }
}

void
hab_picture_maker_make (HabPictureMaker *self, const HabPictureOrder *order)
{
  Item *item = item_new (self, order);

  if (g_cancellable_is_cancelled (order->cancellable)) {
    g_autoptr (GError) error = hab_worker_new_cancelled ();

    item_end (item, FALSE, error);
    return;
  }
  g_queue_push_tail (&self->waiting, item);
  maker_start (self);
}
