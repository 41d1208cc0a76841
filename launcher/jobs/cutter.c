/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cutter.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input-files.h"
#include "json-build.h"
#include "json-read.h"

#define CUT_TIMEOUT_SECONDS 300
#define PICTURE_TIMEOUT_SECONDS 60
/* Of 255: hardly more than black. */
#define DARK 10

struct _HabCutter
{
  const HabJobsContext *context;
  HabDataDir *dir;
  GHashTable *cuts; /* name in cuts/ -> Cut, not owned */
};

/* A file that is being made. */
typedef struct
{
  HabCutter *cutter;
  gchar *name;    /* in cuts/, when it is whole */
  gchar *draft;   /* in work/, until then */
  GSList *tasks;  /* of GTask: who waits for it */

  /* of a picture */
  gchar *storage;
  GArray *gops;   /* of guint64: candidates */
  guint next;     /* of gops */
  guint max_width;
  gboolean dark;  /* the one that was made last */

  GBytes *job;    /* what is done to the GOP once it is a file */
} Cut;

HabCutter *
hab_cutter_new (const HabJobsContext *context)
{
  HabCutter *self = g_new0 (HabCutter, 1);

  self->context = context;
  self->dir = context->dir;
  self->cuts = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
hab_cutter_free (HabCutter *self)
{
  g_hash_table_unref (self->cuts);
  g_free (self);
}

/* --- the files that are kept ------------------------------------------ */

typedef struct
{
  gchar *name;
  guint64 size;
  gint64 used_s;
} Kept;

static void
kept_clear (gpointer data)
{
  g_free (((Kept *) data)->name);
}

static gint
compare_kept (gconstpointer a, gconstpointer b)
{
  const Kept *one = a, *other = b;

  return (one->used_s > other->used_s) - (one->used_s < other->used_s);
}

static GArray *
list_kept (HabDataDir *dir, guint64 *total)
{
  g_autofree gchar *path =
      hab_data_dir_build_folder_path (dir, HAB_FOLDER_CUTS, NULL);
  g_autoptr (GDir) names = g_dir_open (path, 0, NULL);
  GArray *files = g_array_new (FALSE, FALSE, sizeof (Kept));
  const gchar *name;

  g_array_set_clear_func (files, kept_clear);
  *total = 0;
  while (names != NULL && (name = g_dir_read_name (names)) != NULL) {
    struct stat info;

    if (fstatat (hab_data_dir_get_fd (dir, HAB_FOLDER_CUTS), name, &info,
            AT_SYMLINK_NOFOLLOW) == 0) {
      Kept kept = { g_strdup (name), info.st_size, info.st_atim.tv_sec };

      g_array_append_val (files, kept);
      *total += info.st_size;
    }
  }
  return files;
}

/* The newest file stays, however large it is. */
static void
trim_cache (HabDataDir *dir, guint64 max_bytes)
{
  guint64 total;
  g_autoptr (GArray) files = list_kept (dir, &total);

  if (total <= max_bytes)
    return;
  g_array_sort (files, compare_kept);
  for (guint i = 0; i + 1 < files->len && total > max_bytes; i++) {
    Kept *kept = &g_array_index (files, Kept, i);

    hab_data_dir_remove (dir, HAB_FOLDER_CUTS, kept->name);
    total -= kept->size;
  }
}

/* The time of access is set by hand: file systems are mounted without it. */
static int
open_kept (HabDataDir *dir, const gchar *name, GError **error)
{
  static const struct timespec used_now[] = {
    { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT }
  };
  int fd =
      hab_data_dir_open_file (dir, HAB_FOLDER_CUTS, name, O_RDONLY, error);

  if (fd >= 0)
    futimens (fd, used_now);
  return fd;
}

static gboolean
is_of_other_input (const gchar *name, gpointer data)
{
  return !g_str_has_prefix (name, data);
}

void
hab_cutter_forget (HabDataDir *dir, const gchar *storage)
{
  g_autofree gchar *prefix = g_strconcat (storage, "-", NULL);

  hab_data_dir_sweep (dir, HAB_FOLDER_CUTS, is_of_other_input, prefix);
}

/* --- cutting ---------------------------------------------------------- */

/* The descriptors of those who wait are their own: each has its position. */
static void
cut_end (Cut *self, GError *error)
{
  HabDataDir *dir = self->cutter->dir;

  g_hash_table_remove (self->cutter->cuts, self->name);
  for (GSList *item = self->tasks; item != NULL; item = item->next) {
    GError *failure = NULL;
    int fd = error == NULL ? open_kept (dir, self->name, &failure) : -1;

    if (fd >= 0)
      g_task_return_int (item->data, fd);
    else
      g_task_return_error (item->data,
          error != NULL ? g_error_copy (error) : failure);
  }
  if (error != NULL)
    hab_data_dir_remove (dir, HAB_FOLDER_WORK, self->draft);
  else
    trim_cache (dir, self->cutter->context->settings->cache_size);
  g_slist_free_full (self->tasks, g_object_unref);
  g_clear_pointer (&self->gops, g_array_unref);
  g_clear_pointer (&self->job, g_bytes_unref);
  g_free (self->storage);
  g_free (self->name);
  g_free (self->draft);
  g_free (self);
}

/* The draft is whole. */
static void
cut_keep (Cut *self)
{
  g_autoptr (GError) error = NULL;

  hab_data_dir_move (self->cutter->dir, HAB_FOLDER_WORK, self->draft,
      HAB_FOLDER_CUTS, self->name, &error);
  cut_end (self, error);
}

static void
on_cut (GObject *source, GAsyncResult *result, gpointer data)
{
  Cut *self = data;
  HabCutter *cutter = self->cutter;
  g_autoptr (GError) error = NULL;

  if (hab_workers_run_finish (cutter->context->readers, result, &error))
    cut_keep (self);
  else
    cut_end (self, error);
}

static GBytes *
describe_cut (guint64 first, guint64 last)
{
  gchar *text = g_strdup_printf ("{\"task\":\"cut\",\"first\":%"
      G_GUINT64_FORMAT ",\"last\":%" G_GUINT64_FORMAT "}", first, last);

  return g_bytes_new_take (text, strlen (text));
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
    .timeout_seconds = CUT_TIMEOUT_SECONDS,
  };

  if (input_fd >= 0)
    work.output_fd = hab_data_dir_open_file (cutter->dir, HAB_FOLDER_WORK,
        self->draft, O_RDWR | O_CREAT | O_EXCL, &error);
  if (work.output_fd < 0) {
    if (input_fd >= 0)
      close (input_fd);
    cut_end (self, error);
    g_clear_error (&error);
    return;
  }
  hab_workers_run_async (cutter->context->readers, &work,
      cutter->context->cancellable, on_cut, self);
}

/* On the input itself. Takes job. */
static void
cut_start (Cut *self, const gchar *storage, GBytes *job)
{
  GError *error = NULL;
  int fd = hab_input_files_open (self->cutter->context->files, storage,
      &error);

  cut_run (self, job, fd, error);
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
cut_start_behind (Cut *self, const gchar *storage, guint64 first,
    guint64 last, GBytes *job)
{
  self->job = job;
  hab_cutter_get_async (self->cutter, storage, first, last, on_source_cut,
      self);
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
name_filtered (const gchar *storage, guint64 first, guint64 last,
    gchar **pairs)
{
  g_autofree gchar *text = g_strjoinv ("&", pairs);
  g_autofree gchar *digest =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  return g_strdup_printf ("%s-%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
      "-%.32s.mp4", storage, first, last, digest);
}

/* --- pictures ---------------------------------------------------------- */

static void picture_try_next (Cut *self);

static void
on_picture_record (JsonObject *record, gpointer data)
{
  Cut *self = data;

  if (g_strcmp0 (hab_json_read_text (record, "record"), "picture") == 0)
    self->dark = hab_json_read_int (record, "brightness", 0) < DARK;
}

static void
on_picture (GObject *source, GAsyncResult *result, gpointer data)
{
  Cut *self = data;
  g_autoptr (GError) error = NULL;

  if (!hab_workers_run_finish (self->cutter->context->readers, result, &error))
    cut_end (self, error);
  else if (self->dark && self->next < self->gops->len)
    picture_try_next (self);
  else
    cut_keep (self);
}

static GBytes *
describe_picture (guint max_width)
{
  gchar *text = g_strdup_printf ("{\"task\":\"picture\",\"max_width\":%u}",
      max_width);

  return g_bytes_new_take (text, strlen (text));
}

/* Takes input_fd, of the GOP as a file. */
static void
picture_start (Cut *self, int input_fd)
{
  HabCutter *cutter = self->cutter;
  g_autoptr (GBytes) job = describe_picture (self->max_width);
  g_autoptr (GError) error = NULL;
  HabWork work = {
    .job = job,
    .input_fd = input_fd,
    .output_fd = hab_data_dir_open_file (cutter->dir, HAB_FOLDER_WORK,
        self->draft, O_RDWR | O_CREAT | O_TRUNC, &error),
    .timeout_seconds = PICTURE_TIMEOUT_SECONDS,
    .record = on_picture_record,
    .data = self,
  };

  if (work.output_fd < 0) {
    close (input_fd);
    cut_end (self, error);
    return;
  }
  hab_workers_run_async (cutter->context->readers, &work,
      cutter->context->cancellable, on_picture, self);
}

static void
on_picture_cut (GObject *source, GAsyncResult *result, gpointer data)
{
  Cut *self = data;
  g_autoptr (GError) error = NULL;
  int fd = hab_cutter_get_finish (self->cutter, result, &error);

  if (fd >= 0)
    picture_start (self, fd);
  else
    cut_end (self, error);
}

static void
picture_try_next (Cut *self)
{
  guint64 gop = g_array_index (self->gops, guint64, self->next++);

  hab_cutter_get_async (self->cutter, self->storage, gop, gop, on_picture_cut,
      self);
}

/* --- asking ------------------------------------------------------------ */

/* (nullable): what has to be made now for task. It is not where it is there,
 * or being made already; then task is looked after. Takes name and task. */
static Cut *
cutter_ask (HabCutter *self, gchar *name, GTask *task)
{
  Cut *cut = g_hash_table_lookup (self->cuts, name);
  int fd = cut == NULL ? open_kept (self->dir, name, NULL) : -1;

  if (fd >= 0 || cut != NULL) {
    g_free (name);
    if (cut != NULL) {
      cut->tasks = g_slist_prepend (cut->tasks, task);
      return NULL;
    }
    g_task_return_int (task, fd);
    g_object_unref (task);
    return NULL;
  }
  cut = g_new0 (Cut, 1);
  cut->cutter = self;
  cut->name = name;
  cut->draft = hab_data_dir_make_name ();
  cut->tasks = g_slist_prepend (NULL, task);
  g_hash_table_insert (self->cuts, cut->name, cut);
  return cut;
}

void
hab_cutter_get_async (HabCutter *self, const gchar *storage, guint64 first,
    guint64 last, GAsyncReadyCallback callback, gpointer user_data)
{
  gchar *name = g_strdup_printf ("%s-%" G_GUINT64_FORMAT "-%"
      G_GUINT64_FORMAT ".mp4", storage, first, last);
  Cut *cut = cutter_ask (self, name,
      g_task_new (NULL, NULL, callback, user_data));

  if (cut != NULL)
    cut_start (cut, storage, describe_cut (first, last));
}

void
hab_cutter_get_filtered_async (HabCutter *self, const gchar *storage,
    guint64 first, guint64 last, const HabFilterChain *chain,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_auto (GStrv) pairs = hab_filter_chain_to_pairs (chain);
  Cut *cut = cutter_ask (self, name_filtered (storage, first, last, pairs),
      g_task_new (NULL, NULL, callback, user_data));

  if (cut != NULL)
    cut_start_behind (cut, storage, first, last,
        describe_filter (self, pairs));
}

void
hab_cutter_get_frames_async (HabCutter *self, const gchar *storage,
    const HabGop *gop, GAsyncReadyCallback callback, gpointer user_data)
{
  gchar *name = g_strdup_printf ("%s-%" G_GUINT64_FORMAT "-frames.json",
      storage, gop->index);
  Cut *cut = cutter_ask (self, name,
      g_task_new (NULL, NULL, callback, user_data));

  if (cut == NULL)
    return;
  if (gop->first_byte >= 0)
    cut_start (cut, storage, describe_frames (gop, FALSE));
  else
    cut_start_behind (cut, storage, gop->index, gop->index,
        describe_frames (gop, TRUE));
}

/* Named by the first and the number of its candidates. */
void
hab_cutter_get_picture_async (HabCutter *self, const gchar *storage,
    GArray *gops, guint max_width, GAsyncReadyCallback callback,
    gpointer user_data)
{
  gchar *name = g_strdup_printf ("%s-%" G_GUINT64_FORMAT "-of-%u-%u.jpg",
      storage, g_array_index (gops, guint64, 0), gops->len, max_width);
  Cut *cut = cutter_ask (self, name,
      g_task_new (NULL, NULL, callback, user_data));

  if (cut == NULL)
    return;
  cut->storage = g_strdup (storage);
  cut->gops = g_array_ref (gops);
  cut->max_width = max_width;
  picture_try_next (cut);
}

int
hab_cutter_get_finish (HabCutter *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
