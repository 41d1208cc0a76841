/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What cencdashsink makes of an end behind an error of one of its writers. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "leaks.h"
#include "pipeline-end.h"

#define TIMEOUT (20 * GST_SECOND)
#define AAC \
  "audio/mpeg, mpegversion = 4, stream-format = raw, framed = true, " \
  "rate = 44100, channels = 2, codec_data = (buffer) 1210"
#define TEXT "text/x-raw, format = (string) utf8"

typedef struct
{
  gchar *folder;
  GstElement *pipeline;
  GstElement *sink;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree gchar *manifest = NULL;

  f->folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  manifest = g_build_filename (f->folder, "stream.mpd", NULL);
  f->pipeline = gst_pipeline_new (NULL);
  f->sink = gst_element_factory_make ("cencdashsink", NULL);
  gst_bin_add (GST_BIN (f->pipeline), f->sink);
  g_object_set (f->sink, "location", manifest, "fragment-duration",
      (guint64) GST_SECOND, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  end_pipeline (f->pipeline, f->folder);
}

static void
assert_exists (Fixture *f, const gchar *name, gboolean exists)
{
  g_autofree gchar *path = g_build_filename (f->folder, name, NULL);

  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, exists);
}

/* --- streams ------------------------------------------------------------- */

/* Of one pad of the sink. */
typedef struct
{
  GstPad *source; /* linked to it */
  GstPad *out;    /* of its queue */
  GstPad *in;     /* of the writer behind that */
  gint ended;     /* the writer is told of the end */
} Stream;

static GstPadProbeReturn
note_end (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Stream *stream = data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    g_atomic_int_set (&stream->ended, TRUE);
  return GST_PAD_PROBE_OK;
}

/* That of the pad that was asked for last. */
static GstElement *
find_queue (GstElement *bin)
{
  for (GList *l = GST_BIN_CHILDREN (bin); l; l = l->next) {
    if (g_str_equal (G_OBJECT_TYPE_NAME (l->data), "GstQueue"))
      return l->data;
  }
  g_assert_not_reached ();
}

static void
stream_init (Stream *stream, Fixture *f, const gchar *name)
{
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (f->sink, name);

  stream->source = gst_pad_new (NULL, GST_PAD_SRC);
  gst_pad_set_active (stream->source, TRUE);
  g_assert_cmpint (gst_pad_link (stream->source, pad), ==, GST_PAD_LINK_OK);
  stream->out = gst_element_get_static_pad (find_queue (f->sink),
      "src");
  stream->in = gst_pad_get_peer (stream->out);
  stream->ended = FALSE;
  gst_pad_add_probe (stream->in, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_end,
      stream, NULL);
}

static void
stream_clear (Stream *stream)
{
  gst_pad_set_active (stream->source, FALSE);
  gst_object_unref (stream->source);
  gst_object_unref (stream->out);
  gst_object_unref (stream->in);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Stream, stream_clear)

/* Three seconds and the end. */
static void
stream_push (Stream *stream, const gchar *caps_string)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_string);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (stream->source, gst_event_new_stream_start ("stream"));
  gst_pad_push_event (stream->source, gst_event_new_caps (caps));
  gst_pad_push_event (stream->source, gst_event_new_segment (&segment));
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    gst_buffer_memset (buffer, 0, 'a', 100);
    GST_BUFFER_PTS (buffer) = i * GST_SECOND;
    GST_BUFFER_DURATION (buffer) = GST_SECOND;
    g_assert_cmpint (gst_pad_push (stream->source, buffer), ==, GST_FLOW_OK);
  }
  gst_pad_push_event (stream->source, gst_event_new_eos ());
}

/* Until the writer has done with the end, which takes the lock of its pad. */
static void
stream_wait_for_end (Stream *stream)
{
  while (!g_atomic_int_get (&stream->ended))
    g_usleep (1000);
  GST_PAD_STREAM_LOCK (stream->in);
  GST_PAD_STREAM_UNLOCK (stream->in);
}

/* --- errors -------------------------------------------------------------- */

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
make_folder (GstPad *pad, GstPadProbeInfo *info, gpointer path)
{
  g_assert_cmpint (g_mkdir_with_parents (path, 0777), ==, 0);
  return GST_PAD_PROBE_REMOVE;
}

/* The queue has all of the stream when the first thing leaves it, and so sends
 * the end on when the writer has failed: at the file of this name, which is a
 * folder from when the first of the type comes. */
static void
stream_fail_before_end (Stream *stream, Fixture *f, const gchar *caps,
    GstPadProbeType type, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (f->folder, name, NULL);
  gulong blocked = gst_pad_add_probe (stream->out,
      GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (f->pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_pad_add_probe (stream->in, type, make_folder, path, NULL);
  stream_push (stream, caps);
  gst_pad_remove_probe (stream->out, blocked);
  message = gst_bus_timed_pop_filtered (bus, TIMEOUT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  stream_wait_for_end (stream);
}

/* There is no manifest without the segments that could not be written. */
static void
test_segment (Fixture *f, gconstpointer data)
{
  g_auto (Stream) audio;

  stream_init (&audio, f, "audio_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  stream_fail_before_end (&audio, f, AAC, GST_PAD_PROBE_TYPE_BUFFER_LIST,
      "audio_0/2.m4s");
  assert_exists (f, "audio_0/1.m4s", TRUE);
  assert_exists (f, "stream.mpd", FALSE);
}

/* Nor one without the text. */
static void
test_text (Fixture *f, gconstpointer data)
{
  g_auto (Stream) text, audio;

  stream_init (&text, f, "text_0");
  stream_init (&audio, f, "audio_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  stream_fail_before_end (&text, f, TEXT, GST_PAD_PROBE_TYPE_BUFFER,
      "text_0/.track.vtt.part");
  stream_push (&audio, AAC);
  stream_wait_for_end (&audio);
  assert_exists (f, "audio_0/3.m4s", TRUE);
  assert_exists (f, "stream.mpd", FALSE);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/dash-errors/segment", Fixture, NULL, set_up,
      test_segment, tear_down);
  g_test_add ("/dash-errors/text", Fixture, NULL, set_up,
      test_text, tear_down);
  return run_tests ();
}
