/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An application of its own around the elements: packages a file as MPEG-DASH,
 * its video encrypted, and leaves no manifest behind when that fails.
 *
 *   package INPUT MANIFEST KID KEY_FILE
 *
 * docs/elements.md says what to mind. Nothing here but GStreamer. */

#include <gst/gst.h>

#include <glib/gstdio.h>

/* Names and paths of the user are set as properties: in the line they would be
 * read as part of it. A track that the file does not have counts as absent. */
#define LINE \
  "cencdashsink name=dash " \
  "filesrc name=file ! parsebin name=in " \
  "in. ! video/x-h264 ! gopsplit ! cbcsenc name=enc ! dash.video_0 " \
  "in. ! audio/mpeg ! dash.audio_0"

static void
set (GstElement *pipeline, const gchar *element, const gchar *property,
    const gchar *value)
{
  g_autoptr (GstElement) found =
      gst_bin_get_by_name (GST_BIN (pipeline), element);

  g_object_set (found, property, value, NULL);
}

static void
tell (GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (gst_structure_has_name (structure, "cencdashsink-segment"))
    g_printerr ("%s\n", gst_structure_get_string (structure, "location"));
  else if (gst_structure_has_name (structure, "cencdashsink-manifest"))
    g_print ("%s\n", gst_structure_get_string (structure, "location"));
}

/* Until the end or the first error, also one that comes while the pipeline
 * starts: what is told later is of no use, for elements in front may end their
 * streams behind an error as if they were whole. */
static gboolean
watch (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
        GST_CLOCK_TIME_NONE,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    switch (GST_MESSAGE_TYPE (message)) {
      case GST_MESSAGE_EOS:
        return TRUE;
      case GST_MESSAGE_ERROR:
        gst_message_parse_error (message, error, NULL);
        return FALSE;
      default:
        tell (message);
    }
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GError) error = NULL;
  gboolean whole;

  gst_init (&argc, &argv);
  if (argc != 5) {
    g_printerr ("Usage: %s INPUT MANIFEST KID KEY_FILE\n", argv[0]);
    return 64;
  }
  pipeline = gst_parse_launch_full (LINE, NULL, GST_PARSE_FLAG_FATAL_ERRORS,
      &error);
  if (pipeline != NULL) {
    set (pipeline, "file", "location", argv[1]);
    set (pipeline, "dash", "location", argv[2]);
    set (pipeline, "enc", "kid", argv[3]);
    set (pipeline, "enc", "key-file", argv[4]);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    whole = watch (pipeline, &error);
    gst_element_set_state (pipeline, GST_STATE_NULL); /* nobody writes now */
    if (whole)
      return 0;
    g_unlink (argv[2]);
  }
  g_printerr ("%s: %s\n", argv[1], error->message);
  return 1;
}
