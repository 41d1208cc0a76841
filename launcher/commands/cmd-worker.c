/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd-worker-jail.h"
#include "commands.h"
#include "frame-list.h"
#include "gop-cut.h"
#include "gop-filter.h"
#include "gop-index-read.h"
#include "keys.h"
#include "ladder-json.h"
#include "log.h"
#include "media-failure.h"
#include "package.h"
#include "picture.h"
#include "record-json.h"
#include "worker-protocol.h"

#define INPUT_PATH HAB_WORKER_INPUT_PATH
#define OUTPUT_PATH HAB_WORKER_OUTPUT_PATH
#define RECORDS_FD HAB_WORKER_RECORDS_FD

/* --- records ---------------------------------------------------------- */

/* One write a record: records of other writers to the pipe stay whole too. A
 * parent that is gone ends this process. */
static void
write_line (const gchar *record)
{
  g_autofree gchar *line = g_strconcat (record, "\n", NULL);
  const gchar *at = line;
  gsize left = strlen (line);

  while (left > 0) {
    gssize count = write (RECORDS_FD, at, left);

    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      _exit (HAB_EXIT_SOFTWARE);
    at += count;
    left -= count;
  }
}

/* Takes line. */
static void
take_line (gchar *line)
{
  write_line (line);
  g_free (line);
}

/* Takes record. */
static void
write_record (JsonObject *record)
{
  take_line (hab_record_format (record));
}

static void
write_error (const GError *error)
{
  JsonObject *record = hab_record_new ("error");

  json_object_set_string_member (record, "cause",
      hab_media_failure_to_word (error));
  json_object_set_string_member (record, "detail", error->message);
  write_record (record);
}

static void
write_done (void)
{
  write_record (hab_record_new ("done"));
}

/* --- tasks ------------------------------------------------------------ */

static void
write_track (const HabTrack *track)
{
  write_record (hab_record_new_track (track->number, track));
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
    write_record (hab_record_new_gop (index->video_track_number,
        &g_array_index (index->gops, HabGop, i)));
  for (guint i = 0; i < index->iframes->len; i++)
    write_record (hab_record_new_iframe (index->video_track_number,
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
    .first = json_object_get_int_member_with_default (job, "first", 0),
    .last = json_object_get_int_member_with_default (job, "last", 0),
    .starts = starts,
    .end = json_object_get_int_member_with_default (job, "end", 0),
  };

  return hab_gop_cut_run (INPUT_PATH, &range, OUTPUT_PATH, error);
}

static gboolean
run_frames (JsonObject *job, GError **error)
{
  const HabGopFramesRange range = {
    .first = json_object_get_int_member_with_default (job, "first", 0),
    .count = json_object_get_int_member_with_default (job, "count", 0),
    .cut = json_object_get_boolean_member_with_default (job, "cut", FALSE),
    .number = json_object_get_int_member_with_default (job, "number", 0),
    .pts_ns = json_object_get_int_member_with_default (job, "pts_ns", 0),
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
  } else {
    json_object_set_string_member (record, "cause",
        hab_media_failure_to_word (error));
    json_object_set_string_member (record, "detail", error->message);
  }
  write_record (record);
}

static gboolean
run_pictures (JsonObject *job, GError **error)
{
  JsonArray *list = json_object_get_array_member (job, "pictures");
  guint n = list != NULL ? json_array_get_length (list) : 0;
  g_autoptr (HabPictureSource) source = NULL;
  Pictures pictures = {
    .max_width =
        json_object_get_int_member_with_default (job, "max_width", 640),
    .dark = json_object_get_int_member_with_default (job, "dark", 0),
  };

  pictures.source = source = hab_picture_source_open (INPUT_PATH, error);
  if (source == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    write_picture (&pictures, json_array_get_array_element (list, i), i);
  return TRUE;
}

static void
on_progress (const HabPackageProgress *progress, gpointer data)
{
  JsonObject *record = hab_record_new ("progress");

  json_object_set_double_member (record, "fraction", progress->fraction);
  json_object_set_int_member (record, "position_ns", progress->position_ns);
  json_object_set_int_member (record, "bytes", progress->bytes);
  write_record (record);
}

static void
on_stage (const gchar *stage, const gchar *file, gpointer data)
{
  JsonObject *record = hab_record_new ("stage");

  json_object_set_string_member (record, "stage", stage);
  json_object_set_string_member (record, "file", file);
  write_record (record);
}

static void
on_rendition (const HabPackageRendition *rendition, gpointer data)
{
  JsonObject *record = hab_record_new ("rendition");

  json_object_set_string_member (record, "name", rendition->name);
  json_object_set_int_member (record, "width", rendition->width);
  json_object_set_int_member (record, "height", rendition->height);
  json_object_set_int_member (record, "bitrate", rendition->bitrate);
  if (rendition->encoder)
    json_object_set_string_member (record, "encoder", rendition->encoder);
  write_record (record);
}

static void
on_note (const gchar *note, gpointer data)
{
  JsonObject *record = hab_record_new ("note");

  json_object_set_string_member (record, "text", note);
  write_record (record);
}

/* (nullable): a member, or nothing of nothing. */
static JsonObject *
get_object (JsonObject *object, const gchar *name)
{
  JsonNode *node = object ? json_object_get_member (object, name) : NULL;

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) :
      NULL;
}

static gboolean
read_key (JsonObject *keys, HabTrackType type, HabContentKey *key,
    GError **error)
{
  JsonObject *object = get_object (keys, hab_track_type_to_string (type));

  if (object == NULL) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "The job has no key of the %s", hab_track_type_to_string (type));
    return FALSE;
  }
  return hab_key_parse (json_object_get_string_member_with_default (object,
             "kid", ""), key->kid, error) &&
      hab_key_parse (json_object_get_string_member_with_default (object,
          "key", ""), key->key, error);
}

static gboolean
read_keys (JsonObject *job, HabPackageConfig *config, GError **error)
{
  JsonObject *keys = get_object (job, "keys");

  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (hab_encrypt_covers (config->encrypt, i) &&
        !read_key (keys, i, &config->keys[i], error))
      return FALSE;
  }
  return TRUE;
}

/* (transfer full) (nullable): an array of strings. */
static GStrv
read_list (JsonObject *job, const gchar *name)
{
  JsonNode *node = json_object_get_member (job, name);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    const gchar *text =
        json_node_get_string (json_array_get_element (array, i));

    g_strv_builder_add (builder, text ? text : "");
  }
  return g_strv_builder_end (builder);
}

/* (transfer full) (nullable) */
static HabFilterChain *
read_filters (JsonObject *job, GError **error)
{
  g_auto (GStrv) pairs = read_list (job, "filters");
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
    hab_video_encoder_find (json_object_get_string_member_with_default (job,
        "encoder", NULL)),
    json_object_get_int_member_with_default (job, "threads", 1),
  };

  return chain != NULL &&
      hab_gop_filter_run (INPUT_PATH, &config, OUTPUT_PATH, error);
}

/* NULL where the job has none. */
static gboolean
read_ladder (JsonObject *job, HabLadder **ladder, GError **error)
{
  JsonNode *node = json_object_get_member (job, "ladder");

  if (node == NULL)
    return TRUE;
  *ladder = hab_ladder_json_read (node, error);
  return *ladder != NULL;
}

static gboolean
run_package (JsonObject *job, GError **error)
{
  const HabPackageObserver observer = {
    .progress = on_progress,
    .stage = on_stage,
    .rendition = on_rendition,
    .note = on_note,
  };
  g_autofree gchar *manifest = g_build_filename (OUTPUT_PATH,
      json_object_get_string_member_with_default (job, "manifest",
          "stream.mpd"), NULL);
  g_auto (GStrv) boxes = read_list (job, "pssh");
  g_autofree gchar *pssh = boxes ? g_strjoinv (",", boxes) : NULL;
  HabPackageConfig config = {
    .input = INPUT_PATH,
    .manifest = manifest,
    .license_url = json_object_get_string_member_with_default (job,
        "license_url", NULL),
    .hls_key_url = json_object_get_string_member_with_default (job,
        "hls_key_url", NULL),
    .segment_duration_ns =
        json_object_get_double_member_with_default (job, "segment_duration",
            4) * 1e9 + 0.5,
    .hls = json_object_get_boolean_member_with_default (job, "hls", FALSE),
    .single_file = json_object_get_boolean_member_with_default (job,
        "on_demand", FALSE),
    .clear_lead_ns =
        json_object_get_double_member_with_default (job, "clear_lead", 0) *
            1e9 + 0.5,
    .pssh = pssh,
    .encoder = json_object_get_string_member_with_default (job, "encoder",
        NULL),
    .threads = json_object_get_int_member_with_default (job, "threads", 0),
    .durable = TRUE,
    .records_fd = RECORDS_FD,
  };
  g_auto (GStrv) tracks = read_list (job, "tracks");
  g_auto (GStrv) languages = read_list (job, "languages");
  g_autoptr (HabLadder) ladder = NULL;
  gboolean packaged;

  if (!hab_encrypt_from_string (json_object_get_string_member_with_default (
              job, "encrypt", "video"), &config.encrypt)) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "The job asks for an unknown encryption");
    return FALSE;
  }
  if (!read_ladder (job, &ladder, error))
    return FALSE;
  config.ladder = ladder;
  config.choice.tracks = (const gchar *const *) tracks;
  config.choice.languages = (const gchar *const *) languages;
  packaged = hab_track_choice_check (&config.choice, error) &&
      read_keys (job, &config, error) &&
      hab_package_run (&config, &observer, NULL, error);
  hab_key_wipe (config.keys, sizeof config.keys);
  return packaged;
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
  { "package", run_package },
  { "cut", run_cut },
  { "frames", run_frames },
  { "probe", run_probe },
  { "pictures", run_pictures },
  { "filter", run_filter },
};

/* --- the process ------------------------------------------------------ */

/* With the parent's death comes a signal; a parent that died before that was
 * asked for is told by the pipe that nobody reads. */
static void
follow_parent (void)
{
  struct pollfd records = { .fd = RECORDS_FD };

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (poll (&records, 1, 0) > 0 &&
      (records.revents & (POLLERR | POLLNVAL)) != 0)
    _exit (HAB_EXIT_SOFTWARE);
}

/* --- running it -------------------------------------------------------- */

/* What its lines in the log are about. */
static void
name_in_log (JsonObject *job)
{
  g_autofree gchar *pid = g_strdup_printf ("%d", (gint) getpid ());
  g_autofree gchar *package = NULL;

  if (json_object_has_member (job, "package"))
    package = g_strdup_printf ("%" G_GINT64_FORMAT,
        json_object_get_int_member_with_default (job, "package", 0));
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
  write_done ();
  return TRUE;
}

static gboolean
run_job (JsonObject *job, HabJail *jail, GError **error)
{
  const gchar *task =
      json_object_get_string_member_with_default (job, "task", "");

  name_in_log (job);
  hab_log (G_LOG_LEVEL_DEBUG, "task begins", "task", task, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    if (g_str_equal (tasks[i].name, task))
      return run_task (&tasks[i], job, jail, error);
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
      "The job asks for an unknown task");
  return FALSE;
}

HabExit
hab_worker_run (gchar *text, gsize length, HabJail *jail)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  gboolean parsed = json_parser_load_from_data (parser, text, length, NULL);
  JsonNode *root = parsed ? json_parser_get_root (parser) : NULL;

  hab_key_wipe (text, length);
  follow_parent ();
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_printerr ("haberdash worker: is started by the service, with a job\n");
    return HAB_EXIT_USAGE;
  }
  if (run_job (json_node_get_object (root), jail, &error))
    return HAB_EXIT_OK;
  write_error (error);
  return 1;
}

void
hab_worker_init (void)
{
  hab_jail_hide ();
  hab_log_init_child ();
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
}

/* --- the process ------------------------------------------------------- */

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

HabExit
hab_cmd_worker (int argc, char **argv)
{
  g_autofree gchar *text = NULL;

  if (argc > 1 && (g_str_equal (argv[1], "--help") ||
                      g_str_equal (argv[1], "-h"))) {
    g_print ("haberdash worker is what haberdash serve starts for each piece "
        "of work, with a job on a socket of its own; there is nothing in it "
        "for people. haberdash --help tells the commands.\n");
    return HAB_EXIT_OK;
  }
  hab_worker_init ();
  text = g_malloc (HAB_WORKER_MAX_JOB);
  return hab_worker_run (text, read_job (text), NULL);
}
