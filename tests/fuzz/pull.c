/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file of which a demuxer pulls, our elements behind it: what they write is
 * the same whether filesrc reads the file or blockfilesrc. By the first byte
 * the video goes on, or the sound. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <dlfcn.h>
#include <execinfo.h>
#include <gst/gst.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "mp4-movie.h"

#define LIMIT (240 * GST_SECOND) /* of a machine that is busy */

#define ENCRYPTOR "cbcsenc kid=a16e402b9056e371f36d348aa62bb749 " \
  "key=87237d20a19f58a740c05684e699b4aa iv=00112233445566778899aabbccddeeff"

#define MAX_FRAMES 32

static const gchar *const ours[] = { "gstgop", "gstcenc", "gstblockfile" };

/* In memory, but a file. */
static int
open_file (const guint8 *data, gsize size)
{
  int fd = memfd_create ("fuzz-pull", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  while (size > 0) {
    gssize n = write (fd, data, size);

    g_assert_cmpint (n, >, 0);
    data += n;
    size -= n;
  }
  return fd;
}

static void
on_written (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_checksum_update (data, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
}

/* Where the demuxer's pads lead to. */
typedef struct
{
  const gchar *kind; /* what their names begin with */
  GstPad *sink;
} Target;

static void
on_pad_added (GstElement *demuxer, GstPad *pad, gpointer data)
{
  const Target *target = data;

  if (g_str_has_prefix (GST_PAD_NAME (pad), target->kind))
    gst_pad_link (pad, target->sink);
}

/* Of a sink that nothing comes to there is no end. */
static void
on_no_more_pads (GstElement *demuxer, gpointer data)
{
  const Target *target = data;

  if (!gst_pad_is_linked (target->sink))
    gst_element_post_message (demuxer,
        gst_message_new_application (GST_OBJECT (demuxer),
            gst_structure_new_empty ("nothing-to-come")));
}

/* qtdemux goes on behind some errors. GstBin 1.22 forgets an element of which a
 * pad is linked while it stops all of them, so it is told by itself as well: its
 * thread has ended then. */
static void
stop (GstElement *pipeline)
{
  g_autoptr (GstElement) demuxer =
      gst_bin_get_by_name (GST_BIN (pipeline), "demux");

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_element_set_state (demuxer, GST_STATE_NULL);
}

/* Whether it came to its end without an error. */
static gboolean
run (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, LIMIT, GST_MESSAGE_EOS |
      GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION);
  if (message == NULL)
    g_error ("The pipeline does not end");
  stop (pipeline);
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
}

static void
link_streams (GstElement *pipeline, Target *target)
{
  g_autoptr (GstElement) demuxer =
      gst_bin_get_by_name (GST_BIN (pipeline), "demux");
  g_autoptr (GstElement) next =
      gst_bin_get_by_name (GST_BIN (pipeline), "next");

  target->sink = gst_element_get_static_pad (next, "sink");
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (on_pad_added), target);
  g_signal_connect (demuxer, "no-more-pads", G_CALLBACK (on_no_more_pads),
      target);
}

/* What comes out at the end. Behind an error more may follow, or be cut off by
 * the pipeline's end. (transfer full) */
static gchar *
read_by (const gchar *source, int fd, const gchar *kind)
{
  g_autoptr (GChecksum) written = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree gchar *line = g_strdup_printf ("%s location=/proc/self/fd/%d ! "
      "qtdemux name=demux gopsplit name=next ! " ENCRYPTOR " ! cencmux ! "
      "fakesink name=sink sync=false signal-handoffs=true", source, fd);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) sink = NULL;
  Target target = { .kind = kind };
  gboolean whole;

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_written), written);
  link_streams (pipeline, &target);
  whole = run (pipeline);
  gst_object_unref (target.sink);
  return g_strdup (whole ? g_checksum_get_string (written) : "failed");
}

/* Who did what is critical: qtdemux 1.22.0 goes on with caps that could not be
 * made of a broken sample entry, and divides by time scales of 0. */
static gboolean
is_of_demuxer (void)
{
  void *frames[MAX_FRAMES];
  int n = backtrace (frames, MAX_FRAMES);
  Dl_info info;

  for (int i = 0; i < n; i++) {
    if (dladdr (frames[i], &info) == 0 || info.dli_fname == NULL)
      continue;
    for (guint j = 0; j < G_N_ELEMENTS (ours); j++)
      if (strstr (info.dli_fname, ours[j]))
        return FALSE;
    if (strstr (info.dli_fname, "gstisomp4"))
      return TRUE;
  }
  return FALSE;
}

static void
on_critical (const gchar *domain, GLogLevelFlags level, const gchar *text,
    gpointer data)
{
  if (is_of_demuxer ())
    return;
  g_printerr ("%s: %s\n", domain ? domain : "", text);
  abort ();
}

/* In place of what makes anything critical an end. */
static void
watch_criticals (void)
{
  static const gchar *const domains[] = {
    NULL, "GLib", "GLib-GObject", "GStreamer", "GStreamer-Audio",
    "GStreamer-Base", "GStreamer-PbUtils", "GStreamer-Tag", "GStreamer-Video",
  };

  g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    g_log_set_handler (domains[i], G_LOG_LEVEL_CRITICAL, on_critical, NULL);
}

/* qtdemux 1.22.0 never ends looking for fragments of a movie that has no moov,
 * but an index at its end (mfro). haberdash refuses such a file before. */
static gboolean
is_endless (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_open_bytes (bytes, NULL);

  return movie == NULL && size > 4 && memmem (data, size, "mfro", 4) != NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static gboolean watching;
  FuzzInput input = { data, size };
  const gchar *kind = fuzz_take_u8 (&input) % 2 == 0 ? "video" : "audio";
  g_autofree gchar *plain = NULL, *blocks = NULL;
  int fd;

  if (is_endless (input.data, input.size))
    return 0;
  fd = open_file (input.data, input.size);
  if (!watching)
    watch_criticals ();
  watching = TRUE;
  plain = read_by ("filesrc", fd, kind);
  blocks = read_by ("blockfilesrc", fd, kind);
  g_assert_cmpstr (plain, ==, blocks);
  close (fd);
  return 0;
}
