/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-order.h"

/* What is known of such a stream; of its pad. */
typedef struct
{
  GstElement *reporter; /* not owned */
  HabCodecParser *parser;
} OrderCheck;

static void
order_check_free (OrderCheck *check)
{
  hab_codec_parser_free (check->parser);
  g_free (check);
}

static gboolean
take_parameter_sets (OrderCheck *check, GstEvent *event)
{
  const GValue *value;
  GstBuffer *codec_data;
  GstCaps *caps;
  GstMapInfo map;
  gboolean ok;

  gst_event_parse_caps (event, &caps);
  value = gst_structure_get_value (gst_caps_get_structure (caps, 0),
      "codec_data");
  codec_data = value ? gst_value_get_buffer (value) : NULL;
  if (codec_data == NULL || !gst_buffer_map (codec_data, &map, GST_MAP_READ))
    return FALSE;
  ok = check->parser->codec->parse_codec_data (check->parser, map.data,
      map.size, NULL);
  gst_buffer_unmap (codec_data, &map);
  return ok;
}

static gboolean
is_shown_later (OrderCheck *check, GstBuffer *buffer)
{
  HabAccessUnitInfo info = { HAB_RANDOM_ACCESS_NONE };
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  hab_codec_parser_parse_access_unit (check->parser, map.data, map.size, &info,
      NULL);
  gst_buffer_unmap (buffer, &map);
  return info.picture_type == 'B';
}

/* Without B-pictures the order of decoding is that of presentation, and the
 * times are the same. */
static GstPadProbeReturn
on_video_without_pts (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  OrderCheck *check = data;
  GstBuffer *buffer;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS)
      take_parameter_sets (check, GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }
  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_PAD_PROBE_OK;
  if (is_shown_later (check, buffer)) {
    GST_ELEMENT_ERROR (check->reporter, STREAM, NOT_IMPLEMENTED,
        ("the video has B-frames, and its container does not say when they "
         "are shown; make an MP4 of it first"), (NULL));
    gst_buffer_unref (buffer);
    GST_PAD_PROBE_INFO_DATA (info) = NULL;
    GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
    return GST_PAD_PROBE_HANDLED;
  }
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

void
hab_stream_order_check (GstPad *pad, const HabCodec *codec,
    GstElement *reporter)
{
  OrderCheck *check = g_new0 (OrderCheck, 1);

  check->reporter = reporter;
  check->parser = hab_codec_parser_new (codec);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_video_without_pts, check, (GDestroyNotify) order_check_free);
}
