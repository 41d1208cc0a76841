/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* appsrc ! parser ! decoder ! … ! encoder ! h264parse ! mp4mux ! filesink. What
 * comes between decoder and encoder depends on the pictures, and is put there
 * when the decoder says what they are like. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-filter.h"

#include <gst/app/gstappsrc.h>

#include "cut-file.h"
#include "decoder.h"
#include "key-times.h"
#include "media-track.h"
#include "video-scan.h"

/* Of a side of what is decoded: memory goes with the square. */
#define MAX_SIDE 8192

/* Of all pictures together, in or out: what is made while somebody waits. Two
 * minutes of 1920x1080 at 30 a second. */
#define MAX_PIXELS (G_GUINT64_CONSTANT (8) << 30)

/* None longer, for seeking. */
#define MAX_GOP (2 * GST_SECOND)

/* Bits a pixel, as many as hide what the encoder does. */
#define BITS_PER_PIXEL 0.2
#define MIN_BITRATE 200000
#define MAX_BITRATE 50000000

/* Of H.264's parameter sets in avcC, far more than they have. */
#define MAX_CONFIGURATION 1024

typedef struct
{
  const HabGopFilterConfig *config;
  HabVideoScan *scan;
  const HabMp4Track *track;

  /* set before the pipeline runs */
  gint64 start, end; /* of what is shown, in ticks */
  guint n_frames;    /* that are shown */
  GstElement *pipeline, *decoder, *mux;

  /* appsrc's thread, then the caller's when the pipeline has ended */
  HabMp4SampleReader samples;
  GError *read_error;

  /* decoder's thread, then the caller's */
  gboolean built;
  GError *build_error;
  HabKeyTimes *key_times;
} Filter;

static void
filter_clear (Filter *self)
{
  g_clear_pointer (&self->scan, hab_video_scan_free);
  g_clear_pointer (&self->key_times, hab_key_times_free);
  g_clear_object (&self->pipeline);
  g_clear_error (&self->read_error);
  g_clear_error (&self->build_error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Filter, filter_clear)

/* --- what there is ----------------------------------------------------- */

static gboolean
look_through (Filter *self, GError **error)
{
  HabVideoScanUnit unit;
  GError *failure = NULL;

  while (hab_video_scan_next (self->scan, &unit, &failure)) {
    if (self->n_frames == 0)
      self->start = self->end = unit.pts;
    if (unit.pts < self->start)
      continue;
    self->end = MAX (self->end, unit.pts + unit.sample.duration);
    self->n_frames++;
  }
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  if (self->n_frames > 0 && self->end > self->start)
    return TRUE;
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_FOUND,
      "there is no picture in the video");
  return FALSE;
}

static GstClockTime
get_duration (const Filter *self)
{
  return hab_mp4_track_to_ns (self->track, self->end) -
      hab_mp4_track_to_ns (self->track, self->start);
}

/* --- feeding ----------------------------------------------------------- */

/* The next one that is shown; pictures that need the GOP before are not. */
static gboolean
next_sample (Filter *self, HabMp4Sample *sample, gint64 *pts)
{
  while (hab_mp4_sample_reader_next (&self->samples, sample)) {
    *pts = sample->cts + self->track->pts_offset;
    if (*pts >= self->start)
      return TRUE;
  }
  return FALSE;
}

static void
on_need_data (GstAppSrc *src, guint length, gpointer data)
{
  Filter *self = data;
  HabMp4Sample sample;
  GstBuffer *buffer = NULL;
  gint64 pts;

  if (self->read_error == NULL && next_sample (self, &sample, &pts))
    buffer = hab_video_scan_read (self->scan, &sample, &self->read_error);
  if (buffer == NULL) {
    gst_app_src_end_of_stream (src);
    return;
  }
  GST_BUFFER_PTS (buffer) = hab_mp4_track_to_ns (self->track, pts) -
      hab_mp4_track_to_ns (self->track, self->start);
  GST_BUFFER_DURATION (buffer) =
      hab_mp4_track_to_ns (self->track, sample.duration);
  gst_app_src_push_buffer (src, buffer);
}

/* --- between decoder and muxer ----------------------------------------- */

static void
add_upright (HabFilterLine *line, GstVideoOrientationMethod orientation)
{
  GstElement *flip = orientation == GST_VIDEO_ORIENTATION_IDENTITY
      ? NULL
      : hab_filter_line_add (line, "videoflip");

  if (flip != NULL)
    g_object_set (flip, "video-direction", orientation, NULL);
}

/* An odd column or row has no colour of its own in 4:2:0. */
static void
add_even (HabFilterLine *line, const HabFilterPicture *picture)
{
  GstElement *crop = (picture->width | picture->height) & 1
      ? hab_filter_line_add (line, "videocrop")
      : NULL;

  if (crop != NULL)
    g_object_set (crop, "right", picture->width & 1, "bottom",
        picture->height & 1, NULL);
}

static guint
choose_bitrate (const HabFilterPicture *picture)
{
  gdouble rate = BITS_PER_PIXEL * picture->width * picture->height *
      picture->fps_n / picture->fps_d;

  return CLAMP (rate, MIN_BITRATE, MAX_BITRATE);
}

static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Filter *self = data;
  GstClockTime at = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  if (GST_CLOCK_TIME_IS_VALID (at) &&
      hab_key_times_take (self->key_times, at))
    gst_pad_push_event (pad, gst_video_event_new_downstream_force_key_unit (at,
        GST_CLOCK_TIME_NONE, at, TRUE, 0));
  return GST_PAD_PROBE_OK;
}

static void
add_encoder (Filter *self, HabFilterLine *line, const HabFilterPicture *picture)
{
  const HabGopFilterConfig *config = self->config;
  g_autoptr (GstPad) pad = gst_element_get_static_pad (line->last, "src");
  GstElement *encoder;

  if (line->error != NULL)
    return;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_picture, self, NULL);
  encoder = hab_video_encoder_add (config->encoder, line->bin,
      choose_bitrate (picture), config->threads, &line->error);
  if (encoder == NULL)
    return;
  if (!gst_element_link (line->last, encoder))
    g_set_error_literal (&line->error, HAB_MEDIA_ERROR,
        HAB_MEDIA_ERROR_UNSUPPORTED,
        "the encoder does not take such pictures");
  line->last = encoder;
  hab_filter_line_add (line, "h264parse");
  hab_filter_line_add_caps (line, gst_caps_from_string (
      "video/x-h264, stream-format=avc, alignment=au"));
}

/* Times stay what they are where the rate does. */
static void
link_to_muxer (Filter *self, HabFilterLine *line,
    const HabFilterPicture *source, const HabFilterPicture *result)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (line->last, "src");
  g_autoptr (GstPad) sink = NULL;

  if (line->error != NULL)
    return;
  sink = gst_element_request_pad_simple (self->mux, "video_%u");
  if (source->fps_n == result->fps_n && source->fps_d == result->fps_d)
    g_object_set (sink, "trak-timescale", self->track->timescale, NULL);
  if (gst_pad_link (src, sink) != GST_PAD_LINK_OK)
    g_set_error_literal (&line->error, HAB_MEDIA_ERROR,
        HAB_MEDIA_ERROR_UNSUPPORTED, "the video cannot be written as MP4");
}

/* Those behind first. */
static void
start_line (HabFilterLine *line, GstElement *decoder)
{
  GstElement *element = line->last;

  while (element != decoder) {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (element, "sink");
    g_autoptr (GstPad) peer = gst_pad_get_peer (sink);

    gst_element_sync_state_with_parent (element);
    element = GST_PAD_PARENT (peer);
  }
}

static void
build_line (Filter *self, const HabFilterPicture *source,
    const HabFilterPicture *result, GstVideoOrientationMethod orientation)
{
  HabFilterLine line = { GST_BIN (self->pipeline), self->decoder, NULL };
  GstElement *deinterlace;

  hab_filter_line_add (&line, "videoconvert");
  hab_filter_line_add_caps (&line,
      gst_caps_from_string ("video/x-raw, format=I420"));
  deinterlace = hab_filter_line_add (&line, "deinterlace");
  /* One picture of a frame: the frame rate stays. */
  if (deinterlace != NULL)
    gst_util_set_object_arg (G_OBJECT (deinterlace), "fields", "top");
  add_upright (&line, orientation);
  hab_filter_chain_build (self->config->chain, &line, source);
  add_even (&line, result);
  add_encoder (self, &line, result);
  link_to_muxer (self, &line, source, result);
  if (line.error == NULL)
    start_line (&line, self->decoder);
  else
    g_propagate_error (&self->build_error, line.error);
}

/* --- what the pictures are like ---------------------------------------- */

/* As they are shown, at the mean rate. */
static void
describe (const Filter *self, const GstVideoInfo *info, gboolean aside,
    HabFilterPicture *picture)
{
  gint fps_n, fps_d;

  gst_util_double_to_fraction (
      self->n_frames * (gdouble) GST_SECOND / get_duration (self), &fps_n,
      &fps_d);
  picture->width = aside ? info->height : info->width;
  picture->height = aside ? info->width : info->height;
  picture->par_n = aside ? info->par_d : info->par_n;
  picture->par_d = aside ? info->par_n : info->par_d;
  picture->fps_n = MAX (fps_n, 1);
  picture->fps_d = MAX (fps_d, 1);
}

static guint64
count_pixels (const Filter *self, const HabFilterPicture *picture)
{
  return (guint64) picture->width * picture->height *
      gst_util_uint64_scale (get_duration (self), picture->fps_n,
          picture->fps_d * GST_SECOND);
}

static gboolean
check_amount (const Filter *self, const HabFilterPicture *picture,
    GError **error)
{
  if (count_pixels (self, picture) <= MAX_PIXELS)
    return TRUE;
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_ALLOWED,
      "Filters take %.0f seconds of %u by %u pixels at %.3g pictures a second "
      "at most; ask for fewer GOPs", MAX_PIXELS /
      ((gdouble) picture->width * picture->height * picture->fps_n /
          picture->fps_d), picture->width, picture->height,
      (gdouble) picture->fps_n / picture->fps_d);
  return FALSE;
}

static gboolean
check (const Filter *self, const GstVideoInfo *info,
    const HabFilterPicture *source, HabFilterPicture *result, GError **error)
{
  if (hab_decoder_is_hdr (info)) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video is HDR, which filters do not keep");
    return FALSE;
  }
  *result = *source;
  return hab_filter_chain_apply (self->config->chain, result, error) &&
      check_amount (self, source, error) && check_amount (self, result, error);
}

static void
reserve (Filter *self, const HabFilterPicture *result)
{
  guint64 n = gst_util_uint64_scale_ceil (get_duration (self), result->fps_n,
      result->fps_d * GST_SECOND);

  hab_cut_file_reserve (self->mux, MAX (n, self->n_frames) + 1,
      MAX_CONFIGURATION);
}

/* Once. Nothing has gone on from the decoder yet. */
static void
build_for (Filter *self, const GstVideoInfo *info)
{
  GstVideoOrientationMethod orientation =
      hab_media_track_get_orientation (self->track);
  HabFilterPicture source, result;

  self->built = TRUE;
  describe (self, info, hab_media_is_turned_aside (orientation), &source);
  if (!check (self, info, &source, &result, &self->build_error))
    return;
  reserve (self, &result);
  build_line (self, &source, &result, orientation);
}

static void
stop (Filter *self)
{
  GST_ELEMENT_ERROR (self->pipeline, STREAM, FAILED, (NULL),
      ("%s", self->build_error->message));
}

/* Encoders reckon bits by the frame rate, which tables do not say. The times
 * stay. */
static GstEvent *
complete_caps (const Filter *self, GstEvent *event, const GstCaps *caps)
{
  GstCaps *complete = gst_caps_copy (caps);
  HabFilterPicture picture;
  GstVideoInfo info;

  gst_video_info_from_caps (&info, caps);
  describe (self, &info, FALSE, &picture);
  gst_caps_set_simple (complete, "framerate", GST_TYPE_FRACTION,
      (gint) picture.fps_n, (gint) picture.fps_d, NULL);
  gst_event_unref (event);
  event = gst_event_new_caps (complete);
  gst_caps_unref (complete);
  return event;
}

static GstPadProbeReturn
on_caps (Filter *self, GstPadProbeInfo *probe)
{
  GstVideoInfo info;
  GstCaps *caps;

  gst_event_parse_caps (GST_PAD_PROBE_INFO_EVENT (probe), &caps);
  if (!gst_video_info_from_caps (&info, caps))
    return GST_PAD_PROBE_OK;
  if (!self->built)
    build_for (self, &info);
  if (self->build_error != NULL) {
    stop (self);
    return GST_PAD_PROBE_DROP;
  }
  GST_PAD_PROBE_INFO_DATA (probe) =
      complete_caps (self, GST_PAD_PROBE_INFO_EVENT (probe), caps);
  return GST_PAD_PROBE_OK;
}

/* videorate shows the last picture until then. */
static GstEvent *
limit_segment (const Filter *self, GstEvent *event)
{
  GstSegment segment;

  gst_event_copy_segment (event, &segment);
  segment.stop = get_duration (self);
  gst_event_unref (event);
  return gst_event_new_segment (&segment);
}

static GstPadProbeReturn
on_decoded (GstPad *pad, GstPadProbeInfo *probe, gpointer data)
{
  Filter *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (probe);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      return on_caps (self, probe);
    case GST_EVENT_SEGMENT:
      GST_PAD_PROBE_INFO_DATA (probe) = limit_segment (self, event);
      return GST_PAD_PROBE_OK;
    case GST_EVENT_EOS:
      if (!self->built) {
        self->build_error = g_error_new_literal (HAB_MEDIA_ERROR,
            HAB_MEDIA_ERROR_UNSUPPORTED,
            "the decoder made no picture of these GOPs");
        stop (self);
      }
      return GST_PAD_PROBE_OK;
    default:
      return GST_PAD_PROBE_OK;
  }
}

/* --- the pipeline ------------------------------------------------------ */

static void
configure_source (Filter *self, GstElement *src, GstCaps *caps)
{
  GstAppSrcCallbacks callbacks = { .need_data = on_need_data };

  g_object_set (src, "caps", caps, "format", GST_FORMAT_TIME, "max-buffers",
      (guint64) 1, "max-bytes", (guint64) 0, NULL);
  gst_app_src_set_callbacks (GST_APP_SRC (src), &callbacks, self, NULL);
}

static gboolean
build_ends (Filter *self, GstCaps *caps, const gchar *output, GError **error)
{
  GstBin *bin = GST_BIN (self->pipeline);
  GstElement *src = hab_media_add_element (bin, "appsrc", error);
  GstElement *sink = hab_media_add_element (bin, "filesink", error);
  g_autoptr (GstPad) pad = NULL;

  self->mux = hab_media_add_element (bin, "mp4mux", error);
  if (*error != NULL)
    return FALSE;
  configure_source (self, src, caps);
  g_object_set (sink, "location", output, "async", FALSE, NULL);
  self->decoder = hab_decoder_add_behind (bin, src, caps,
      self->config->threads, error);
  if (self->decoder == NULL || !gst_element_link (self->mux, sink))
    return FALSE;
  pad = gst_element_get_static_pad (self->decoder, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_decoded,
      self, NULL);
  return TRUE;
}

static gboolean
build (Filter *self, const gchar *output, GError **error)
{
  g_autoptr (GstCaps) caps = hab_media_track_get_caps (self->track);
  GError *failure = NULL;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  if (caps != NULL && build_ends (self, caps, output, &failure))
    return TRUE;
  if (failure == NULL)
    g_set_error_literal (&failure, HAB_MEDIA_ERROR,
        HAB_MEDIA_ERROR_UNSUPPORTED, "its codec is not handled");
  g_propagate_prefixed_error (error, failure,
      "filters do not take this video: ");
  return FALSE;
}

static gboolean
run (Filter *self, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = NULL;
  GError **own;

  hab_mp4_sample_reader_init (&self->samples, &self->track->table);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);

  /* What went wrong first is what matters. */
  own = self->build_error != NULL ? &self->build_error : &self->read_error;
  if (*own != NULL) {
    g_propagate_error (error, g_steal_pointer (own));
    return FALSE;
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;
  hab_media_error_take_message (message, error);
  return FALSE;
}

static gboolean
check_side (const HabMp4Track *track, GError **error)
{
  if (track->entry.width <= MAX_SIDE && track->entry.height <= MAX_SIDE)
    return TRUE;
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "filters do not take pictures of more than %u by %u", MAX_SIDE,
      MAX_SIDE);
  return FALSE;
}

gboolean
hab_gop_filter_run (const gchar *input, const HabGopFilterConfig *config,
    const gchar *output, GError **error)
{
  g_auto (Filter) self = { .config = config };

  self.scan = hab_video_scan_open (input, error);
  if (self.scan == NULL)
    return FALSE;
  self.track = hab_video_scan_get_track (self.scan);
  self.key_times = hab_key_times_new (MAX_GOP);
  return check_side (self.track, error) && look_through (&self, error) &&
      build (&self, output, error) && run (&self, error);
}
