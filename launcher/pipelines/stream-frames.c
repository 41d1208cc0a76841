/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* blockfilesrc ! parsebin ! fakesink. A probe in the demuxer's thread looks at
 * each access unit. One waits until the next is there, which tells how long it
 * lasts where the container does not. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-frames.h"

#include "media-input.h"
#include "stream-time.h"
#include "unit-inspector.h"

typedef struct
{
  const gchar *path;
  GstElement *pipeline;
  HabMediaInput *input;
  HabGopFrameFunc func;
  gpointer data;

  /* demuxer's thread, then, when the pipeline has ended, the caller's */
  HabUnitInspector *inspector;
  gint64 time_offset; /* ns; of the container's times to the pipeline's */
  HabGopFrame frame;  /* that waits for the next */
  gboolean timed;     /* how long it lasts is known */
  guint32 n_frames;
} StreamFrames;

/* --- what passes --------------------------------------------------------- */

static void
tell_waiting (StreamFrames *self)
{
  if (self->n_frames > 0)
    self->func (&self->frame, self->data);
}

/* Where only one of them is known the other is the same; where neither is, it
 * goes on as before. */
static void
set_times (StreamFrames *self, HabGopFrame *frame, GstPad *pad,
    GstBuffer *buffer)
{
  gint64 pts =
      hab_stream_time_of (pad, GST_BUFFER_PTS (buffer), self->time_offset);
  gint64 dts =
      hab_stream_time_of (pad, GST_BUFFER_DTS (buffer), self->time_offset);
  gint64 next = self->frame.dts_ns + self->frame.duration_ns;

  if (dts == G_MININT64)
    dts = pts != G_MININT64 ? pts : next;
  frame->dts_ns = dts;
  frame->pts_ns = pts != G_MININT64 ? pts : dts;
}

static void
take_access_unit (StreamFrames *self, GstPad *pad, GstBuffer *buffer)
{
  HabAccessUnitInfo info;
  HabGopFrame frame = {
    .number = self->n_frames,
    .offset = -1,
    .size = gst_buffer_get_size (buffer),
  };

  hab_unit_inspector_inspect (self->inspector, buffer, &info, NULL);
  frame.picture_type = info.picture_type != '\0' ? info.picture_type : '?';
  frame.key_frame = info.random_access != HAB_RANDOM_ACCESS_NONE;
  set_times (self, &frame, pad, buffer);
  if (self->n_frames > 0 && !self->timed)
    self->frame.duration_ns = MAX (frame.dts_ns - self->frame.dts_ns, 0);
  tell_waiting (self);

  self->timed = GST_BUFFER_DURATION_IS_VALID (buffer);
  /* The last one lasts as long as the one before it. */
  frame.duration_ns = self->timed ? (gint64) GST_BUFFER_DURATION (buffer)
                                  : self->frame.duration_ns;
  self->frame = frame;
  self->n_frames++;
}

static GstPadProbeReturn
on_video (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  StreamFrames *self = data;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)
    hab_unit_inspector_take_event (self->inspector,
        GST_PAD_PROBE_INFO_EVENT (info));
  else if (gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info)) > 0)
    take_access_unit (self, pad, GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

/* --- building ------------------------------------------------------------ */

/* In the demuxer's thread. Sound is left where it is. */
static gboolean
on_stream (HabMediaInput *input, const HabMediaStream *stream, gpointer data,
    GError **error)
{
  StreamFrames *self = data;
  g_autoptr (GstPad) pad = NULL;
  GstElement *sink;

  if (stream->codec->kind != HAB_MEDIA_VIDEO)
    return TRUE;
  sink = hab_media_add_element (GST_BIN (self->pipeline), "fakesink", error);
  if (sink == NULL)
    return FALSE;
  g_object_set (sink, "async", FALSE, NULL);
  self->time_offset = hab_stream_time_find_offset (
      hab_media_input_get_container (input), self->path);
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_video, self, NULL);
  if (gst_pad_link (stream->pad, pad) != GST_PAD_LINK_OK) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video track cannot be read");
    return FALSE;
  }
  gst_element_sync_state_with_parent (sink);
  return TRUE;
}

static void
stream_frames_clear (StreamFrames *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_pointer (&self->input, hab_media_input_free);
  g_clear_object (&self->pipeline);
  g_clear_pointer (&self->inspector, hab_unit_inspector_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StreamFrames, stream_frames_clear)

gboolean
hab_stream_frames_read (const gchar *input, HabGopFrameFunc func,
    gpointer data, GError **error)
{
  g_auto (StreamFrames) self = { .path = input, .func = func, .data = data };

  self.pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self.inspector = hab_unit_inspector_new ();
  self.input = hab_media_input_new (GST_BIN (self.pipeline), input, on_stream,
      &self, error);
  if (self.input == NULL ||
      !hab_media_input_play (self.input, self.pipeline, error))
    return FALSE;
  tell_waiting (&self);
  if (self.n_frames > 0)
    return TRUE;
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA,
      "the video track has no pictures in it");
  return FALSE;
}
