/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What parsebin leaves to be done behind it:
 *
 * - A parser that was plugged before anything downstream was known gives any
 *   format (AAC as ADTS); one more turns it into what the elements take.
 * - Matroska has presentation times only, AVI decoding times only, and MPEG-TS
 *   one time for several packets of Opus, whose parser is not plugged by rank. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-plug.h"

#include <gst/audio/audio.h>
#include <string.h>

#include "media.h"
#include "stream-order.h"

/* Elements that make decoding times from presentation times. */
static const struct
{
  const gchar *media_type;
  const gchar *factory;
} timestampers[] = {
  { "video/x-h264", "h264timestamper" },
  { "video/x-h265", "h265timestamper" },
};

#define OPUS_RATE 48000

gboolean
hab_stream_is_taken (const GstCaps *caps, const HabCodec *codec)
{
  g_autoptr (GstCaps) taken = gst_caps_from_string (codec->caps);

  return gst_caps_is_subset (caps, taken);
}

/* Takes pad; (transfer full) (nullable): the pad behind element. */
static GstPad *
plug (HabStreamPlug *self, GstPad *pad, GstElement *element)
{
  g_autoptr (GstPad) from = pad;
  g_autoptr (GstPad) sink = element ?
      gst_element_get_static_pad (element, "sink") :
      NULL;

  if (sink == NULL || gst_pad_link (from, sink) != GST_PAD_LINK_OK)
    return NULL;
  return gst_element_get_static_pad (element, "src");
}

/* (transfer full) (nullable): the best parser that gives what the elements
 * take, by its name. */
static GstElement *
add_parser (HabStreamPlug *self, const GstCaps *caps, const GstCaps *taken,
    GError **error)
{
  GList *all = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_PARSER, GST_RANK_MARGINAL);
  GList *of_caps = gst_element_factory_list_filter (all, caps, GST_PAD_SINK,
      FALSE);
  GList *fitting = gst_element_factory_list_filter (of_caps, taken,
      GST_PAD_SRC, FALSE);
  GstElement *parser = NULL;

  fitting = g_list_sort (fitting, gst_plugin_feature_rank_compare_func);
  if (fitting)
    parser = hab_media_add_element (self->bin,
        GST_OBJECT_NAME (fitting->data), error);
  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (of_caps);
  gst_plugin_feature_list_free (all);
  return parser;
}

/* What may be asked for of a stream with these caps: a parser that has seen
 * nothing yet may leave open which codec it is (AC-3 or E-AC-3), and what the
 * demuxer says of it may be wrong. */
static GstCaps *
get_taken (const GstCaps *caps, const HabCodec *codec)
{
  GstCaps *taken = gst_caps_from_string (codec->caps);
  guint n_codecs;
  const HabCodec *const *codecs = hab_codec_list (&n_codecs);

  for (guint i = 0; i < n_codecs; i++) {
    g_autoptr (GstCaps) others = gst_caps_from_string (codecs[i]->caps);

    if (codecs[i]->kind == codec->kind && gst_caps_can_intersect (caps, others))
      taken = gst_caps_merge (taken, g_steal_pointer (&others));
  }
  return taken;
}

/* The parser in parsebin makes what is asked for behind it, unless it has
 * begun with something else. */
static GstPad *
plug_parser (HabStreamPlug *self, GstPad *pad, const GstCaps *caps,
    const HabCodec *codec, GError **error)
{
  g_autoptr (GstCaps) taken = get_taken (caps, codec);
  GstElement *filter =
      hab_media_add_element (self->bin, "capsfilter", error);
  GstElement *parser = NULL;

  if (!gst_caps_can_intersect (caps, taken) &&
      (parser = add_parser (self, caps, taken, error))) {
    pad = plug (self, pad, parser);
    gst_element_sync_state_with_parent (parser);
  }
  if (pad == NULL || filter == NULL) {
    g_clear_object (&pad);
    return NULL;
  }
  g_object_set (filter, "caps", taken, NULL);
  gst_element_sync_state_with_parent (filter);
  return plug (self, pad, filter);
}

static GstPad *
plug_started (HabStreamPlug *self, GstPad *pad, const gchar *factory,
    GError **error)
{
  GstElement *element = hab_media_add_element (self->bin, factory, error);

  if (element)
    gst_element_sync_state_with_parent (element);
  return plug (self, pad, element);
}

static GstPad *
plug_timestamper (HabStreamPlug *self, GstPad *pad, const HabCodec *codec,
    GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (timestampers); i++) {
    if (strcmp (codec->media_type, timestampers[i].media_type) == 0)
      return plug_started (self, pad, timestampers[i].factory, error);
  }
  return pad;
}

/* tsdemux 1.22.0 gives the time of what is to be clipped; what comes after it
 * takes it for that of what is left. */
static GstPadProbeReturn
on_clipped (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstAudioClippingMeta *meta = gst_buffer_get_audio_clipping_meta (buffer);

  if (meta == NULL || meta->format != GST_FORMAT_DEFAULT || meta->start == 0 ||
      !GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) += gst_util_uint64_scale_round (meta->start,
      GST_SECOND, OPUS_RATE);
  GST_BUFFER_DTS (buffer) = GST_BUFFER_PTS (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* Of all that MPEG-TS has in it only Opus has no parser by rank, which would
 * make the times in between. */
static GstPad *
plug_opus_parser (HabStreamPlug *self, GstPad *pad, const HabCodec *codec,
    GError **error)
{
  if (strcmp (codec->media_type, "audio/x-opus") != 0)
    return pad;
  pad = plug_started (self, pad, "opusparse", error);
  if (pad)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_clipped, NULL, NULL);
  return pad;
}

GstPad *
hab_stream_plug (HabStreamPlug *self, GstPad *source, const GstCaps *caps,
    const HabCodec *codec, GError **error)
{
  const HabContainer *container = self->container;
  GstPad *pad = gst_object_ref (source);

  if (!hab_stream_is_taken (caps, codec))
    pad = plug_parser (self, pad, caps, codec, error);
  if (pad && container && container->no_dts)
    pad = plug_timestamper (self, pad, codec, error);
  if (pad && container && container->few_times)
    pad = plug_opus_parser (self, pad, codec, error);
  if (pad && container && container->no_pts && !codec->whole_sample)
    hab_stream_order_check (pad, self->reporter);
  return pad;
}
