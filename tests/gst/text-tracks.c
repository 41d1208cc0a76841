/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text pads of cencdashsink, beside a second and a half of sound. */

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
#define HEADER "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
#define NONE (-1)

typedef struct
{
  gchar *folder;
  GstElement *pipeline;
  GstElement *sink;
  GstElement *sound, *text;
} Fixture;

static GstElement *
add_source (Fixture *f, const gchar *caps_string, const gchar *pad)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_string);
  GstElement *source = gst_element_factory_make ("appsrc", NULL);

  g_object_set (source, "caps", caps, "format", GST_FORMAT_TIME,
      "handle-segment-change", TRUE, NULL);
  gst_bin_add (GST_BIN (f->pipeline), source);
  g_assert_true (gst_element_link_pads (source, "src", f->sink, pad));
  return source;
}

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
      500 * GST_MSECOND, "hls", TRUE, NULL);
  f->sound = add_source (f, AAC, "audio_0");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  end_pipeline (f->pipeline, f->folder);
}

static void
push_sound (Fixture *f)
{
  for (guint i = 0; i < 64; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    gst_buffer_memset (buffer, 0, i, 100);
    GST_BUFFER_PTS (buffer) = (guint64) i * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    gst_app_src_push_buffer (GST_APP_SRC (f->sound), buffer);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (f->sound));
}

static GstBuffer *
text_buffer (gint pts, gint duration, const gchar *text)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, strlen (text), NULL);

  gst_buffer_fill (buffer, 0, text, strlen (text));
  if (pts != NONE)
    GST_BUFFER_PTS (buffer) = pts * GST_MSECOND;
  if (duration != NONE)
    GST_BUFFER_DURATION (buffer) = duration * GST_MSECOND;
  return buffer;
}

static GstMessageType
wait_for_end (Fixture *f)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (f->pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, TIMEOUT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  return GST_MESSAGE_TYPE (message);
}

/* (transfer full) (nullable) */
static gchar *
read_file (Fixture *f, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (f->folder, name, NULL);
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

/* NULL for a file that is not there. */
static void
assert_file (Fixture *f, const gchar *name, const gchar *wanted)
{
  g_autofree gchar *text = read_file (f, name);
  g_autofree gchar *whole = wanted ? g_strconcat (HEADER, wanted, NULL) : NULL;

  g_assert_cmpstr (text, ==, whole);
}

static void
assert_in_file (Fixture *f, const gchar *name, const gchar *wanted)
{
  g_autofree gchar *text = read_file (f, name);

  g_assert_nonnull (text);
  if (strstr (text, wanted) == NULL)
    g_error ("%s is not in %s:\n%s", wanted, name, text);
}

/* --- what becomes of buffers ------------------------------------------------- */

typedef struct
{
  gint pts, duration; /* ms */
  const gchar *text;
} Piece;

typedef struct
{
  const gchar *name;
  const gchar *caps;
  GstFormat format;
  guint start; /* of the segment, ms */
  Piece pieces[6];
  const gchar *file; /* NULL where there is none */
} Case;

#define PLAIN "text/x-raw, format = utf8"
#define MARKUP "text/x-raw, format = pango-markup"
#define WEBVTT "application/x-subtitle-vtt"
#define TIME GST_FORMAT_TIME

static const Case cases[] = {
  { "plain", PLAIN, TIME, 0,
      { { 100, 300, "<a> & b" }, { 500, 1000, "two\r\nlines\n" } },
      "00:00:00.100 --> 00:00:00.400\n&lt;a&gt; &amp; b\n\n"
      "00:00:00.500 --> 00:00:01.500\ntwo\nlines\n\n" },
  { "markup", MARKUP, TIME, 0, { { 100, 300, "<i>a</i> &amp; <s>b</s>" } },
      "00:00:00.100 --> 00:00:00.400\n<i>a</i> &amp; b\n\n" },
  { "overlapping", PLAIN, TIME, 0,
      { { 100, 900, "a" }, { 200, 100, "b" } },
      "00:00:00.100 --> 00:00:01.000\na\n\n"
      "00:00:00.200 --> 00:00:00.300\nb\n\n" },
  { "no-duration", PLAIN, TIME, 0,
      { { 100, NONE, "a" }, { 300, NONE, "b" }, { 900, NONE, "" },
        { 1000, NONE, "c" } },
      "00:00:00.100 --> 00:00:00.300\na\n\n"
      "00:00:00.300 --> 00:00:00.900\nb\n\n"
      "00:00:01.000 --> 00:00:06.000\nc\n\n" },
  { "segment", PLAIN, TIME, 2000,
      { { 1000, 500, "before" }, { 1900, 300, "at its start" },
        { 2500, 500, "inside" } },
      "00:00:00.000 --> 00:00:00.200\nat its start\n\n"
      "00:00:00.500 --> 00:00:01.000\ninside\n\n" },
  { "empty", PLAIN, TIME, 0, { { 100, 300, "" }, { 500, 100, " \n" } }, NULL },
  { "webvtt-samples", WEBVTT, TIME, 1000,
      { { NONE, NONE, "WEBVTT\n\n" },
        { 1000, 500, "00:01.000 --> 00:01.500 line:0\na\n\n"
            "00:01.000 --> 00:01.500\nb\n\n" },
        { 1500, NONE, "00:01.500 --> 00:02.250\nc" } },
      "00:00:00.000 --> 00:00:00.500 line:0\na\n\n"
      "00:00:00.000 --> 00:00:00.500\nb\n\n"
      "00:00:00.500 --> 00:00:01.250\nc\n\n" },
  { "webvtt-file", WEBVTT, GST_FORMAT_BYTES, 0,
      { { 0, NONE, "WEBVTT\n\n00:00.1" },
        { NONE, NONE, "00 --> 00:00.500 align:start\n<v Ann>a" },
        { NONE, NONE, " &amp; b</v>\n\n00:01.000 --> 00:01.200\nc" } },
      "00:00:00.100 --> 00:00:00.500 align:start\n<v Ann>a &amp; b</v>\n\n"
      "00:00:01.000 --> 00:00:01.200\nc\n\n" },
};

static void
push_pieces (Fixture *f, const Case *c)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (c->caps);
  GstSegment segment;

  gst_segment_init (&segment, c->format);
  segment.start = c->start * GST_MSECOND;
  for (guint i = 0; i < G_N_ELEMENTS (c->pieces) && c->pieces[i].text; i++) {
    const Piece *piece = &c->pieces[i];
    g_autoptr (GstBuffer) buffer = text_buffer (piece->pts, piece->duration,
        piece->text);
    g_autoptr (GstSample) sample = gst_sample_new (buffer, caps, &segment,
        NULL);

    gst_app_src_push_sample (GST_APP_SRC (f->text), sample);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (f->text));
}

static void
test_case (Fixture *f, gconstpointer data)
{
  const Case *c = data;
  g_autofree gchar *mpd = NULL;

  f->text = add_source (f, c->caps, "text_0");
  g_object_set (f->text, "format", c->format, NULL);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_sound (f);
  push_pieces (f, c);
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_EOS);
  assert_file (f, "text_0/track.vtt", c->file);
  mpd = read_file (f, "stream.mpd");
  g_assert_cmpint (strstr (mpd, "text_0/track.vtt") != NULL, ==,
      c->file != NULL);
}

/* --- what is written beside it -------------------------------------------------- */

static void
run_two_cues (Fixture *f)
{
  f->text = add_source (f, PLAIN, "text_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  push_sound (f);
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (200, 500, "a"));
  gst_app_src_push_buffer (GST_APP_SRC (f->text),
      text_buffer (1400, 9000, "b"));
  gst_app_src_end_of_stream (GST_APP_SRC (f->text));
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_EOS);
}

/* The sound, which lasts 1.486 s, says how many there are. */
static void
test_segments (Fixture *f, gconstpointer data)
{
  run_two_cues (f);
  assert_file (f, "text_0/1.vtt", "00:00:00.200 --> 00:00:00.700\na\n\n");
  assert_file (f, "text_0/2.vtt", "00:00:00.200 --> 00:00:00.700\na\n\n");
  assert_file (f, "text_0/3.vtt", "00:00:01.400 --> 00:00:10.400\nb\n\n");
  assert_file (f, "text_0/4.vtt", NULL);
  assert_in_file (f, "text_0/playlist.m3u8", "#EXTINF:0.487000,\n3.vtt\n");
  assert_in_file (f, "stream.m3u8", "TYPE=SUBTITLES");
  assert_in_file (f, "stream.mpd", "mediaPresentationDuration=\"PT1.487S\"");
}

static void
test_single_file (Fixture *f, gconstpointer data)
{
  g_object_set (f->sink, "single-file", TRUE, NULL);
  run_two_cues (f);
  assert_file (f, "text_0/1.vtt", NULL);
  assert_in_file (f, "text_0/playlist.m3u8", "#EXTINF:1.487000,\ntrack.vtt\n");
}

/* What a file says of its track, and what the pad was told. */
static void
test_language (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) pad = NULL;
  GstTagList *tags = gst_tag_list_new (GST_TAG_LANGUAGE_CODE, "ger", NULL);

  f->text = add_source (f, PLAIN, "text_0");
  pad = gst_element_get_static_pad (f->sink, "text_0");
  gst_util_set_object_arg (G_OBJECT (pad), "role", "caption");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (0, 500, "a"));
  g_assert_true (gst_element_send_event (f->text, gst_event_new_tag (tags)));
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (500, 500, "b"));
  gst_app_src_end_of_stream (GST_APP_SRC (f->text));
  push_sound (f);
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_EOS);
  assert_in_file (f, "stream.mpd", "mimeType=\"text/vtt\" lang=\"de\"");
  assert_in_file (f, "stream.mpd", "value=\"caption\"");
  assert_in_file (f, "stream.m3u8", "LANGUAGE=\"de\"");
  assert_in_file (f, "stream.m3u8", "transcribes-spoken-dialog");
}

/* --- life ------------------------------------------------------------------------ */

static void
test_without_time (Fixture *f, gconstpointer data)
{
  f->text = add_source (f, PLAIN, "text_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (f->text),
      text_buffer (NONE, NONE, "a"));
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_ERROR);
}

/* Sound goes on to its end while the text pad has had gaps only. */
static void
test_gaps (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (f->sink, "text_0");
  g_autoptr (GstPad) source = gst_pad_new ("src", GST_PAD_SRC);
  g_autoptr (GstCaps) caps = gst_caps_from_string (PLAIN);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_set_active (source, TRUE);
  g_assert_cmpint (gst_pad_link (source, pad), ==, GST_PAD_LINK_OK);
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_pad_push_event (source, gst_event_new_stream_start ("text"));
  gst_pad_push_event (source, gst_event_new_caps (caps));
  gst_pad_push_event (source, gst_event_new_segment (&segment));
  for (guint i = 0; i < 3; i++)
    gst_pad_push_event (source, gst_event_new_gap (i * GST_SECOND, GST_SECOND));
  push_sound (f);
  gst_pad_push_event (source, gst_event_new_eos ());
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_EOS);
  assert_file (f, "text_0/track.vtt", NULL);
}

/* The text is at its end before the sound is linked. */
static void
test_text_first (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (f->sound, "src");
  g_autoptr (GstPad) sink = gst_pad_get_peer (src);
  g_autoptr (GstBus) bus = gst_element_get_bus (f->pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_pad_unlink (src, sink);
  f->text = add_source (f, PLAIN, "text_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (0, 500, "a"));
  gst_app_src_end_of_stream (GST_APP_SRC (f->text));
  message = gst_bus_timed_pop_filtered (bus, TIMEOUT, GST_MESSAGE_ELEMENT);
  g_assert_true (gst_message_has_name (message, "cencdashsink-segment"));
  g_assert_cmpint (gst_pad_link (src, sink), ==, GST_PAD_LINK_OK);
  push_sound (f);
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_EOS);
  assert_in_file (f, "stream.mpd", "audio_0");
  assert_in_file (f, "stream.mpd", "text_0/track.vtt");
}

/* Nothing to be heard, where it was to be. */
static void
test_text_without_sound (Fixture *f, gconstpointer data)
{
  f->text = add_source (f, PLAIN, "text_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (0, 500, "a"));
  gst_app_src_end_of_stream (GST_APP_SRC (f->text));
  gst_app_src_end_of_stream (GST_APP_SRC (f->sound));
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_ERROR);
}

/* A presentation of text alone. */
static void
test_text_only (Fixture *f, gconstpointer data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (f->sink, "audio_0");

  gst_element_unlink (f->sound, f->sink);
  gst_element_release_request_pad (f->sink, pad);
  gst_bin_remove (GST_BIN (f->pipeline), f->sound);
  f->text = add_source (f, PLAIN, "text_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (0, 1700, "a"));
  gst_app_src_end_of_stream (GST_APP_SRC (f->text));
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_EOS);
  assert_in_file (f, "stream.mpd", "mediaPresentationDuration=\"PT1.700S\"");
}

static void
test_flush (Fixture *f, gconstpointer data)
{
  f->text = add_source (f, PLAIN, "text_0");
  gst_element_set_state (f->pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (0, 500, "a"));
  gst_element_get_state (f->pipeline, NULL, NULL, TIMEOUT);
  gst_element_send_event (f->text, gst_event_new_flush_start ());
  gst_element_send_event (f->text, gst_event_new_flush_stop (TRUE));
  gst_app_src_push_buffer (GST_APP_SRC (f->text), text_buffer (0, 500, "b"));
  gst_app_src_end_of_stream (GST_APP_SRC (f->text));
  push_sound (f);
  g_assert_cmpint (wait_for_end (f), ==, GST_MESSAGE_EOS);
  assert_file (f, "text_0/track.vtt", "00:00:00.000 --> 00:00:00.500\nb\n\n");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/text-tracks/%s",
        cases[i].name);

    g_test_add (path, Fixture, &cases[i], set_up, test_case, tear_down);
  }
  g_test_add ("/text-tracks/segments", Fixture, NULL, set_up, test_segments,
      tear_down);
  g_test_add ("/text-tracks/single-file", Fixture, NULL, set_up,
      test_single_file, tear_down);
  g_test_add ("/text-tracks/language", Fixture, NULL, set_up, test_language,
      tear_down);
  g_test_add ("/text-tracks/without-time", Fixture, NULL, set_up,
      test_without_time, tear_down);
  g_test_add ("/text-tracks/gaps", Fixture, NULL, set_up, test_gaps,
      tear_down);
  g_test_add ("/text-tracks/text-first", Fixture, NULL, set_up,
      test_text_first, tear_down);
  g_test_add ("/text-tracks/text-without-sound", Fixture, NULL, set_up,
      test_text_without_sound, tear_down);
  g_test_add ("/text-tracks/text-only", Fixture, NULL, set_up, test_text_only,
      tear_down);
  g_test_add ("/text-tracks/flush", Fixture, NULL, set_up, test_flush,
      tear_down);
  return run_tests ();
}
