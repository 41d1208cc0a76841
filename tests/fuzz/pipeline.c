/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Our elements in a row, behind GStreamer's demuxer or behind nothing: by the
 * first byte an MP4 file, or codec data and access units. It ends by itself, with
 * an error or without. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/app/gstappsrc.h>

#include "fuzz.h"

#define KEYS "kid=a16e402b9056e371f36d348aa62bb749 " \
  "key=87237d20a19f58a740c05684e699b4aa"
#define ROW "gopsplit ! cbcsenc " KEYS " ! cencmux ! fakesink sync=false"
#define LIMIT (240 * GST_SECOND) /* of a machine that is busy */
#define FRAME (40 * GST_MSECOND)

static const gchar *const kinds[] = {
  "video/x-h264,stream-format=avc,alignment=au",
  "video/x-h265,stream-format=hvc1,alignment=au",
  "video/x-av1,stream-format=obu-stream,alignment=tu",
  "audio/mpeg,mpegversion=4,stream-format=raw,rate=48000,channels=2",
};

static void
push (GstAppSrc *source, const guint8 *data, gsize size, GstClockTime time)
{
  GstBuffer *buffer =
      size > 0 ? gst_buffer_new_memdup (data, size) : gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = time;
  if (GST_CLOCK_TIME_IS_VALID (time))
    GST_BUFFER_DURATION (buffer) = FRAME;
  gst_app_src_push_buffer (source, buffer);
}

static void
push_units (GstAppSrc *source, const gchar *kind, FuzzInput *input)
{
  gsize n;
  g_autofree guint8 *codec_data = fuzz_take_block (input, &n);
  g_autoptr (GstBuffer) header = gst_buffer_new ();
  g_autoptr (GstCaps) caps = gst_caps_from_string (kind);

  gst_caps_set_simple (caps, "width", G_TYPE_INT, 64, "height", G_TYPE_INT, 48,
      NULL);
  if (n > 0) {
    gst_buffer_append_memory (header,
        gst_memory_new_wrapped (0, codec_data, n, 0, n, codec_data, g_free));
    g_steal_pointer (&codec_data);
    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, header, NULL);
  }
  g_object_set (source, "format", GST_FORMAT_TIME, "caps", caps, NULL);
  for (guint i = 0; input->size > 0; i++) {
    g_autofree guint8 *unit = fuzz_take_block (input, &n);

    push (source, unit, n, i * FRAME);
  }
}

static void
wait_for_end (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, LIMIT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  if (message == NULL)
    g_error ("The pipeline does not end");
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  guint kind = fuzz_take_u8 (&input) % (G_N_ELEMENTS (kinds) + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (kind == 0
      ? "appsrc name=source ! qtdemux name=d d.video_0 ! " ROW
      : "appsrc name=source ! " ROW, &error);
  g_autoptr (GstElement) source = NULL;

  g_assert_no_error (error);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_object_set (source, "max-bytes", (guint64) 0, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  if (kind == 0)
    push (GST_APP_SRC (source), input.data, input.size, GST_CLOCK_TIME_NONE);
  else
    push_units (GST_APP_SRC (source), kinds[kind - 1], &input);
  gst_app_src_end_of_stream (GST_APP_SRC (source));
  wait_for_end (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return 0;
}
