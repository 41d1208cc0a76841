/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "transcoder.h"

#include <gst/video/video.h>

#include "decoder.h"
#include "key-times.h"
#include "media.h"
#include "rendition.h"

/* A picture that takes long to decode must not hold up the sound. */
#define MAX_COMPRESSED (4 * 1024 * 1024)

/* GOPs where the source's do not count: none longer, for seeking. */
#define MAX_GOP (4 * GST_SECOND)

#define FALLBACK_FRAME_RATE 30

enum { QUEUE, DECODER, CONVERT, FORMAT, DEINTERLACE, TEE, N_ELEMENTS };

struct _HabTranscoder
{
  HabTranscoderConfig config;
  GstElement *split; /* of the bin; NULL without the original */
  GstElement *elements[N_ELEMENTS];
  GPtrArray *renditions; /* of HabRendition */
  HabKeyTimes *times;
  GstSegment segment; /* decoder's thread only: of what was decoded last */
};

/* --- times of key frames ------------------------------------------------ */

static GstClockTime
get_running_time (GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment = NULL;

  if (event == NULL || !GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_CLOCK_TIME_NONE;
  gst_event_parse_segment (event, &segment);
  return gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
}

static GstPadProbeReturn
on_original (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabTranscoder *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime at = get_running_time (pad, buffer);

  if (GST_CLOCK_TIME_IS_VALID (at) &&
      !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    hab_key_times_tell (self->times, at);
  return GST_PAD_PROBE_OK;
}

/* The one place where all encoders are told. */
static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabTranscoder *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime at = get_running_time (pad, buffer);

  if (GST_CLOCK_TIME_IS_VALID (at) && hab_key_times_take (self->times, at))
    gst_pad_push_event (pad, gst_video_event_new_downstream_force_key_unit (
        GST_BUFFER_PTS (buffer), GST_CLOCK_TIME_NONE, at, TRUE, 0));
  return GST_PAD_PROBE_OK;
}

/* --- what the pictures are ---------------------------------------------- */

/* Encoders reckon bits by the frame rate, which some containers do not say. The
 * times stay. */
static GstEvent *
complete_caps (const HabTranscoder *self, GstCaps *caps)
{
  gdouble rate = self->config.frame_rate > 0 ? self->config.frame_rate :
                                               FALLBACK_FRAME_RATE;
  g_autoptr (GstCaps) complete = gst_caps_copy (caps);
  gint n, d;

  gst_util_double_to_fraction (rate, &n, &d);
  gst_caps_set_simple (complete, "framerate", GST_TYPE_FRACTION, n, d, NULL);
  return gst_event_new_caps (complete);
}

static GstPadProbeReturn
on_caps (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabTranscoder *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstVideoInfo video;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  if (!gst_video_info_from_caps (&video, caps))
    return GST_PAD_PROBE_OK;
  for (guint i = 0; i < self->renditions->len; i++)
    hab_rendition_set_source (self->renditions->pdata[i], caps);
  if (video.fps_n == 0) {
    GST_PAD_PROBE_INFO_DATA (info) = complete_caps (self, caps);
    gst_event_unref (event);
  }
  return GST_PAD_PROBE_OK;
}

/* In 8 bits, and called what it is no more, it would be shown wrong. */
static GstPadProbeReturn
on_decoded_caps (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabTranscoder *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstVideoInfo video;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  if (!gst_video_info_from_caps (&video, caps) || !hab_decoder_is_hdr (&video))
    return GST_PAD_PROBE_OK;
  GST_ELEMENT_ERROR (self->elements[DECODER], STREAM, NOT_IMPLEMENTED,
      ("the video is HDR, of which no ladder is made; package it without one, "
       "or convert it to SDR first"), (NULL));
  return GST_PAD_PROBE_DROP;
}

/* matroskademux says where a stream starts more than once. Encoders make new
 * events of it, which look like those of a seek behind them: GOPs would be
 * counted anew in the middle of one. */
static GstPadProbeReturn
on_segment (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabTranscoder *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstSegment segment;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
    return GST_PAD_PROBE_OK;
  gst_event_copy_segment (event, &segment);
  if (gst_segment_is_equal (&segment, &self->segment))
    return GST_PAD_PROBE_DROP;
  self->segment = segment;
  return GST_PAD_PROBE_OK;
}

static void
add_probe (HabTranscoder *self, guint element, GstPadProbeType type,
    GstPadProbeCallback callback)
{
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (self->elements[element], "src");

  gst_pad_add_probe (pad, type, callback, self, NULL);
}

/* --- building ----------------------------------------------------------- */

static void
set_up (HabTranscoder *self)
{
  g_autoptr (GstCaps) format =
      gst_caps_from_string ("video/x-raw, format=I420");

  g_object_set (self->elements[QUEUE], "max-size-bytes", MAX_COMPRESSED,
      "max-size-buffers", 0, "max-size-time", G_GUINT64_CONSTANT (0), NULL);
  g_object_set (self->elements[FORMAT], "caps", format, NULL);
  /* One picture of a frame: the frame rate stays. */
  gst_util_set_object_arg (G_OBJECT (self->elements[DEINTERLACE]), "fields",
      "top");
  add_probe (self, DECODER, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_decoded_caps);
  add_probe (self, DEINTERLACE, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_caps);
  add_probe (self, DEINTERLACE, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_segment);
  add_probe (self, DEINTERLACE, GST_PAD_PROBE_TYPE_BUFFER, on_picture);
}

static void
add_elements (HabTranscoder *self, GstBin *bin, GstPad *pad, GError **error)
{
  static const gchar *const factories[N_ELEMENTS] = {
    [QUEUE] = "queue",
    [CONVERT] = "videoconvert",
    [FORMAT] = "capsfilter",
    [DEINTERLACE] = "deinterlace",
    [TEE] = "tee",
  };

  if (self->config.plan->original)
    self->split = hab_media_add_element (bin, "tee", error);
  for (guint i = 0; i < N_ELEMENTS; i++)
    self->elements[i] = i == DECODER ?
        hab_decoder_add (bin, pad, self->config.threads, error) :
        hab_media_add_element (bin, factories[i], error);
}

static void
add_renditions (HabTranscoder *self, GstBin *bin, GError **error)
{
  const HabTranscoderConfig *config = &self->config;
  const GArray *rungs = config->plan->rungs;
  guint threads = MAX (config->threads / MAX (rungs->len, 1), 1);

  for (guint i = 0; *error == NULL && i < rungs->len; i++) {
    HabRendition *rendition = hab_rendition_new (bin,
        &g_array_index (rungs, HabRung, i), config->encoder, threads, error);

    if (rendition == NULL)
      return;
    g_ptr_array_add (self->renditions, rendition);
    if (!hab_rendition_link (rendition, self->elements[TEE]))
      g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
          "the encoders do not link");
  }
}

/* The original's branch of the tee comes first: pictures that begin a GOP are
 * told before they are decoded. */
static gboolean
link_elements (HabTranscoder *self, GstPad *pad)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (
      self->split ? self->split : self->elements[QUEUE], "sink");

  for (guint i = 0; i + 1 < N_ELEMENTS; i++) {
    if (!gst_element_link (self->elements[i], self->elements[i + 1]))
      return FALSE;
  }
  return gst_pad_link (pad, sink) == GST_PAD_LINK_OK;
}

HabTranscoder *
hab_transcoder_new (GstBin *bin, GstPad *pad,
    const HabTranscoderConfig *config, GError **error)
{
  g_autoptr (HabTranscoder) self = g_new0 (HabTranscoder, 1);

  self->config = *config;
  gst_segment_init (&self->segment, GST_FORMAT_UNDEFINED);
  self->times = hab_key_times_new (config->plan->original ? 0 :
          hab_key_times_get_distance (config->segment_duration, MAX_GOP));
  self->renditions =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_rendition_free);
  add_elements (self, bin, pad, error);
  if (*error == NULL)
    add_renditions (self, bin, error);
  if (*error)
    return NULL;
  set_up (self);
  if (!link_elements (self, pad)) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video cannot be decoded");
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
hab_transcoder_free (HabTranscoder *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->renditions);
  hab_key_times_free (self->times);
  g_free (self);
}

GstPad *
hab_transcoder_get_original (HabTranscoder *self)
{
  return self->split ?
      gst_element_request_pad_simple (self->split, "src_%u") :
      NULL;
}

void
hab_transcoder_follow (HabTranscoder *self, GstPad *pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_original, self, NULL);
}

GstPad *
hab_transcoder_get_rendition (HabTranscoder *self, guint rung)
{
  return hab_rendition_get_pad (self->renditions->pdata[rung]);
}

void
hab_transcoder_start (HabTranscoder *self)
{
  if (self->split)
    gst_element_link (self->split, self->elements[QUEUE]);
  for (guint i = 0; i < self->renditions->len; i++)
    hab_rendition_start (self->renditions->pdata[i]);
  for (guint i = N_ELEMENTS; i > 0; i--)
    gst_element_sync_state_with_parent (self->elements[i - 1]);
  if (self->split)
    gst_element_sync_state_with_parent (self->split);
}
