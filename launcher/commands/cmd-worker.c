/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd-worker-jail.h"
#include "cmd-worker-package.h"
#include "cmd-worker-records.h"
#include "command-jail.h"
#include "commands.h"
#include "frame-list.h"
#include "gop-cut.h"
#include "gop-filter.h"
#include "gop-index-read.h"
#include "json-read.h"
#include "keys.h"
#include "log.h"
#include "media-failure.h"
#include "media.h"
#include "picture.h"
#include "worker-protocol.h"

#define INPUT_PATH HAB_WORKER_INPUT_PATH
#define OUTPUT_PATH HAB_WORKER_OUTPUT_PATH

/* --- tasks ------------------------------------------------------------ */

static void
write_track (const HabTrack *track)
{
  hab_worker_write (hab_record_new_track (track->number, track));
}

static gboolean
run_index (JsonObject *job, GError **error)
{
  g_autoptr (HabGopIndex) index = hab_gop_index_read (INPUT_PATH, error);

  if (index == NULL)
    return FALSE;
  for (guint i = 0; i < index->tracks->len; i++)
    write_track (&g_array_index (index->tracks, HabTrack, i));
  for (guint i = 0; i < index->gops->len; i++)
    hab_worker_write (hab_record_new_gop (index->video_track_number,
        &g_array_index (index->gops, HabGop, i)));
  for (guint i = 0; i < index->iframes->len; i++)
    hab_worker_write (hab_record_new_iframe (index->video_track_number,
        &g_array_index (index->iframes, HabIFrame, i)));
  return TRUE;
}

/* (transfer full) (nullable): numbers of frames. */
static GArray *
read_frames (JsonObject *job, const gchar *name)
{
  JsonNode *node = json_object_get_member (job, name);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node)
      ? json_node_get_array (node)
      : NULL;
  GArray *frames;

  if (array == NULL || json_array_get_length (array) == 0)
    return NULL;
  frames = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint i = 0; i < json_array_get_length (array); i++) {
    guint32 frame = json_array_get_int_element (array, i);

    g_array_append_val (frames, frame);
  }
  return frames;
}

static gboolean
run_cut (JsonObject *job, GError **error)
{
  g_autoptr (GArray) starts = read_frames (job, "starts");
  const HabGopCutRange range = {
    .first = hab_json_read_int (job, "first", 0),
    .last = hab_json_read_int (job, "last", 0),
    .starts = starts,
    .end = hab_json_read_int (job, "end", 0),
  };

  return hab_gop_cut_run (INPUT_PATH, &range, OUTPUT_PATH, error);
}

static gboolean
run_frames (JsonObject *job, GError **error)
{
  const HabGopFramesRange range = {
    .first = hab_json_read_int (job, "first", 0),
    .count = hab_json_read_int (job, "count", 0),
    .cut = hab_json_read_bool (job, "cut"),
    .number = hab_json_read_int (job, "number", 0),
    .pts_ns = hab_json_read_int (job, "pts_ns", 0),
  };

  return hab_frame_list_write (INPUT_PATH, &range, OUTPUT_PATH, error);
}

typedef struct
{
  HabPictureSource *source;
  guint max_width, dark;
} Pictures;

/* The first candidate that is not dark, or the last. */
static gboolean
make_picture (const Pictures *self, JsonArray *frames, guint number,
    HabPictureFacts *facts, GError **error)
{
  g_autofree gchar *path = g_strdup_printf (OUTPUT_PATH "/%u.jpg", number);
  const HabPictureOutput output = { path, self->max_width };
  guint n = json_array_get_length (frames);

  for (guint i = 0; i < n; i++) {
    if (!hab_picture_make (self->source,
            json_array_get_int_element (frames, i), &output, facts, error))
      return FALSE;
    if (facts->brightness >= self->dark)
      break;
  }
  return TRUE;
}

static void
write_picture (const Pictures *self, JsonArray *frames, guint number)
{
  g_autoptr (GError) error = NULL;
  HabPictureFacts facts = { 0 };
  gboolean made = make_picture (self, frames, number, &facts, &error);
  JsonObject *record = hab_record_new (made ? "picture" : "no-picture");

  json_object_set_int_member (record, "picture", number);
  if (made) {
    json_object_set_int_member (record, "width", facts.width);
    json_object_set_int_member (record, "height", facts.height);
    json_object_set_int_member (record, "brightness", facts.brightness);
    hab_worker_write (record);
  } else {
    hab_worker_write_failure (record, error);
  }
}

static gboolean
run_pictures (JsonObject *job, GError **error)
{
  JsonArray *list = json_object_get_array_member (job, "pictures");
  guint n = list != NULL ? json_array_get_length (list) : 0;
  g_autoptr (HabPictureSource) source = NULL;
  Pictures pictures = {
    .max_width = hab_json_read_int (job, "max_width", 640),
    .dark = hab_json_read_int (job, "dark", 0),
  };

  pictures.source = source = hab_picture_source_open (INPUT_PATH, error);
  if (source == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    write_picture (&pictures, json_array_get_array_element (list, i), i);
  return TRUE;
}

/* (transfer full) (nullable) */
static HabFilterChain *
read_filters (JsonObject *job, GError **error)
{
  g_auto (GStrv) pairs = hab_json_read_list (job, "filters");
  g_autoptr (HabFilterChain) chain = hab_filter_chain_new ();

  for (gchar **pair = pairs; pair != NULL && *pair != NULL; pair++)
    if (!hab_filter_chain_add_pair (chain, *pair, error))
      return NULL;
  return g_steal_pointer (&chain);
}

static gboolean
run_filter (JsonObject *job, GError **error)
{
  g_autoptr (HabFilterChain) chain = read_filters (job, error);
  const HabGopFilterConfig config = {
    chain,
    hab_video_encoder_find (hab_json_read_text (job, "encoder")),
    hab_json_read_int (job, "threads", 1),
  };

  return chain != NULL &&
      hab_gop_filter_run (INPUT_PATH, &config, OUTPUT_PATH, error);
}

/* That it came so far is all that is asked. */
static gboolean
run_probe (JsonObject *job, GError **error)
{
  return TRUE;
}

typedef struct
{
  const gchar *name;
  gboolean (*run) (JsonObject *job, GError **error);
} Task;

static const Task tasks[] = {
  { "index", run_index },
  { "package", hab_worker_package },
  { "cut", run_cut },
  { "frames", run_frames },
  { "probe", run_probe },
  { "pictures", run_pictures },
  { "filter", run_filter },
};

/* --- running one ------------------------------------------------------ */

/* With the parent's death comes a signal; a parent that died before that was
 * asked for is told by the pipe that nobody reads. */
static void
follow_parent (void)
{
  struct pollfd records = { .fd = HAB_WORKER_RECORDS_FD };

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (poll (&records, 1, 0) > 0 &&
      (records.revents & (POLLERR | POLLNVAL)) != 0)
    _exit (HAB_EXIT_SOFTWARE);
}

/* What its lines in the log are about. */
static void
name_in_log (JsonObject *job)
{
  g_autofree gchar *pid = g_strdup_printf ("%d", (gint) getpid ());
  g_autofree gchar *package = NULL;

  if (json_object_has_member (job, "package"))
    package = g_strdup_printf ("%" G_GINT64_FORMAT,
        hab_json_read_int (job, "package", 0));
  hab_log_set_context ("worker", pid);
  hab_log_set_context ("package", package);
}

static gboolean
run_task (const Task *task, JsonObject *job, HabJail *ready, GError **error)
{
  g_autoptr (HabJail) own = NULL;

  if (!hab_cmd_init_gstreamer (error))
    return FALSE;
  if (ready == NULL)
    ready = own = hab_cmd_make_jail ();
  if (!hab_worker_confine (job, ready, error) || !task->run (job, error))
    return FALSE;
  hab_worker_write (hab_record_new ("done"));
  return TRUE;
}

static gboolean
run_job (JsonObject *job, HabJail *jail, GError **error)
{
  const gchar *task = hab_json_read_text (job, "task");

  name_in_log (job);
  hab_log (G_LOG_LEVEL_DEBUG, "task begins", "task", task, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    if (g_strcmp0 (tasks[i].name, task) == 0)
      return run_task (&tasks[i], job, jail, error);
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
      "The job asks for an unknown task");
  return FALSE;
}

static gsize
read_job (gchar *text)
{
  gsize length = 0;
  gssize count;

  while (length < HAB_WORKER_MAX_JOB &&
      (count = read (HAB_WORKER_JOB_FD, text + length,
           HAB_WORKER_MAX_JOB - length)) != 0) {
    if (count < 0 && errno != EINTR)
      break;
    length += MAX (count, 0);
  }
  return length;
}

/* (transfer full) (nullable): where it is JSON. */
static JsonNode *
take_job (void)
{
  g_autofree gchar *text = g_malloc (HAB_WORKER_MAX_JOB);
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length = read_job (text);
  gboolean parsed = json_parser_load_from_data (parser, text, length, NULL);

  hab_key_wipe (text, length);
  return parsed ? json_parser_steal_root (parser) : NULL;
}

HabExit
hab_worker_run (HabJail *jail)
{
  g_autoptr (JsonNode) root = take_job ();
  g_autoptr (GError) error = NULL;

  follow_parent ();
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_printerr ("haberdash worker: is started by the service, with a job\n");
    return HAB_EXIT_USAGE;
  }
  if (run_job (json_node_get_object (root), jail, &error))
    return HAB_EXIT_OK;
  hab_worker_write_failure (hab_record_new ("error"), error);
  return 1;
}

/* Before anything else is opened. */
static void
reserve_descriptors (void)
{
  for (int i = HAB_WORKER_INPUT_FD; i <= HAB_WORKER_RECORDS_FD; i++) {
    int fd = fcntl (i, F_GETFD) < 0 ? open ("/dev/null", O_RDWR | O_CLOEXEC) :
        i;

    if (fd >= 0 && fd != i) {
      dup2 (fd, i);
      close (fd);
    }
  }
}

void
hab_worker_init (void)
{
  reserve_descriptors ();
  hab_jail_go_first ();
  hab_jail_hide ();
  hab_log_init_child ();
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
}

/* --- the process ------------------------------------------------------- */

HabExit
hab_cmd_worker (int argc, char **argv)
{
  if (argc > 1 && (g_str_equal (argv[1], "--help") ||
                      g_str_equal (argv[1], "-h"))) {
    g_print ("haberdash worker is what haberdash serve starts for each piece "
        "of work, with a job on a socket of its own; there is nothing in it "
        "for people. haberdash --help tells the commands.\n");
    return HAB_EXIT_OK;
  }
  hab_worker_init ();
  return hab_worker_run (NULL);
}
