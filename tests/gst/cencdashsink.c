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
  "rate = 44100, channels = 2, codec_data = (buffer) 1210"
#define FRAME 23219955

/* AAC frames are as good as any: what is tested is the sink. */
typedef struct
{
  gchar *folder;
  gchar *manifest;
  GstElement *pipeline;
  GstElement *sink;
  GstElement *source;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (AAC);

  f->folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  f->manifest = g_build_filename (f->folder, "out", "stream.mpd", NULL);
  f->pipeline = gst_pipeline_new (NULL);
  f->source = gst_element_factory_make ("appsrc", NULL);
  f->sink = gst_element_factory_make ("cencdashsink", NULL);
  gst_bin_add_many (GST_BIN (f->pipeline), f->source, f->sink, NULL);
  g_object_set (f->source, "caps", caps, "format", GST_FORMAT_TIME, NULL);
  g_object_set (f->sink, "location", f->manifest, "fragment-duration",
      (guint64) GST_SECOND, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  end_pipeline (f->pipeline, f->folder);
  g_free (f->manifest);
}

static void
push_frames (Fixture *f, guint n)
{
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    gst_buffer_memset (buffer, 0, i, 100);
    GST_BUFFER_PTS (buffer) = (guint64) i * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    gst_app_src_push_buffer (GST_APP_SRC (f->source), buffer);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (f->source));
}

/* Waits for a message of one of the types, of this name if it is an element
 * message. */
static GstMessage *
wait_for (Fixture *f, GstMessageType types)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (f->pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, TIMEOUT, types);

  g_assert_nonnull (message);
  return message;
}

static void
wait_for_eos (Fixture *f)
{
  g_autoptr (GstMessage) message = wait_for (f,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
}

static void
assert_exists (Fixture *f, const gchar *name, gboolean exists)
{
  g_autofree gchar *path = g_build_filename (f->folder, "out", name, NULL);

  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, exists);
}

static guint
count_boxes (Fixture *f, const gchar *name, const gchar *type)
{
  g_autofree gchar *path = g_build_filename (f->folder, "out", name, NULL);
  g_autofree gchar *data = NULL;
  guint count = 0;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  for (gsize at = 0; at + 8 <= size; at += GST_READ_UINT32_BE (data + at))
    count += memcmp (data + at + 4, type, 4) == 0;
  return count;
}

/* Segments are what they were, in more pieces. */
static void
test_chunks (Fixture *f, gconstpointer data)
{
  g_object_set (f->sink, "chunk-duration", 250 * GST_MSECOND, NULL);
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 140); /* 3.25 s */
  wait_for_eos (f);
  g_assert_cmpuint (count_boxes (f, "audio_0/1.m4s", "styp"), ==, 1);
  g_assert_cmpuint (count_boxes (f, "audio_0/1.m4s", "moof"), ==, 4);
  g_assert_cmpuint (count_boxes (f, "audio_0/1.m4s", "mdat"), ==, 4);
  assert_exists (f, "audio_0/4.m4s", TRUE);
  assert_exists (f, "audio_0/5.m4s", FALSE);
}

/* Every message tells of something that is there already. */
static void
check_messages (Fixture *f, guint frames, guint expected)
{
  guint segments = 0, complete = 0, manifests = 0;
  gboolean ended = FALSE;

  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, frames);
  while (!ended) {
    g_autoptr (GstMessage) message = wait_for (f,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    const GstStructure *s = gst_message_get_structure (message);

    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
    if (gst_message_has_name (message, "cencdashsink-segment")) {
      g_assert_cmpuint (complete, ==, 0);
      assert_exists (f, gst_structure_get_string (s, "location"), TRUE);
      segments++;
    } else if (gst_message_has_name (message, "cencdashsink-complete")) {
      complete++;
    } else if (gst_message_has_name (message, "cencdashsink-manifest")) {
      g_assert_cmpuint (complete, ==, 1);
      assert_exists (f, "stream.mpd", TRUE);
      manifests++;
    }
  }
  g_assert_cmpuint (segments, ==, expected);
  g_assert_cmpuint (complete, ==, 1);
  g_assert_cmpuint (manifests, ==, 1);
}

static void
test_messages (Fixture *f, gconstpointer data)
{
  check_messages (f, 140, 4); /* 3.25 s */
  assert_exists (f, "audio_0/init.mp4", TRUE);
  assert_exists (f, "audio_0/4.m4s", TRUE);
  assert_exists (f, "audio_0/.4.m4s.part", FALSE);
}

/* More than are committed together, and no whole number of times. */
static void
test_durable (Fixture *f, gconstpointer data)
{
  g_object_set (f->sink, "durable", TRUE, NULL);
  check_messages (f, 1700, 40); /* 39.5 s */
  assert_exists (f, "audio_0/init.mp4", TRUE);
  assert_exists (f, "audio_0/40.m4s", TRUE);
  assert_exists (f, "audio_0/.40.m4s.part", FALSE);
}

/* One file a track, there at the end and not before. */
static void
test_single_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GstMessage) message = NULL;
  g_autofree gchar *manifest = NULL;

  g_object_set (f->sink, "single-file", TRUE, "hls", TRUE, NULL);
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 140);
  message = wait_for (f, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  assert_exists (f, "audio_0/track.mp4", TRUE);
  assert_exists (f, "audio_0/.track.mp4.part", FALSE);
  assert_exists (f, "audio_0/init.mp4", FALSE);
  assert_exists (f, "audio_0/1.m4s", FALSE);
  assert_exists (f, "audio_0/playlist.m3u8", TRUE);
  assert_exists (f, "stream.m3u8", TRUE);
  g_assert_true (g_file_get_contents (f->manifest, &manifest, NULL, NULL));
  g_assert_nonnull (strstr (manifest, "<SegmentBase"));
}

static void
test_unlinked_pad (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) unlinked = gst_element_request_pad_simple (f->sink,
      "video_0");
  g_autoptr (GstMessage) message = NULL;

  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 10);
  message = wait_for (f, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  assert_exists (f, "stream.mpd", TRUE);
  assert_exists (f, "video_0", FALSE);
}

static void
test_released_pad (Fixture *f, gconstpointer data)
{
  GstPad *pad = gst_element_request_pad_simple (f->sink, "video_%u");
  g_autoptr (GstMessage) message = NULL;

  g_assert_cmpstr (GST_PAD_NAME (pad), ==, "video_0");
  gst_element_release_request_pad (f->sink, pad);
  gst_object_unref (pad);
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 10);
  message = wait_for (f, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
}

static void
test_empty_input (Fixture *f, gconstpointer data)
{
  g_autoptr (GstMessage) message = NULL;

  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_app_src_end_of_stream (GST_APP_SRC (f->source));
  message = wait_for (f, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  assert_exists (f, "stream.mpd", FALSE);
}

/* A run that ends early leaves no manifest, not even an older one, and nothing
 * that looks like a segment and is not. */
static void
test_stopped_early (Fixture *f, gconstpointer data)
{
  g_autofree gchar *out = g_path_get_dirname (f->manifest);
  gboolean segment = FALSE;

  g_mkdir (out, 0777);
  g_assert_true (g_file_set_contents (f->manifest, "old", -1, NULL));
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 60; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    gst_buffer_memset (buffer, 0, i, 100);
    GST_BUFFER_PTS (buffer) = (guint64) i * FRAME;
    gst_app_src_push_buffer (GST_APP_SRC (f->source), buffer);
  }
  while (!segment) {
    g_autoptr (GstMessage) message = wait_for (f,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    segment = gst_message_has_name (message, "cencdashsink-segment");
  }
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  assert_exists (f, "stream.mpd", FALSE);
  assert_exists (f, "audio_0/1.m4s", TRUE);
  assert_exists (f, "audio_0/2.m4s", FALSE);
  assert_exists (f, "audio_0/.2.m4s.part", FALSE);
}

static void
test_not_writable (Fixture *f, gconstpointer data)
{
  g_autoptr (GstMessage) message = NULL;

  g_object_set (f->sink, "location", "/dev/null/out/stream.mpd", NULL);
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 50);
  message = wait_for (f, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
}

/* Where a run writes to stays what it was. */
static void
test_set_while_running (Fixture *f, gconstpointer data)
{
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*location*READY*");
  g_object_set (f->sink, "location", "/nonexistent/stream.mpd", NULL);
  g_test_assert_expected_messages ();
  push_frames (f, 10);
  wait_for_eos (f);
  assert_exists (f, "stream.mpd", TRUE);
}

static void
test_no_location (Fixture *f, gconstpointer data)
{
  static const gchar *const locations[] = { NULL, "", "folder/" };

  for (guint i = 0; i < G_N_ELEMENTS (locations); i++) {
    g_object_set (f->sink, "location", locations[i], NULL);
    g_assert_cmpint (gst_element_set_state (f->pipeline, GST_STATE_PAUSED), ==,
        GST_STATE_CHANGE_FAILURE);
    gst_element_set_state (f->pipeline, GST_STATE_NULL);
  }
}

/* A last segment of one frame says nothing of the bit rate. */
static void
test_bandwidth (Fixture *f, gconstpointer data)
{
  g_autofree gchar *manifest = NULL;
  const gchar *bandwidth;

  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 45);
  wait_for_eos (f);
  assert_exists (f, "audio_0/2.m4s", TRUE);
  g_assert_true (g_file_get_contents (f->manifest, &manifest, NULL, NULL));
  bandwidth = strstr (manifest, "bandwidth=\"");
  g_assert_nonnull (bandwidth);
  g_assert_cmpuint (g_ascii_strtoull (bandwidth + strlen ("bandwidth=\""),
      NULL, 10), <, 50000);
}

static void
push_segment (Fixture *f, guint first, guint n)
{
  for (guint i = first; i < first + n; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    gst_buffer_memset (buffer, 0, i, 100);
    GST_BUFFER_PTS (buffer) = (guint64) i * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    gst_app_src_push_buffer (GST_APP_SRC (f->source), buffer);
  }
}

static void
wait_for_segment (Fixture *f, guint number)
{
  for (;;) {
    g_autoptr (GstMessage) message = wait_for (f,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    const GstStructure *s = gst_message_get_structure (message);
    guint actual = 0;

    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    if (gst_structure_get_uint (s, "number", &actual) && actual == number)
      return;
  }
}

static guint
count_in_file (Fixture *f, const gchar *name, const gchar *text)
{
  g_autofree gchar *path = g_build_filename (f->folder, "out", name, NULL);
  g_autofree gchar *content = NULL;
  gsize size;
  guint count = 0;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  for (gsize i = 0; i + strlen (text) <= size; i++)
    count += memcmp (content + i, text, strlen (text)) == 0;
  return count;
}

static void
flush (Fixture *f)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (f->source, "src");
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (peer, gst_event_new_flush_start ());
  gst_pad_send_event (peer, gst_event_new_flush_stop (TRUE));
  gst_pad_send_event (peer, gst_event_new_segment (&segment));
}

static GstPadProbeReturn
count_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  g_atomic_int_inc ((gint *) count);
  return GST_PAD_PROBE_OK;
}

/* Called when it has pushed what it had. */
static void
on_need_data (GstElement *source, guint size, gpointer data)
{
  gint *counts = data;

  g_atomic_int_set (&counts[1], g_atomic_int_get (&counts[0]));
}

/* What came before a flush is forgotten: the track begins again. */
static void
test_flush (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (f->source, "src");
  gint counts[2] = { 0, 0 }; /* buffers that are on their way, and beyond it */

  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  g_object_set (f->source, "stream-type", 0, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, counts,
      NULL);
  g_signal_connect (f->source, "need-data", G_CALLBACK (on_need_data), counts);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_segment (f, 0, 100);
  wait_for_segment (f, 1);
  /* A flush in the middle of a push would stop appsrc for good. */
  while (g_atomic_int_get (&counts[1]) < 100)
    g_usleep (1000);
  g_signal_handlers_disconnect_by_func (f->source, on_need_data, counts);
  flush (f);
  push_frames (f, 50);
  wait_for_eos (f);
  g_assert_cmpuint (count_in_file (f, "audio_0/1.m4s", "moof"), ==, 1);
  g_assert_cmpuint (count_in_file (f, "audio_0/2.m4s", "moof"), ==, 1);
  g_assert_cmpuint (count_in_file (f, "stream.mpd", "<S "), ==, 2);
}

/* Behind the end, too. */
static void
test_flush_after_end (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) sink = NULL;

  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  sink = gst_element_get_static_pad (f->sink, "audio_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 100);
  wait_for_eos (f);
  flush (f);
  assert_exists (f, "stream.mpd", FALSE);
  for (guint i = 0; i < 10; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    gst_buffer_memset (buffer, 0, i, 100);
    GST_BUFFER_PTS (buffer) = (guint64) i * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    g_assert_cmpint (gst_pad_chain (sink, buffer), ==, GST_FLOW_OK);
  }
  gst_pad_send_event (sink, gst_event_new_eos ());
  wait_for_eos (f);
  g_assert_cmpuint (count_in_file (f, "stream.mpd", "<S "), ==, 1);
}

/* The last segment cannot be stored: no end, no manifest. */
static void
test_error_at_end (Fixture *f, gconstpointer data)
{
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstBus) bus = gst_element_get_bus (f->pipeline);
  g_autofree gchar *obstacle = g_build_filename (f->folder, "out", "audio_0",
      "2.m4s", NULL);

  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_segment (f, 0, 50);
  wait_for_segment (f, 1);
  g_assert_cmpint (g_mkdir_with_parents (obstacle, 0777), ==, 0);
  gst_app_src_end_of_stream (GST_APP_SRC (f->source));
  message = wait_for (f, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  g_assert_null (gst_bus_timed_pop_filtered (bus, 200 * GST_MSECOND,
      GST_MESSAGE_EOS));
  assert_exists (f, "stream.mpd", FALSE);
}

static void
on_overrun (GstElement *queue, gpointer data)
{
  g_atomic_int_set ((gint *) data, TRUE);
}

static GstElement *
find_child (GstElement *bin, const gchar *type)
{
  for (GList *l = GST_BIN_CHILDREN (bin); l; l = l->next) {
    if (g_strcmp0 (G_OBJECT_TYPE_NAME (l->data), type) == 0)
      return l->data;
  }
  g_assert_not_reached ();
}

/* In PAUSED nothing goes on behind the queue, which is full. */
static void
test_release_while_blocked (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (f->sink, "audio_0");
  g_autoptr (GstPad) source = gst_element_get_static_pad (f->source, "src");

  gint full = FALSE;

  g_assert_cmpint (gst_pad_link (source, pad), ==, GST_PAD_LINK_OK);
  g_signal_connect (find_child (f->sink, "GstQueue"), "overrun",
      G_CALLBACK (on_overrun), &full);
  gst_element_set_state (f->pipeline, GST_STATE_PAUSED);
  for (guint i = 0; i < 12; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1 << 20, NULL);

    GST_BUFFER_PTS (buffer) = i * GST_SECOND;
    GST_BUFFER_DURATION (buffer) = GST_SECOND;
    gst_app_src_push_buffer (GST_APP_SRC (f->source), buffer);
  }
  while (!g_atomic_int_get (&full))
    g_usleep (1000);
  gst_element_release_request_pad (f->sink, pad);
  g_assert_false (gst_pad_is_linked (source));
}

/* A released pad counts as absent, also when it was the last to be waited
 * for. */
static void
test_release_last (Fixture *f, gconstpointer data)
{
  GstElement *other = gst_element_factory_make ("appsrc", NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (f->pipeline);
  g_autoptr (GstCaps) caps = gst_caps_from_string (AAC);
  g_autoptr (GstPad) pad = NULL;

  g_object_set (other, "caps", caps, "format", GST_FORMAT_TIME, NULL);
  gst_bin_add (GST_BIN (f->pipeline), other);
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  g_assert_true (gst_element_link_pads (other, "src", f->sink, "audio_1"));
  pad = gst_element_get_static_pad (f->sink, "audio_1");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 50);
  wait_for_segment (f, 2);
  /* Give the end time to arrive; the test is right without it, too. */
  g_assert_null (gst_bus_timed_pop_filtered (bus, 200 * GST_MSECOND,
      GST_MESSAGE_EOS));
  gst_element_release_request_pad (f->sink, pad);
  wait_for_eos (f);
  assert_exists (f, "stream.mpd", TRUE);
}

static void
test_pad_properties (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (f->sink, "audio_0");

  gst_util_set_object_arg (G_OBJECT (pad), "role", "commentary");
  g_object_set (pad, "language", "de", "label", "Regie\n<1>", NULL);
  g_assert_true (gst_element_link_pads (f->source, "src", f->sink, "audio_0"));
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_frames (f, 10);
  wait_for_eos (f);
  g_assert_cmpuint (count_in_file (f, "stream.mpd", "lang=\"de\""), ==, 1);
  g_assert_cmpuint (count_in_file (f, "stream.mpd",
      "<Label>Regie &lt;1&gt;</Label>"), ==, 1);
  g_assert_cmpuint (count_in_file (f, "stream.mpd", "\"commentary\""), ==, 1);
}

static void
test_pad_names (Fixture *f, gconstpointer data)
{
  static const gchar *const bad[] = { "video_ 7", "video_+7" };
  GstPadTemplate *template = gst_element_get_pad_template (f->sink, "video_%u");
  g_autoptr (GstPad) good = gst_element_request_pad_simple (f->sink,
      "video_7");

  g_assert_nonnull (good);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (gst_element_request_pad (f->sink, template, bad[i], NULL));

  /* GStreamer warns of a name that is taken, and leaves it to the element. */
  g_test_expect_message ("GStreamer", G_LOG_LEVEL_CRITICAL,
      "*already has a pad*");
  g_assert_null (gst_element_request_pad (f->sink, template, "video_7", NULL));
  g_test_assert_expected_messages ();
  gst_element_release_request_pad (f->sink, good);
}

gint
main (gint argc, gchar **argv)
{
  static const struct
  {
    const gchar *path;
    void (*test) (Fixture *f, gconstpointer data);
  } tests[] = {
    { "/cencdashsink/messages", test_messages },
    { "/cencdashsink/durable", test_durable },
    { "/cencdashsink/chunks", test_chunks },
    { "/cencdashsink/single-file", test_single_file },
    { "/cencdashsink/unlinked-pad", test_unlinked_pad },
    { "/cencdashsink/released-pad", test_released_pad },
    { "/cencdashsink/empty-input", test_empty_input },
    { "/cencdashsink/stopped-early", test_stopped_early },
    { "/cencdashsink/bandwidth", test_bandwidth },
    { "/cencdashsink/flush", test_flush },
    { "/cencdashsink/flush-after-end", test_flush_after_end },
    { "/cencdashsink/error-at-end", test_error_at_end },
    { "/cencdashsink/release-while-blocked", test_release_while_blocked },
    { "/cencdashsink/release-last", test_release_last },
    { "/cencdashsink/pad-names", test_pad_names },
    { "/cencdashsink/pad-properties", test_pad_properties },
    { "/cencdashsink/not-writable", test_not_writable },
    { "/cencdashsink/set-while-running", test_set_while_running },
    { "/cencdashsink/no-location", test_no_location },
  };

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test,
        tear_down);
  return run_tests ();
}
