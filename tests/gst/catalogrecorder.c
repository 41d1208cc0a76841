/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog.h"
#include "leaks.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <json-glib/json-glib.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define SHA256 \
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define CAPS \
  "video/x-h264, stream-format=avc, alignment=au, width=1280, height=720, " \
  "framerate=25/1, codec_data=(buffer)0164001fffe10000"

/* More than the element lets wait, beside what a pipe takes. */
#define TOO_MANY 40000

typedef struct
{
  gchar *dir;
  gchar *path;
  gint64 input_id, package_id;
  GstBus *bus;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  HabInput input = {
    .name = (gchar *) "a.mp4",
    .storage = (gchar *) "a",
    .duration_ns = -1,
    .sha256 = (gchar *) SHA256
  };
  HabPackage package = {
    .code = (gchar *) "AAAAAA", .encrypt = (gchar *) "none",
    .segment_duration_ns = 4000000000
  };
  g_autoptr (HabCatalog) catalog = NULL;

  fixture->dir = g_dir_make_tmp ("hab-recorder-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "catalog.db", NULL);
  fixture->bus = gst_bus_new ();
  catalog = hab_catalog_open (fixture->path, NULL);
  fixture->input_id =
      hab_catalog_add_input (catalog, &input, NULL, 0, NULL, NULL, NULL);
  package.input_id = fixture->input_id;
  fixture->package_id = hab_catalog_add_package (catalog, &package, NULL);
  g_assert_cmpint (fixture->package_id, >, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  /* Also says that every connection was closed. */
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  /* Its messages hold the elements, and these hold it. */
  gst_bus_set_flushing (fixture->bus, TRUE);
  gst_object_unref (fixture->bus);
  g_free (fixture->path);
  g_free (fixture->dir);
}

/* --- streams --------------------------------------------------------- */

/* The element, its properties set and not started. */
static GstElement *make_element (
    Fixture *fixture, const gchar *first_property, ...) G_GNUC_NULL_TERMINATED;

static GstElement *
make_element (Fixture *fixture, const gchar *first_property, ...)
{
  GstElement *element = gst_element_factory_make ("catalogrecorder", NULL);
  va_list args;

  g_assert_nonnull (element);
  va_start (args, first_property);
  if (first_property)
    g_object_set_valist (G_OBJECT (element), first_property, args);
  va_end (args);
  gst_element_set_bus (element, fixture->bus);

  return gst_object_ref_sink (element);
}

/* Takes the element, a stream is begun in it. */
static GstHarness *
make_harness (GstElement *element, GstClockTime segment_start)
{
  GstHarness *h = gst_harness_new_with_element (element, "sink", "src");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment_start;
  gst_harness_set_src_caps_str (h, CAPS);
  g_assert_true (gst_harness_push_event (h, gst_event_new_segment (&segment)));
  gst_object_unref (element);

  return h;
}

static GstBuffer *
make_buffer (gsize size)
{
  return gst_buffer_new_allocate (NULL, size, NULL);
}

static void
push_gop (GstHarness *h, guint64 index, guint64 pts, guint64 dts)
{
  GstStructure *s = gst_structure_new ("gopsplit-gop",
      "index", G_TYPE_UINT64, index, "kind", G_TYPE_STRING, "idr",
      "pts", G_TYPE_UINT64, pts, "dts", G_TYPE_UINT64, dts,
      "duration", G_TYPE_UINT64, 2 * GST_SECOND,
      "frames", G_TYPE_UINT64, (guint64) 50,
      "bytes", G_TYPE_UINT64, (guint64) 5000,
      "closed", G_TYPE_BOOLEAN, index == 0,
      "leading-pictures", G_TYPE_UINT, index == 0 ? 0 : 2, NULL);

  g_assert_true (gst_harness_push_event (h,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, s)));
}

static void
push_many_gops (GstHarness *h, guint n)
{
  for (guint i = 0; i < n; i++)
    push_gop (h, i, i * GST_SECOND, i * GST_SECOND);
}

static gboolean
saw_event (GstHarness *h, GstEventType type)
{
  gboolean seen = FALSE;
  GstEvent *event;

  while ((event = gst_harness_try_pull_event (h))) {
    seen |= GST_EVENT_TYPE (event) == type;
    gst_event_unref (event);
  }
  return seen;
}

/* Exactly one error, of this kind. */
static void
assert_posted (Fixture *fixture, gint code)
{
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (fixture->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, code);
  g_assert_null (gst_bus_pop_filtered (fixture->bus, GST_MESSAGE_ERROR));
}

/* --- tests ----------------------------------------------------------- */

static GstPadProbeReturn
count_list (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  guint *n_buffers = data;

  *n_buffers +=
      gst_buffer_list_length (gst_pad_probe_info_get_buffer_list (info));
  return GST_PAD_PROBE_OK;
}

static void
test_passthrough (Fixture *fixture, gconstpointer data)
{
  GstHarness *h = make_harness (make_element (fixture, NULL, NULL), 0);
  GstBuffer *buffer = make_buffer (100), *out;
  GstBufferList *list = gst_buffer_list_new ();
  g_autoptr (GstStructure) stats = NULL;
  guint n_in_lists = 0;
  guint64 n_buffers, n_bytes, n_gops;

  /* Not writable, and the same one all the same */
  gst_buffer_ref (buffer);
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  out = gst_harness_pull (h);
  g_assert_true (out == buffer);
  gst_buffer_unref (out);
  gst_buffer_unref (buffer);

  gst_pad_add_probe (h->sinkpad, GST_PAD_PROBE_TYPE_BUFFER_LIST, count_list,
      &n_in_lists, NULL);
  gst_buffer_list_add (list, make_buffer (10));
  gst_buffer_list_add (list, make_buffer (20));
  g_assert_cmpint (gst_pad_push_list (h->srcpad, list), ==, GST_FLOW_OK);
  g_assert_cmpuint (n_in_lists, ==, 2);

  push_gop (h, 0, 0, 0);
  g_assert_true (gst_harness_push_event (h, gst_event_new_eos ()));
  g_assert_true (saw_event (h, GST_EVENT_EOS));

  g_object_get (h->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get (stats, "buffers", G_TYPE_UINT64, &n_buffers,
      "bytes", G_TYPE_UINT64, &n_bytes, "gops", G_TYPE_UINT64, &n_gops, NULL));
  g_assert_cmpuint (n_buffers, ==, 3);
  g_assert_cmpuint (n_bytes, ==, 130);
  g_assert_cmpuint (n_gops, ==, 1);

  gst_harness_teardown (h);
}

static void
test_catalog (Fixture *fixture, gconstpointer data)
{
  GstHarness *h = make_harness (
      make_element (fixture, "location", fixture->path, "input-content-id",
          fixture->input_id, "packaged-content-id", fixture->package_id,
          "track-number", 2, "stage", "Fragmented", NULL),
      80 * GST_MSECOND);
  g_autoptr (HabCatalog) catalog = hab_catalog_open (fixture->path, NULL);
  g_autoptr (HabPackage) before = NULL;
  g_autoptr (HabPackage) after = NULL;
  g_autoptr (GArray) tracks = NULL;
  g_autoptr (GArray) gops = NULL;
  HabTrack *track;
  HabGop *gop;

  push_gop (h, 0, 80 * GST_MSECOND, 0);
  push_gop (h, 1, 2 * GST_SECOND, GST_CLOCK_TIME_NONE);
  before = hab_catalog_get_package (catalog, fixture->package_id, NULL);
  g_assert_cmpint (before->status, ==, HAB_STATUS_QUEUED);
  g_assert_true (gst_harness_push_event (h, gst_event_new_eos ()));
  g_assert_true (saw_event (h, GST_EVENT_EOS));

  /* While the element runs: EOS has come out, so it is all there. */
  tracks = hab_catalog_list_tracks (catalog, fixture->input_id, NULL);
  g_assert_cmpuint (tracks->len, ==, 1);
  track = &g_array_index (tracks, HabTrack, 0);
  g_assert_cmpuint (track->number, ==, 2);
  g_assert_cmpstr (track->kind, ==, "video");
  g_assert_cmpint (track->height, ==, 720);
  g_assert_cmpint (track->fps_n, ==, 25);
  g_assert_nonnull (strstr (track->caps, "video/x-h264"));
  g_assert_null (strstr (track->caps, "codec_data"));

  gops = hab_catalog_list_gops (catalog, fixture->input_id, 0, 10, NULL);
  g_assert_cmpuint (gops->len, ==, 2);
  gop = &g_array_index (gops, HabGop, 0);
  g_assert_cmpint (gop->pts_ns, ==, 0);
  g_assert_cmpint (gop->dts_ns, ==, -80000000);
  g_assert_cmpuint (gop->first_frame, ==, 0);
  g_assert_true (gop->closed);
  gop = &g_array_index (gops, HabGop, 1);
  g_assert_cmpint (gop->pts_ns, ==, 1920000000);
  g_assert_cmpint (gop->dts_ns, ==, G_MININT64);
  g_assert_cmpuint (gop->first_frame, ==, 50);
  g_assert_cmpuint (gop->leading_pictures, ==, 2);
  g_assert_cmpint (gop->first_byte, ==, -1);

  after = hab_catalog_get_package (catalog, fixture->package_id, NULL);
  g_assert_cmpint (after->status, ==, HAB_STATUS_FRAGMENTED);
  gst_harness_teardown (h);
}

static gchar *
read_to_end (gint fd)
{
  GString *text = g_string_new (NULL);
  gchar buf[4096];
  gssize n;

  while ((n = read (fd, buf, sizeof (buf))) > 0)
    g_string_append_len (text, buf, n);
  g_assert_cmpint (n, ==, 0);

  return g_string_free (text, FALSE);
}

static JsonObject *
parse_line (const gchar *line)
{
  g_autoptr (JsonNode) node = json_from_string (line, NULL);

  g_assert_nonnull (node);
  return json_node_dup_object (node);
}

static void
test_lines (Fixture *fixture, gconstpointer data)
{
  gint fds[2];
  GstHarness *h;
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonObject) track = NULL;
  g_autoptr (JsonObject) gop = NULL;
  g_autoptr (JsonObject) stage = NULL;

  g_assert_cmpint (pipe (fds), ==, 0);
  h = make_harness (
      make_element (fixture, "fd", fds[1], "stage", "Encrypted", NULL), 0);
  push_gop (h, 0, 0, 0);
  push_gop (h, 1, 2 * GST_SECOND, GST_CLOCK_TIME_NONE);
  g_assert_true (gst_harness_push_event (h, gst_event_new_eos ()));
  gst_harness_teardown (h);
  close (fds[1]);

  text = read_to_end (fds[0]);
  close (fds[0]);
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 5);
  g_assert_cmpstr (lines[4], ==, "");

  track = parse_line (lines[0]);
  g_assert_cmpstr (
      json_object_get_string_member (track, "record"), ==, "track");
  g_assert_cmpint (json_object_get_int_member (track, "number"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (track, "width"), ==, 1280);
  gop = parse_line (lines[2]);
  g_assert_cmpstr (json_object_get_string_member (gop, "record"), ==, "gop");
  g_assert_cmpint (json_object_get_int_member (gop, "index"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (gop, "pts_ns"), ==, 2000000000);
  g_assert_false (json_object_has_member (gop, "dts_ns"));
  g_assert_cmpint (json_object_get_int_member (gop, "first_frame"), ==, 50);
  g_assert_false (json_object_get_boolean_member (gop, "closed"));
  stage = parse_line (lines[3]);
  g_assert_cmpstr (
      json_object_get_string_member (stage, "stage"), ==, "Encrypted");
}

static gint64
push_segment_and_gop (GstHarness *h, const GstSegment *segment, guint32 seqnum,
    gint fd)
{
  GstEvent *event = gst_event_new_segment (segment);
  g_autoptr (JsonObject) gop = NULL;
  gchar line[1024] = "";
  gssize size;

  gst_event_set_seqnum (event, seqnum);
  g_assert_true (gst_harness_push_event (h, event));
  push_gop (h, 0, 0, 0);
  /* One line a write, and it is shorter than what a pipe takes at once. */
  size = read (fd, line, sizeof line - 1);
  g_assert_cmpint (size, >, 0);
  g_assert_cmpint (line[size - 1], ==, '\n');
  gop = parse_line (line);
  return json_object_get_int_member (gop, "first_frame");
}

/* Frames are counted as gopsplit counts GOPs: anew with another playback, on with
 * a further segment of the same one. */
static void
test_first_frame (Fixture *fixture, gconstpointer data)
{
  gint fds[2];
  GstHarness *h;
  GstSegment segment;
  gchar track[1024];

  g_assert_cmpint (pipe (fds), ==, 0);
  h = make_harness (make_element (fixture, "fd", fds[1], NULL), 0);
  g_assert_cmpint (read (fds[0], track, sizeof track), >, 0);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_cmpint (push_segment_and_gop (h, &segment, 1000, fds[0]), ==, 0);
  g_assert_cmpint (push_segment_and_gop (h, &segment, 1000, fds[0]), ==, 50);
  g_assert_cmpint (push_segment_and_gop (h, &segment, 1001, fds[0]), ==, 0);

  gst_harness_teardown (h);
  close (fds[0]);
  close (fds[1]);
}

static GstFlowReturn
refuse_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_ERROR;
}

/* What failed downstream has not passed whole: no stage and no end. */
static void
test_error_downstream (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *text = NULL;
  gint fds[2];
  GstHarness *h;

  g_assert_cmpint (pipe (fds), ==, 0);
  h = make_harness (
      make_element (fixture, "fd", fds[1], "stage", "Encrypted", NULL), 0);
  gst_pad_set_chain_function (h->sinkpad, refuse_buffer);
  g_assert_cmpint (gst_harness_push (h, make_buffer (10)), ==, GST_FLOW_ERROR);
  gst_harness_push_event (h, gst_event_new_eos ());
  g_assert_false (saw_event (h, GST_EVENT_EOS));
  gst_harness_teardown (h);
  close (fds[1]);

  text = read_to_end (fds[0]);
  close (fds[0]);
  g_assert_nonnull (strstr (text, "\"track\""));
  g_assert_null (strstr (text, "\"stage\""));
}

/* The reader goes away. Neither SIGPIPE nor EOS come of it. */
static void
test_reader_gone (Fixture *fixture, gconstpointer data)
{
  gint fds[2];
  GstHarness *h;

  g_assert_cmpint (pipe (fds), ==, 0);
  close (fds[0]);
  h = make_harness (make_element (fixture, "fd", fds[1], NULL), 0);
  push_gop (h, 0, 0, 0);
  g_assert_false (gst_harness_push_event (h, gst_event_new_eos ()));
  g_assert_false (saw_event (h, GST_EVENT_EOS));
  assert_posted (fixture, GST_RESOURCE_ERROR_WRITE);

  gst_harness_teardown (h);
  close (fds[1]);
}

/* The same is seen in mid-stream, as soon as the writing thread knows. */
static void
test_error_on_buffer (Fixture *fixture, gconstpointer data)
{
  gint fds[2];
  GstHarness *h;
  GstFlowReturn ret;

  g_assert_cmpint (pipe (fds), ==, 0);
  close (fds[0]);
  h = make_harness (make_element (fixture, "fd", fds[1], NULL), 0);
  gst_harness_set_drop_buffers (h, TRUE);
  do
    ret = gst_harness_push (h, make_buffer (1));
  while (ret == GST_FLOW_OK);
  g_assert_cmpint (ret, ==, GST_FLOW_ERROR);
  g_assert_cmpint (gst_harness_push (h, make_buffer (1)), ==, GST_FLOW_ERROR);
  assert_posted (fixture, GST_RESOURCE_ERROR_WRITE);

  gst_harness_teardown (h);
  close (fds[1]);
}

/* A reader that does not read holds up nothing: the queue ends in an error. */
static void
test_overflow (Fixture *fixture, gconstpointer data)
{
  gint fds[2];
  GstHarness *h;

  g_assert_cmpint (pipe (fds), ==, 0);
  h = make_harness (make_element (fixture, "fd", fds[1], NULL), 0);
  g_assert_cmpint (gst_harness_push (h, make_buffer (1)), ==, GST_FLOW_OK);
  push_many_gops (h, TOO_MANY);
  g_assert_cmpint (gst_harness_push (h, make_buffer (1)), ==, GST_FLOW_ERROR);
  assert_posted (fixture, GST_RESOURCE_ERROR_WRITE);

  gst_harness_teardown (h);
  close (fds[0]);
  close (fds[1]);
}

static gpointer
push_eos (gpointer data)
{
  return GINT_TO_POINTER (gst_harness_push_event (data, gst_event_new_eos ()));
}

/* Stopped while EOS waits for a reader that does not read. */
static void
test_stop_at_eos (Fixture *fixture, gconstpointer data)
{
  gint fds[2];
  GstHarness *h;
  GThread *thread;

  g_assert_cmpint (pipe (fds), ==, 0);
  h = make_harness (make_element (fixture, "fd", fds[1], NULL), 0);
  push_many_gops (h, 2000);
  thread = g_thread_new (NULL, push_eos, h);
  g_assert_cmpint (gst_element_set_state (h->element, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_null (gst_bus_pop_filtered (fixture->bus, GST_MESSAGE_ERROR));

  gst_harness_teardown (h);
  close (fds[0]);
  close (fds[1]);
}

static void
wait_for_full_pipe (gint fd)
{
  struct pollfd out = { .fd = fd, .events = POLLOUT };

  while (poll (&out, 1, 0) == 1)
    g_usleep (1000);
}

/* A line that is longer than what a pipe takes without waiting, and nobody who
 * reads: the element stops all the same. */
static void
test_stop_in_line (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *name = g_strnfill (10000, 'a');
  GstElement *element;
  gint fds[2];
  GstHarness *h;
  GstCaps *caps;

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (fcntl (fds[1], F_SETPIPE_SZ, PIPE_BUF), >, 0);
  element = make_element (fixture, "fd", fds[1], NULL);
  h = gst_harness_new_with_element (element, "sink", "src");
  caps = gst_caps_from_string (CAPS);
  gst_caps_set_simple (caps, "name", G_TYPE_STRING, name, NULL);
  gst_harness_set_src_caps (h, caps);
  wait_for_full_pipe (fds[1]);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_NULL), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_null (gst_bus_pop_filtered (fixture->bus, GST_MESSAGE_ERROR));

  gst_harness_teardown (h);
  gst_object_unref (element);
  close (fds[0]);
  close (fds[1]);
}

/* Stopped without EOS: what came so far is stored, the stage is not. */
static void
test_stop (Fixture *fixture, gconstpointer data)
{
  GstHarness *h = make_harness (
      make_element (fixture, "location", fixture->path, "input-content-id",
          fixture->input_id, "packaged-content-id", fixture->package_id,
          "stage", "Fragmented", NULL),
      0);
  g_autoptr (HabCatalog) catalog = NULL;
  g_autoptr (HabPackage) package = NULL;
  guint64 n_gops;

  push_many_gops (h, 1000);
  gst_harness_teardown (h);

  catalog = hab_catalog_open (fixture->path, NULL);
  g_assert_true (
      hab_catalog_count_gops (catalog, fixture->input_id, &n_gops, NULL));
  g_assert_cmpuint (n_gops, ==, 1000);
  package = hab_catalog_get_package (catalog, fixture->package_id, NULL);
  g_assert_cmpint (package->status, ==, HAB_STATUS_QUEUED);
}

static void
test_no_row (Fixture *fixture, gconstpointer data)
{
  GstHarness *h =
      make_harness (make_element (fixture, "location", fixture->path,
                        "input-content-id", (gint64) 99, NULL),
          0);

  g_assert_false (gst_harness_push_event (h, gst_event_new_eos ()));
  g_assert_false (saw_event (h, GST_EVENT_EOS));
  assert_posted (fixture, GST_RESOURCE_ERROR_WRITE);

  gst_harness_teardown (h);
}

/* Takes the element. */
static void
assert_no_start (Fixture *fixture, GstElement *element, gint code)
{
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  assert_posted (fixture, code);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

static void
test_settings (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *nowhere =
      g_build_filename (fixture->dir, "no", "catalog.db", NULL);
  gint read_only = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  assert_no_start (fixture, make_element (fixture, "location", fixture->path,
      "fd", 1, "input-content-id", fixture->input_id, NULL),
      GST_RESOURCE_ERROR_SETTINGS);
  assert_no_start (fixture,
      make_element (fixture, "location", fixture->path, NULL),
      GST_RESOURCE_ERROR_SETTINGS);
  assert_no_start (fixture, make_element (fixture, "location", fixture->path,
      "input-content-id", fixture->input_id, "stage", "Ready", NULL),
      GST_RESOURCE_ERROR_SETTINGS);
  assert_no_start (fixture, make_element (fixture, "stage", "Done", NULL),
      GST_RESOURCE_ERROR_SETTINGS);
  assert_no_start (fixture,
      make_element (fixture, "location", nowhere, "input-content-id",
          fixture->input_id, NULL),
      GST_RESOURCE_ERROR_OPEN_WRITE);
  assert_no_start (fixture, make_element (fixture, "fd", read_only, NULL),
      GST_RESOURCE_ERROR_OPEN_WRITE);

  close (read_only);
}

#define ADD(path, func) \
  g_test_add ("/catalogrecorder/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  ADD ("passthrough", test_passthrough);
  ADD ("catalog", test_catalog);
  ADD ("lines", test_lines);
  ADD ("first-frame", test_first_frame);
  ADD ("error-downstream", test_error_downstream);
  ADD ("reader-gone", test_reader_gone);
  ADD ("error-on-buffer", test_error_on_buffer);
  ADD ("overflow", test_overflow);
  ADD ("stop-at-eos", test_stop_at_eos);
  ADD ("stop-in-line", test_stop_in_line);
  ADD ("stop", test_stop);
  ADD ("no-row", test_no_row);
  ADD ("settings", test_settings);

  return run_tests ();
}
