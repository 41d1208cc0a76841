/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cutter.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "input-files.h"
#include "json-build.h"
#include "picture-maker.h"

#define CUT_TIMEOUT_SECONDS 300

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
  GSList *tasks;  /* of GTask: who waits for it */
  gchar *request_id; /* of the first of them, or NULL */
  GBytes *job;    /* what is done once the input, or the GOP, is open */

  /* of a picture */
  gchar *storage;
  GArray *gops;   /* of HabGop: candidates */
  guint next;     /* of gops */
  guint max_width;
} Cut;

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

/* --- the end ----------------------------------------------------------- */

static void
cut_free (Cut *self)
{
  g_slist_free_full (self->tasks, g_object_unref);
  g_clear_pointer (&self->gops, g_array_unref);
  g_clear_pointer (&self->job, g_bytes_unref);
  g_free (self->storage);
  g_free (self->name);
  g_free (self->draft);
  g_free (self->request_id);
  g_free (self);
}

static void
return_failure (gpointer task, gpointer error)
{
  g_task_return_error (task, g_error_copy (error));
}

/* Whoever waits has the file, even where it is not kept. The descriptors are
 * their own: each has its position. */
static void
return_draft (gpointer task, gpointer data)
{
  Cut *self = data;
  GError *error = NULL;
  int fd = hab_data_dir_open_file (self->cutter->context->dir, HAB_FOLDER_WORK,
      self->draft, O_RDONLY, &error);

  if (fd >= 0)
    g_task_return_int (task, fd);
  else
    g_task_return_error (task, error);
}

static void
cut_fail (Cut *self, const GError *error)
{
  const HabJobsContext *context = self->cutter->context;

  g_hash_table_remove (self->cutter->cuts, self->name);
  hab_cache_give_up (context->cache, self->name);
  hab_data_dir_remove (context->dir, HAB_FOLDER_WORK, self->draft);
  g_slist_foreach (self->tasks, return_failure, (gpointer) error);
  cut_free (self);
}

/* The draft is whole. */
static void
cut_keep (Cut *self)
{
  g_autoptr (GError) error = NULL;

  g_hash_table_remove (self->cutter->cuts, self->name);
  g_slist_foreach (self->tasks, return_draft, self);
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

/* What a table of samples that was read before said. */
static void
append_frames (GString *text, const GArray *gops)
{
  const HabGop *last = &g_array_index (gops, HabGop, gops->len - 1);

  for (guint i = 0; i < gops->len; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT,
        i == 0 ? ",\"starts\":[" : ",",
        g_array_index (gops, HabGop, i).first_frame);
  g_string_append_printf (text, "],\"end\":%" G_GUINT64_FORMAT,
      last->first_frame + last->frames);
}

static GBytes *
describe_cut (const HabCutRange *range)
{
  GString *text = g_string_new (NULL);
  const GArray *gops = range->gops;

  g_string_printf (text, "{\"task\":\"cut\",\"first\":%" G_GUINT64_FORMAT
      ",\"last\":%" G_GUINT64_FORMAT, range->first, range->last);
  if (gops != NULL && gops->len == range->last - range->first + 1 &&
      g_array_index (gops, HabGop, 0).first_byte >= 0)
    append_frames (text, gops);
  g_string_append_c (text, '}');
  return g_string_free_to_bytes (text);
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
    .timeout_seconds = CUT_TIMEOUT_SECONDS,
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
  hab_workers_run_async (cutter->context->readers, &work,
      cutter->context->cancellable, on_cut, self);
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
      on_source_cut, self);
}

/* --- frames ------------------------------------------------------------ */

/* cut: of the GOP as a file of its own. */
static GBytes *
describe_frames (const HabGop *gop, gboolean cut)
{
  gchar *text = g_strdup_printf ("{\"task\":\"frames\",\"cut\":%s,"
      "\"first\":%" G_GUINT64_FORMAT ",\"number\":%" G_GUINT64_FORMAT
      ",\"count\":%" G_GUINT64_FORMAT ",\"pts_ns\":%" G_GINT64_FORMAT "}",
      cut ? "true" : "false", cut ? 0 : gop->first_frame, gop->first_frame,
      gop->frames, gop->pts_ns == G_MININT64 ? 0 : gop->pts_ns);

  return g_bytes_new_take (text, strlen (text));
}

/* --- filters ----------------------------------------------------------- */

static GBytes *
describe_filter (HabCutter *self, gchar **pairs)
{
  const HabSettings *settings = self->context->settings;
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "task", "filter");
  json_builder_set_member_name (builder, "filters");
  json_builder_begin_array (builder);
  for (; *pairs != NULL; pairs++)
    json_builder_add_string_value (builder, *pairs);
  json_builder_end_array (builder);
  if (settings->encoder != NULL)
    hab_json_add_text (builder, "encoder", settings->encoder);
  hab_json_add_int (builder, "threads",
      MAX (g_get_num_processors () / settings->jobs, 1));
  json_builder_end_object (builder);
  return hab_worker_job_new (builder);
}

/* The same for all chains that do the same; as long for one filter as for
 * many. */
static gchar *
name_filtered (const gchar *storage, const HabCutRange *range, gchar **pairs)
{
  g_autofree gchar *text = g_strjoinv ("&", pairs);
  g_autofree gchar *digest =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autofree gchar *what = NULL;

  what = g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
      "-%.32s.mp4", range->first, range->last, digest);
  return hab_cache_make_name (storage, what);
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
      on_picture_cut, self);
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

/* Takes name. */
static Cut *
cut_new (HabCutter *self, gchar *name)
{
  Cut *cut = g_new0 (Cut, 1);

  hab_cache_begin (self->context->cache, name);
  cut->cutter = self;
  cut->name = name;
  cut->draft = hab_data_dir_make_name ();
  g_hash_table_insert (self->cuts, cut->name, cut);
  return cut;
}

/* (nullable): what has to be made now for task. It is not where it is there,
 * or being made already; then task is looked after. Takes name and task. */
static Cut *
cutter_ask (HabCutter *self, gchar *name, const gchar *request_id,
    GTask *task)
{
  HabCache *cache = self->context->cache;
  Cut *cut = g_hash_table_lookup (self->cuts, name);
  int fd = cut == NULL ? hab_cache_open (cache, name) : -1;

  if (cut != NULL) {
    hab_cache_share (cache);
    cut->tasks = g_slist_prepend (cut->tasks, task);
    g_free (name);
    return NULL;
  }
  if (fd >= 0) {
    g_task_return_int (task, fd);
    g_object_unref (task);
    g_free (name);
    return NULL;
  }
  cut = cut_new (self, name);
  cut->request_id = g_strdup (request_id);
  cut->tasks = g_slist_prepend (NULL, task);
  return cut;
}

void
hab_cutter_get_async (HabCutter *self, const gchar *storage,
    const HabCutRange *range, const gchar *request_id,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree gchar *what = g_strdup_printf ("%" G_GUINT64_FORMAT "-%"
      G_GUINT64_FORMAT ".mp4", range->first, range->last);
  Cut *cut = cutter_ask (self, hab_cache_make_name (storage, what), request_id,
      g_task_new (NULL, NULL, callback, user_data));

  if (cut != NULL)
    cut_start (cut, storage, describe_cut (range));
}

void
hab_cutter_get_filtered_async (HabCutter *self, const gchar *storage,
    const HabCutRange *range, const HabFilterChain *chain,
    const gchar *request_id, GAsyncReadyCallback callback, gpointer user_data)
{
  g_auto (GStrv) pairs = hab_filter_chain_to_pairs (chain);
  Cut *cut = cutter_ask (self, name_filtered (storage, range, pairs),
      request_id, g_task_new (NULL, NULL, callback, user_data));

  if (cut != NULL)
    cut_start_behind (cut, storage, range, describe_filter (self, pairs));
}

void
hab_cutter_get_frames_async (HabCutter *self, const gchar *storage,
    const HabGop *gop, const gchar *request_id, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autofree gchar *what =
      g_strdup_printf ("%" G_GUINT64_FORMAT "-frames.json", gop->index);
  const HabCutRange range = { gop->index, gop->index, NULL };
  Cut *cut = cutter_ask (self, hab_cache_make_name (storage, what), request_id,
      g_task_new (NULL, NULL, callback, user_data));

  if (cut == NULL)
    return;
  if (gop->first_byte >= 0)
    cut_start (cut, storage, describe_frames (gop, FALSE));
  else
    cut_start_behind (cut, storage, &range, describe_frames (gop, TRUE));
}

/* Named by the first and the number of its candidates. */
static gchar *
name_picture (const gchar *storage, guint64 gop, guint n, guint max_width)
{
  g_autofree gchar *what = g_strdup_printf ("%" G_GUINT64_FORMAT
      "-of-%u-%u.jpg", gop, n, max_width);

  return hab_cache_make_name (storage, what);
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
    GAsyncReadyCallback callback, gpointer user_data)
{
  Cut *cut = cutter_ask (self,
      name_picture (storage, g_array_index (gops, HabGop, 0).index, gops->len,
          max_width), request_id,
      g_task_new (NULL, NULL, callback, user_data));

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
  gchar *name = name_picture (storage, gop->index, 1, max_width);

  if (is_known (self, name)) {
    g_free (name);
    return;
  }
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
  before = name_picture (storage, first->index - 2, 1, max_width);
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
