/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plays an address as an application would, and writes down what would be seen
 * and heard, one JSON object a line:
 *
 *   {"time":0.04,"md5":"…"}    a picture as I420, time in seconds of the stream
 *   {"plugged":"cbcsdec"}      an element that was made on the way
 *   {"asked":"…"}              a key id that need-context named
 *   {"error":"…","domain":"…","code":1}
 *   {"seconds":6.0,"level":0.1,"hertz":440.0}  of the sound, at the end
 *   {"end":"eos"}              or "error", or "timeout"
 *
 * Keys are lines KID:KEY on the standard input. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/app/app.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT "drm-content-keys"
#define LIMIT (40 * GST_SECOND)

static gchar *player_name = NULL;
static gdouble seek_to = -1;
static gboolean answer_only = FALSE;

static const GOptionEntry entries[] = {
  { "player", 0, 0, G_OPTION_ARG_STRING, &player_name,
      "playbin or playbin3", "NAME" },
  { "seek", 0, 0, G_OPTION_ARG_DOUBLE, &seek_to,
      "Play from here, by a flushing seek", "SECONDS" },
  { "answer", 0, 0, G_OPTION_ARG_NONE, &answer_only,
      "Give keys when asked, not before", NULL },
  { NULL }
};

typedef struct
{
  guint64 samples, crossings;
  gdouble squares;
  gint last;
} Sound;

typedef struct
{
  GMutex lock; /* of the output and of sound */
  Sound sound;
  GstContext *keys;
} Play;

static void G_GNUC_PRINTF (2, 3)
say (Play *play, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  g_mutex_lock (&play->lock);
  vprintf (format, args);
  putchar ('\n');
  g_mutex_unlock (&play->lock);
  va_end (args);
}

/* --- pictures and sound ------------------------------------------------------ */

static void
add_plane (GChecksum *md5, const GstVideoFrame *frame, guint plane)
{
  const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);
  gint width = GST_VIDEO_FRAME_COMP_WIDTH (frame, plane);

  for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, plane); y++) {
    g_checksum_update (md5, row, width);
    row += GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  }
}

static void
say_picture (Play *play, GstSample *sample)
{
  g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstClockTime time = gst_segment_to_stream_time (
      gst_sample_get_segment (sample), GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  GstVideoInfo info;
  GstVideoFrame frame;

  g_return_if_fail (gst_video_info_from_caps (&info,
      gst_sample_get_caps (sample)));
  g_return_if_fail (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  for (guint plane = 0; plane < 3; plane++)
    add_plane (md5, &frame, plane);
  gst_video_frame_unmap (&frame);
  say (play, "{\"time\":%.6f,\"md5\":\"%s\"}",
      GST_CLOCK_TIME_IS_VALID (time) ? time / 1e9 : -1.0,
      g_checksum_get_string (md5));
}

/* The noise of a lossy codec crosses zero as well. */
#define NOISE 500

static void
add_sound (Sound *sound, const gint16 *samples, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    sound->squares += (gdouble) samples[i] * samples[i];
    if (ABS (samples[i]) < NOISE)
      continue;
    if (sound->last < 0 && samples[i] > 0)
      sound->crossings++;
    sound->last = samples[i];
  }
  sound->samples += n;
}

static GstFlowReturn
on_picture (GstAppSink *sink, gpointer play)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);

  if (sample)
    say_picture (play, sample);
  return GST_FLOW_OK;
}

static GstFlowReturn
on_sound (GstAppSink *sink, gpointer data)
{
  Play *play = data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  GstBuffer *buffer = sample ? gst_sample_get_buffer (sample) : NULL;
  GstMapInfo map;

  if (buffer && gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_mutex_lock (&play->lock);
    add_sound (&play->sound, (const gint16 *) map.data, map.size / 2);
    g_mutex_unlock (&play->lock);
    gst_buffer_unmap (buffer, &map);
  }
  return GST_FLOW_OK;
}

static GstElement *
make_sink (Play *play, const gchar *caps_text,
    GstFlowReturn (*on_sample) (GstAppSink *, gpointer))
{
  GstElement *sink = gst_element_factory_make ("appsink", NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample };

  g_object_set (sink, "caps", caps, "sync", FALSE, NULL);
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, play, NULL);
  return sink;
}

/* --- keys -------------------------------------------------------------------- */

static gboolean
parse_hex (const gchar *text, guint8 key[16])
{
  for (guint i = 0; i < 32; i++) {
    gint digit = g_ascii_xdigit_value (text[i]);

    if (digit < 0)
      return FALSE;
    key[i / 2] = key[i / 2] << 4 | digit;
  }
  return TRUE;
}

static void
add_key (GstStructure *keys, const gchar *kid, const gchar *hex)
{
  GstMemory *memory = gst_allocator_alloc (NULL, 16, NULL);
  GstMapInfo map;

  gst_memory_map (memory, &map, GST_MAP_WRITE);
  if (!parse_hex (hex, map.data))
    g_error ("not a key");
  gst_memory_unmap (memory, &map);
  gst_structure_set (keys, kid, GST_TYPE_MEMORY, memory, NULL);
  gst_memory_unref (memory);
}

static GstContext *
read_keys (void)
{
  GstContext *context = gst_context_new (CONTEXT, TRUE);
  gchar line[128];

  while (fgets (line, sizeof line, stdin)) {
    gchar *colon = strchr (line, ':');

    if (colon) {
      *colon = '\0';
      add_key (gst_context_writable_structure (context), line, colon + 1);
    }
  }
  return context;
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Play *play = data;
  const gchar *type, *kid;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_NEED_CONTEXT ||
      !gst_message_parse_context_type (message, &type) ||
      !g_str_equal (type, CONTEXT))
    return GST_BUS_PASS;
  kid = gst_structure_get_string (gst_message_get_structure (message), "kid");
  say (play, "{\"asked\":\"%s\"}", kid);
  gst_element_set_context (GST_ELEMENT (GST_MESSAGE_SRC (message)), play->keys);
  return GST_BUS_PASS;
}

/* --- playing ----------------------------------------------------------------- */

static void
on_element (GstBin *bin, GstBin *parent, GstElement *element, gpointer play)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory)
    say (play, "{\"plugged\":\"%s\"}", GST_OBJECT_NAME (factory));
}

static GstElement *
make_player (Play *play, const gchar *uri)
{
  GstElement *player = gst_element_factory_make (
      player_name ? player_name : "playbin", NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (player);

  g_object_set (player, "uri", uri,
      "video-sink", make_sink (play, "video/x-raw, format=I420", on_picture),
      "audio-sink", make_sink (play, "audio/x-raw, format=S16LE, "
          "layout=interleaved, channels=1, rate=48000", on_sound), NULL);
  g_signal_connect (player, "deep-element-added", G_CALLBACK (on_element), play);
  if (!answer_only)
    gst_element_set_context (player, play->keys);
  gst_bus_set_sync_handler (bus, on_message, play, NULL);
  return player;
}

static void
say_error (Play *play, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL, *text = NULL;

  gst_message_parse_error (message, &error, &debug);
  text = g_strescape (error->message, NULL);
  say (play, "{\"error\":\"%s\",\"domain\":\"%s\",\"code\":%d}", text,
      g_quark_to_string (error->domain), error->code);
  g_printerr ("%s\n%s\n", error->message, debug);
}

/* Waits for one of the messages; what ended it instead is said. */
static gboolean
wait_for (Play *play, GstElement *player, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (player);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, LIMIT,
      type | GST_MESSAGE_ERROR);

  if (message == NULL) {
    say (play, "{\"end\":\"timeout\"}");
    return FALSE;
  }
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return TRUE;
  say_error (play, message);
  say (play, "{\"end\":\"error\"}");
  return FALSE;
}

static gboolean
seek (Play *play, GstElement *player)
{
  if (gst_element_set_state (player, GST_STATE_PAUSED) ==
      GST_STATE_CHANGE_FAILURE ||
      !wait_for (play, player, GST_MESSAGE_ASYNC_DONE))
    return FALSE;
  say (play, "{\"seek\":%f}", seek_to);
  return gst_element_seek_simple (player, GST_FORMAT_TIME,
             GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
             seek_to * GST_SECOND) &&
      wait_for (play, player, GST_MESSAGE_ASYNC_DONE);
}

static void
run (Play *play, GstElement *player)
{
  if (seek_to >= 0 && !seek (play, player))
    return;
  gst_element_set_state (player, GST_STATE_PLAYING);
  if (wait_for (play, player, GST_MESSAGE_EOS))
    say (play, "{\"end\":\"eos\"}");
}

static void
say_sound (Play *play)
{
  const Sound *sound = &play->sound;
  gdouble seconds = sound->samples / 48000.0;

  if (sound->samples > 0)
    say (play, "{\"seconds\":%.3f,\"level\":%.4f,\"hertz\":%.1f}", seconds,
        sqrt (sound->squares / sound->samples) / 32768,
        sound->crossings / seconds);
}

gint
main (gint argc, gchar **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("URI");
  g_autoptr (GError) error = NULL;
  Play play = { .sound = { 0 } };
  GstElement *player;

  g_option_context_add_main_entries (options, entries, NULL);
  g_option_context_add_group (options, gst_init_get_option_group ());
  if (!g_option_context_parse (options, &argc, &argv, &error) || argc != 2) {
    g_printerr ("%s\n", error ? error->message : "no address");
    return EXIT_FAILURE;
  }
  play.keys = read_keys ();
  player = make_player (&play, argv[1]);
  run (&play, player);
  say_sound (&play);
  GST_DEBUG_BIN_TO_DOT_FILE (GST_BIN (player), GST_DEBUG_GRAPH_SHOW_ALL, "play");
  fflush (stdout);
  /* It ends here: taking a player down that waits for data can hang. */
  _Exit (EXIT_SUCCESS);
}
