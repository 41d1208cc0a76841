/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* filesrc ! parsebin ! gopsplit ! mp4mux ! filesink. GOPs are counted from the
 * start of the file: a seek lands at some key frame, and nothing in such files
 * says which GOP that is. Where the sought one ends so does the reading. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-cut.h"

#include "gop-marks.h"
#include "media-input.h"

typedef struct
{
  guint64 first, last;
  GstElement *pipeline;
  GstElement *mux;
  HabMediaInput *input;

  /* demuxer's thread, then, when the pipeline has ended, the caller's */
  guint64 n_gops; /* that were let through and ended */
} StreamCut;

/* mp4mux 1.22.0 crashes on VP9 whose caps have no chroma-site. */
static GstEvent *
complete_caps (GstEvent *event)
{
  GstCaps *caps;
  const GstStructure *structure;
  g_autoptr (GstCaps) complete = NULL;
  GstEvent *other;

  gst_event_parse_caps (event, &caps);
  structure = gst_caps_get_structure (caps, 0);
  if (!gst_structure_has_name (structure, "video/x-vp9") ||
      gst_structure_has_field (structure, "chroma-site"))
    return event;
  complete = gst_caps_copy (caps);
  gst_caps_set_simple (complete, "chroma-site", G_TYPE_STRING, "mpeg2", NULL);
  other = gst_event_new_caps (complete);
  gst_event_unref (event);
  return other;
}

static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  StreamCut *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    GST_PAD_PROBE_INFO_DATA (info) = complete_caps (event);
  else if (gst_event_has_name (event, HAB_GOP_STRUCTURE))
    self->n_gops++;
  return GST_PAD_PROBE_OK;
}

/* --- building ------------------------------------------------------------ */

static gboolean
link_video (StreamCut *self, const HabMediaStream *stream, GstElement *split)
{
  const HabContainer *container = hab_media_input_get_container (self->input);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (split, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (split, "src");
  g_autoptr (GstPad) mux_pad =
      gst_element_request_pad_simple (self->mux, "video_%u");

  if (container && container->timescale > 0)
    g_object_set (mux_pad, "trak-timescale", container->timescale, NULL);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self,
      NULL);
  return gst_pad_link (src, mux_pad) == GST_PAD_LINK_OK &&
      gst_pad_link (stream->pad, sink) == GST_PAD_LINK_OK &&
      gst_element_sync_state_with_parent (split);
}

/* In the demuxer's thread. Sound is left where it is. */
static gboolean
on_stream (HabMediaInput *input, const HabMediaStream *stream, gpointer data,
    GError **error)
{
  StreamCut *self = data;
  GstElement *split;

  if (stream->codec->kind != HAB_MEDIA_VIDEO)
    return TRUE;
  split = hab_media_add_element (GST_BIN (self->pipeline), "gopsplit", error);
  if (split == NULL)
    return FALSE;
  g_object_set (split, "first-gop", self->first, "last-gop", self->last, NULL);
  if (link_video (self, stream, split))
    return TRUE;
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "the video cannot be written as MP4");
  return FALSE;
}

static gboolean
build (StreamCut *self, const gchar *input, const gchar *output,
    GError **error)
{
  GError *missing = NULL;
  GstElement *sink;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->mux = hab_media_add_element (GST_BIN (self->pipeline), "mp4mux",
      &missing);
  sink = hab_media_add_element (GST_BIN (self->pipeline), "filesink",
      &missing);
  if (missing) {
    g_propagate_error (error, missing);
    return FALSE;
  }
  gst_element_link (self->mux, sink);
  g_object_set (sink, "location", output, "async", FALSE, NULL);
  self->input = hab_media_input_new (GST_BIN (self->pipeline), input,
      on_stream, self, error);
  return self->input != NULL;
}

/* --- running ------------------------------------------------------------- */

static gboolean
check_found (const StreamCut *self, GError **error)
{
  if (self->n_gops == self->last - self->first + 1)
    return TRUE;
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_FOUND,
      "there is no GOP %" G_GUINT64_FORMAT " in the video", self->last);
  return FALSE;
}

static gboolean
run (StreamCut *self, GError **error)
{
  gboolean played = hab_media_input_play (self->input, self->pipeline, error);

  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  return played && check_found (self, error);
}

static void
stream_cut_clear (StreamCut *self)
{
  g_clear_pointer (&self->input, hab_media_input_free);
  g_clear_object (&self->pipeline);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StreamCut, stream_cut_clear)

gboolean
hab_stream_cut_run (const gchar *input, guint64 first, guint64 last,
    const gchar *output, GError **error)
{
  g_auto (StreamCut) self = { .first = first, .last = last };

  return build (&self, input, output, error) && run (&self, error);
}
