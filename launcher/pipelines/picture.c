/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* appsrc with one access unit, a decoder, a scaler and a JPEG encoder. What
 * the parts are is told by the codec alone. Another pipeline for each picture:
 * decoders hold pictures back until the end of the stream. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "picture.h"

#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "decoder.h"
#include "media-track.h"
#include "video-scan.h"

/* Of a side of what is decoded: memory goes with the square. */
#define MAX_SIDE 8192
#define QUALITY 85

struct _HabPictureSource
{
  HabVideoScan *scan;
  const HabMp4Track *track;
  GstCaps *caps;
  HabMp4SampleReader samples; /* behind the picture that was made last */
};

/* --- the access unit --------------------------------------------------- */

/* From the table alone: nothing of the frames before is read. */
static gboolean
find_sample (HabPictureSource *self, guint64 number, HabMp4Sample *sample)
{
  if (number < self->samples.number)
    hab_mp4_sample_reader_init (&self->samples, &self->track->table);
  hab_mp4_sample_reader_skip (&self->samples,
      MIN (number - self->samples.number, G_MAXUINT32));
  return hab_mp4_sample_reader_next (&self->samples, sample) &&
      sample->number == number;
}

static GstBuffer *
read_unit (HabPictureSource *self, guint64 number, GError **error)
{
  HabMp4Sample sample;
  GstBuffer *buffer;

  if (!find_sample (self, number, &sample)) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_FOUND,
        "there is no frame %" G_GUINT64_FORMAT " in the video", number);
    return NULL;
  }
  buffer = hab_video_scan_read (self->scan, &sample, error);
  if (buffer != NULL)
    GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = 0;
  return buffer;
}

/* --- the pipeline ------------------------------------------------------ */

/* RGB, of which the encoder makes the full range of JFIF. videoconvertscale
 * (1.22) does not do that from I420 to I420 where only the range differs. side:
 * of a picture as it is coded, what is its width when it is turned. */
static GstCaps *
make_output_caps (guint max_width, const gchar *side)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw",
      "format", G_TYPE_STRING, "RGB",
      "width", GST_TYPE_INT_RANGE, 1, MAX_SIDE,
      "height", GST_TYPE_INT_RANGE, 1, MAX_SIDE,
      "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);

  gst_caps_set_simple (caps, side, GST_TYPE_INT_RANGE, 1,
      MAX ((gint) max_width, 2), NULL);
  return caps;
}

/* The mean of red, green and blue. */
static guint
measure_brightness (const GstVideoFrame *frame)
{
  const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gint width = 3 * GST_VIDEO_FRAME_WIDTH (frame);
  gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  guint64 sum = 0;

  for (gint y = 0; y < height; y++) {
    for (gint x = 0; x < width; x++)
      sum += row[x];
    row += GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  }
  return sum / ((guint64) width * height);
}

/* In the streaming thread, which has ended when facts are looked at. */
static GstPadProbeReturn
on_raw_picture (GstPad *pad, GstPadProbeInfo *probe, gpointer data)
{
  HabPictureFacts *facts = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoInfo info;
  GstVideoFrame frame;

  if (caps == NULL || !gst_video_info_from_caps (&info, caps) ||
      !gst_video_frame_map (&frame, &info, GST_PAD_PROBE_INFO_BUFFER (probe),
          GST_MAP_READ))
    return GST_PAD_PROBE_REMOVE;
  facts->width = info.width;
  facts->height = info.height;
  facts->brightness = measure_brightness (&frame);
  gst_video_frame_unmap (&frame);
  return GST_PAD_PROBE_REMOVE;
}

/* Links scaler, encoder and file behind decoder. */
static gboolean
add_encoder (GstBin *bin, GstElement *decoder, const HabPictureOutput *output,
    GstVideoOrientationMethod orientation, HabPictureFacts *facts,
    GError **error)
{
  GstElement *scale = hab_media_add_element (bin, "videoconvertscale", error);
  GstElement *filter = hab_media_add_element (bin, "capsfilter", error);
  GstElement *flip = hab_media_add_element (bin, "videoflip", error);
  GstElement *encoder = hab_media_add_element (bin, "jpegenc", error);
  GstElement *sink = hab_media_add_element (bin, "filesink", error);
  g_autoptr (GstCaps) caps = make_output_caps (output->max_width,
      hab_media_is_turned_aside (orientation) ? "height" : "width");
  g_autoptr (GstPad) pad = NULL;

  if (*error != NULL)
    return FALSE;
  g_object_set (scale, "add-borders", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (scale), "method", "lanczos");
  g_object_set (filter, "caps", caps, NULL);
  g_object_set (flip, "video-direction", orientation, NULL);
  g_object_set (encoder, "quality", QUALITY, "snapshot", TRUE, NULL);
  g_object_set (sink, "location", output->path, "async", FALSE, NULL);
  pad = gst_element_get_static_pad (encoder, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_raw_picture, facts,
      NULL);
  return gst_element_link_many (decoder, scale, filter, flip, encoder, sink,
      NULL);
}

static gboolean
build (GstBin *bin, const HabPictureSource *source, GstElement **src,
    const HabPictureOutput *output, HabPictureFacts *facts, GError **error)
{
  GstElement *decoder;

  *src = hab_media_add_element (bin, "appsrc", error);
  if (*src == NULL)
    return FALSE;
  g_object_set (*src, "caps", source->caps, "format", GST_FORMAT_TIME, NULL);
  decoder = hab_decoder_add_behind (bin, *src, source->caps, 1, error);
  return decoder != NULL && add_encoder (bin, decoder, output,
      hab_media_track_get_orientation (source->track), facts, error);
}

/* (transfer full) */
static GstElement *
build_pipeline (const HabPictureSource *source, const HabPictureOutput *output,
    HabPictureFacts *facts, GstElement **src, GError **error)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  GError *failure = NULL;

  if (build (GST_BIN (pipeline), source, src, output, facts, &failure))
    return g_steal_pointer (&pipeline);
  if (failure == NULL)
    g_set_error_literal (&failure, HAB_MEDIA_ERROR,
        HAB_MEDIA_ERROR_UNSUPPORTED, "its codec is not handled");
  g_propagate_prefixed_error (error, failure,
      "no picture can be made of this video: ");
  return NULL;
}

/* --- running ----------------------------------------------------------- */

static gboolean
run_pipeline (GstElement *pipeline, GstElement *src, GstBuffer *unit,
    GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (src), gst_buffer_ref (unit));
  gst_app_src_end_of_stream (GST_APP_SRC (src));
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;
  hab_media_error_take_message (message, error);
  return FALSE;
}

gboolean
hab_picture_make (HabPictureSource *self, guint64 frame,
    const HabPictureOutput *output, HabPictureFacts *facts, GError **error)
{
  g_autoptr (GstBuffer) unit = read_unit (self, frame, error);
  g_autoptr (GstElement) pipeline = NULL;
  GstElement *src;

  *facts = (HabPictureFacts) { 0 };
  if (unit == NULL)
    return FALSE;
  pipeline = build_pipeline (self, output, facts, &src, error);
  if (pipeline == NULL || !run_pipeline (pipeline, src, unit, error))
    return FALSE;
  if (facts->width > 0)
    return TRUE;
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "the decoder made no picture of this GOP's first frame");
  return FALSE;
}

/* --- sources ----------------------------------------------------------- */

static gboolean
check_size (const HabMp4Track *track, GError **error)
{
  if (track->entry.width <= MAX_SIDE && track->entry.height <= MAX_SIDE)
    return TRUE;
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "pictures of more than %u by %u are not shown", MAX_SIDE, MAX_SIDE);
  return FALSE;
}

HabPictureSource *
hab_picture_source_open (const gchar *path, GError **error)
{
  g_autoptr (HabPictureSource) self = g_new0 (HabPictureSource, 1);

  self->scan = hab_video_scan_open_known (path, error);
  if (self->scan == NULL)
    return NULL;
  self->track = hab_video_scan_get_track (self->scan);
  hab_mp4_sample_reader_init (&self->samples, &self->track->table);
  if (!check_size (self->track, error))
    return NULL;
  self->caps = hab_media_track_get_caps (self->track);
  if (self->caps != NULL)
    return g_steal_pointer (&self);
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "no picture can be made of this video: its codec is not handled");
  return NULL;
}

void
hab_picture_source_free (HabPictureSource *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->scan, hab_video_scan_free);
  g_clear_pointer (&self->caps, gst_caps_unref);
  g_free (self);
}
