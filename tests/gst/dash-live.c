/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <string.h>

#include "leaks.h"
#include "pipeline-end.h"

#define TIMEOUT (20 * GST_SECOND)
#define AAC \
  "audio/mpeg, mpegversion = 4, stream-format = raw, framed = true, " \
  "rate = 48000, channels = 2, codec_data = (buffer) 1190"
#define FRAME (GST_SECOND / 50) /* of 960 samples, to meet whole seconds */

/* A presentation that is written as it goes. AAC frames are as good as any. */
typedef struct
{
  gchar *folder;
  gchar *manifest;
  GstElement *pipeline, *sink;
  GstElement *sources[2]; /* of audio_0 and audio_1 */
} Fixture;

static GstElement *
add_source (Fixture *f, const gchar *pad)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (AAC);
  GstElement *source = gst_element_factory_make ("appsrc", NULL);

  g_object_set (source, "caps", caps, "format", GST_FORMAT_TIME, NULL);
  gst_bin_add (GST_BIN (f->pipeline), source);
  g_assert_true (gst_element_link_pads (source, "src", f->sink, pad));
  return source;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  f->manifest = g_build_filename (f->folder, "stream.mpd", NULL);
  f->pipeline = gst_pipeline_new (NULL);
  f->sink = gst_element_factory_make ("cencdashsink", NULL);
  gst_bin_add (GST_BIN (f->pipeline), f->sink);
  gst_util_set_object_arg (G_OBJECT (f->sink), "presentation-type", "dynamic");
  g_object_set (f->sink, "location", f->manifest, "hls", TRUE,
      "fragment-duration", (guint64) GST_SECOND,
      "time-shift-buffer-depth", (guint64) (5 * GST_SECOND), NULL);
  f->sources[0] = add_source (f, "audio_0");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  end_pipeline (f->pipeline, f->folder);
  g_free (f->manifest);
}

/* Seconds first to last - 1. offset: of the first one. */
static void
push_seconds (GstElement *source, guint first, guint last,
    GstClockTime offset)
{
  for (guint i = first * 50; i < last * 50; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    gst_buffer_memset (buffer, 0, i, 100);
    GST_BUFFER_PTS (buffer) = i * FRAME + offset;
    GST_BUFFER_DURATION (buffer) = FRAME;
    gst_app_src_push_buffer (GST_APP_SRC (source), buffer);
  }
}

static GstMessage *
wait_for (Fixture *f, GstMessageType types)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (f->pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, TIMEOUT,
      types | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), !=,
      types & GST_MESSAGE_ERROR ? 0 : GST_MESSAGE_ERROR);
  return message;
}

/* Until a manifest tells of as many segments. */
static void
wait_for_manifest (Fixture *f, guint segments)
{
  guint number = 0;

  for (;;) {
    g_autoptr (GstMessage) message = wait_for (f, GST_MESSAGE_ELEMENT);
    const GstStructure *s = gst_message_get_structure (message);

    if (gst_message_has_name (message, "cencdashsink-segment"))
      gst_structure_get_uint (s, "number", &number);
    if (gst_message_has_name (message, "cencdashsink-manifest") &&
        number >= segments)
      return;
  }
}

static void
end_and_wait (Fixture *f)
{
  for (guint i = 0; i < G_N_ELEMENTS (f->sources); i++) {
    if (f->sources[i])
      gst_app_src_end_of_stream (GST_APP_SRC (f->sources[i]));
  }
  gst_message_unref (wait_for (f, GST_MESSAGE_EOS));
}

static gchar *
read_file (Fixture *f, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (f->folder, name, NULL);
  gchar *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
assert_says (Fixture *f, const gchar *name, const gchar *text, gboolean says)
{
  g_autofree gchar *content = read_file (f, name);

  g_test_message ("%s: %s", name, text);
  g_assert_cmpint (strstr (content, text) != NULL, ==, says);
}

static guint
count_files (Fixture *f, const gchar *folder)
{
  g_autofree gchar *path = g_build_filename (f->folder, folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

/* A manifest with every segment, of the last ones; at the end what is left can
 * be watched from its start. */
static void
test_window (Fixture *f, gconstpointer data)
{
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 9, 0);
  wait_for_manifest (f, 8);
  assert_says (f, "stream.mpd", "type=\"dynamic\"", TRUE);
  assert_says (f, "stream.mpd", "timeShiftBufferDepth=\"PT5.000S\"", TRUE);
  assert_says (f, "stream.mpd", "mediaPresentationDuration", FALSE);
  assert_says (f, "stream.mpd", "startNumber=\"4\"", TRUE);
  assert_says (f, "stream.mpd", "<S t=\"144000\" d=\"48000\" r=\"4\"/>", TRUE);
  assert_says (f, "audio_0/playlist.m3u8", "#EXT-X-MEDIA-SEQUENCE:4\n", TRUE);
  assert_says (f, "audio_0/playlist.m3u8", "#EXT-X-ENDLIST", FALSE);
  assert_says (f, "audio_0/playlist.m3u8", "PLAYLIST-TYPE", FALSE);

  end_and_wait (f);
  assert_says (f, "stream.mpd", "type=\"static\"", TRUE);
  assert_says (f, "stream.mpd", "mediaPresentationDuration=\"PT9.000S\"", TRUE);
  assert_says (f, "stream.mpd", "minimumUpdatePeriod", FALSE);
  assert_says (f, "stream.mpd", "startNumber=\"5\"", TRUE);
  assert_says (f, "audio_0/playlist.m3u8", "#EXT-X-ENDLIST", TRUE);
}

/* Without a window nothing goes. */
static void
test_event (Fixture *f, gconstpointer data)
{
  g_object_set (f->sink, "time-shift-buffer-depth", (guint64) 0, NULL);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 20, 0);
  wait_for_manifest (f, 19);
  assert_says (f, "stream.mpd", "timeShiftBufferDepth", FALSE);
  assert_says (f, "stream.mpd", "startNumber=\"1\"", TRUE);
  assert_says (f, "audio_0/playlist.m3u8", "#EXT-X-PLAYLIST-TYPE:EVENT\n",
      TRUE);
  end_and_wait (f);
  g_assert_cmpuint (count_files (f, "audio_0"), ==, 20 + 2);
}

/* However long it runs, there is a window, and as much behind it. */
static void
test_bounded (Fixture *f, gconstpointer data)
{
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  for (guint second = 0; second < 200; second += 20) {
    push_seconds (f->sources[0], second, second + 20, 0);
    wait_for_manifest (f, second + 19);
    g_assert_cmpuint (count_files (f, "audio_0"), <=, 5 + 6 + 3);
  }
  end_and_wait (f);
}

/* There is no manifest before everything has begun. */
static void
test_waits_for_all (Fixture *f, gconstpointer data)
{
  g_autofree gchar *segment = g_build_filename (f->folder, "audio_0", "3.m4s",
      NULL);

  f->sources[1] = add_source (f, "audio_1");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 4, 0);
  while (!g_file_test (segment, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  g_assert_false (g_file_test (f->manifest, G_FILE_TEST_EXISTS));
  push_seconds (f->sources[1], 0, 4, 0);
  wait_for_manifest (f, 3);
  assert_says (f, "stream.mpd", "id=\"audio_0\"", TRUE);
  assert_says (f, "stream.mpd", "id=\"audio_1\"", TRUE);
  end_and_wait (f);
}

/* What players know to be one set stays one, and says so when it overlaps. */
static void
test_drifts_apart (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) first = gst_element_get_static_pad (f->sink, "audio_0");
  g_autoptr (GstPad) second = NULL;

  f->sources[1] = add_source (f, "audio_1");
  second = gst_element_get_static_pad (f->sink, "audio_1");
  g_object_set (first, "language", "en", NULL);
  g_object_set (second, "language", "en", NULL);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 4, 0);
  push_seconds (f->sources[1], 0, 4, 0);
  wait_for_manifest (f, 3);
  assert_says (f, "stream.mpd", "segmentAlignment=\"true\"", TRUE);
  push_seconds (f->sources[0], 4, 8, 0);
  push_seconds (f->sources[1], 4, 8, 10 * GST_MSECOND);
  end_and_wait (f);
  assert_says (f, "stream.mpd", "segmentAlignment=\"true\"", FALSE);
  assert_says (f, "stream.mpd", "<AdaptationSet id=\"1\"", FALSE);
}

/* What was told to be one set is an error when it does not meet. */
static void
test_refused (Fixture *f, gconstpointer data)
{
  static const gchar *const pads[] = { "audio_0", "audio_1" };
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  f->sources[1] = add_source (f, "audio_1");
  for (guint i = 0; i < G_N_ELEMENTS (pads); i++) {
    g_autoptr (GstPad) pad = gst_element_get_static_pad (f->sink, pads[i]);

    g_object_set (pad, "adaptation-set", 4, NULL);
  }
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 4, 0);
  push_seconds (f->sources[1], 0, 4, 15 * GST_MSECOND);
  message = wait_for (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "segment "));
  g_assert_nonnull (strstr (error->message, "audio_1"));
}

/* A pad that is released is named no more; the others go on. */
static void
test_released (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) pad = NULL;

  f->sources[1] = add_source (f, "audio_1");
  pad = gst_element_get_static_pad (f->sink, "audio_1");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 3, 0);
  push_seconds (f->sources[1], 0, 3, 0);
  wait_for_manifest (f, 2);
  push_seconds (f->sources[1], 3, 60, 0); /* it is at work when it goes */
  gst_element_set_state (f->sources[1], GST_STATE_NULL);
  gst_element_release_request_pad (f->sink, pad);
  gst_bin_remove (GST_BIN (f->pipeline), f->sources[1]);
  f->sources[1] = NULL;
  push_seconds (f->sources[0], 3, 6, 0);
  end_and_wait (f);
  assert_says (f, "stream.mpd", "id=\"audio_0\"", TRUE);
  assert_says (f, "stream.mpd", "id=\"audio_1\"", FALSE);
}

/* What a run before, which was killed, left behind. */
static void
test_leftovers (Fixture *f, gconstpointer data)
{
  static const gchar *const left[] = { "audio_0/77.m4s",
    "audio_0/.78.m4s.part", "audio_0/playlist.m3u8", "stream.mpd",
    "stream.m3u8" };
  g_autofree gchar *folder = g_build_filename (f->folder, "audio_0", NULL);

  g_mkdir (folder, 0777);
  for (guint i = 0; i < G_N_ELEMENTS (left); i++) {
    g_autofree gchar *path = g_build_filename (f->folder, left[i], NULL);

    g_assert_true (g_file_set_contents (path, "old", 3, NULL));
  }
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 3, 0);
  wait_for_manifest (f, 2);
  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *path = g_build_filename (f->folder, left[i], NULL);

    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  }
  assert_says (f, "audio_0/playlist.m3u8", "1.m4s", TRUE);
  end_and_wait (f);
}

/* A file is not live: no manifest before the end, unless one asks for it. */
static void
test_auto (Fixture *f, gconstpointer data)
{
  gboolean live = GPOINTER_TO_INT (data);
  g_autofree gchar *segment = g_build_filename (f->folder, "audio_0", "3.m4s",
      NULL);

  gst_util_set_object_arg (G_OBJECT (f->sink), "presentation-type", "auto");
  g_object_set (f->sources[0], "is-live", live, NULL);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 4, 0);
  if (live)
    wait_for_manifest (f, 3);
  while (!g_file_test (segment, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  g_assert_cmpint (g_file_test (f->manifest, G_FILE_TEST_EXISTS), ==, live);
  end_and_wait (f);
  assert_says (f, "stream.mpd", "type=\"static\"", TRUE);
}

/* The sink waits for no clock, so it asks no other sink to wait for it. */
static void
test_latency (Fixture *f, gconstpointer data)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live;
  GstClockTime min = 0;

  g_object_set (f->sources[0], "is-live", TRUE, NULL);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 2, 0);
  wait_for_manifest (f, 1);
  g_assert_true (gst_element_query (f->pipeline, query));
  gst_query_parse_latency (query, &live, &min, NULL);
  g_assert_cmpuint (min, ==, 0);
  end_and_wait (f);
}

/* The clock has not reached the time at which the pipeline is to start. */
static void
test_starts_later (Fixture *f, gconstpointer data)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();

  gst_pipeline_use_clock (GST_PIPELINE (f->pipeline), clock);
  gst_element_set_start_time (f->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (f->pipeline,
      gst_clock_get_time (clock) + 3600 * GST_SECOND);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_seconds (f->sources[0], 0, 2, 0);
  wait_for_manifest (f, 1);
  assert_says (f, "stream.mpd", "availabilityStartTime=\"20", TRUE);
  end_and_wait (f);
}

static void
test_single_file (Fixture *f, gconstpointer data)
{
  g_object_set (f->sink, "single-file", TRUE, NULL);
  g_assert_cmpint (gst_element_set_state (f->pipeline, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
}

gint
main (gint argc, gchar **argv)
{
  static const struct
  {
    const gchar *path;
    void (*test) (Fixture *f, gconstpointer data);
    gpointer data;
  } tests[] = {
    { "/dash-live/window", test_window, NULL },
    { "/dash-live/event", test_event, NULL },
    { "/dash-live/bounded", test_bounded, NULL },
    { "/dash-live/waits-for-all", test_waits_for_all, NULL },
    { "/dash-live/drifts-apart", test_drifts_apart, NULL },
    { "/dash-live/refused", test_refused, NULL },
    { "/dash-live/released", test_released, NULL },
    { "/dash-live/leftovers", test_leftovers, NULL },
    { "/dash-live/auto-live", test_auto, GINT_TO_POINTER (TRUE) },
    { "/dash-live/auto-file", test_auto, GINT_TO_POINTER (FALSE) },
    { "/dash-live/latency", test_latency, NULL },
    { "/dash-live/starts-later", test_starts_later, NULL },
    { "/dash-live/single-file", test_single_file, NULL },
  };

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, tests[i].data, set_up, tests[i].test,
        tear_down);
  return run_tests ();
}
