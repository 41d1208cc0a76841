/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "caps-completion.h"

gboolean
hab_caps_announce_header (const GstCaps *caps, GstBuffer *buffer)
{
  return !GST_CLOCK_TIME_IS_VALID (GST_BUFFER_DTS_OR_PTS (buffer)) &&
      gst_structure_has_field (gst_caps_get_structure (caps, 0),
          "streamheader");
}

/* Nanoseconds of running time from the buffer's start to 0. */
static guint64
lead_of (const GstSegment *segment, GstBuffer *buffer)
{
  guint64 running_time = 0;
  GstClockTime time = GST_BUFFER_DTS_OR_PTS (buffer);
  gint sign = 0;

  if (segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID (time))
    sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time,
        &running_time);
  return sign < 0 ? running_time : 0;
}

static GBytes *
make_codec_data (const HabCodec *codec, HabCodecStart *start, GstBuffer *first,
    GError **error)
{
  GstMapInfo map;
  GBytes *codec_data;

  if (gst_buffer_get_protection_meta (first))
    return codec->make_codec_data (start, error);
  if (!gst_buffer_map (first, &map, GST_MAP_READ)) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "the first sample cannot be read");
    return NULL;
  }
  start->sample = map.data;
  start->size = map.size;
  codec_data = codec->make_codec_data (start, error);
  gst_buffer_unmap (first, &map);
  return codec_data;
}

GstCaps *
hab_caps_complete (GstCaps *caps, const GstSegment *segment, GstBuffer *first,
    GError **error)
{
  const HabCodec *codec = hab_codec_of_caps (caps);
  HabCodecStart start = { .caps = gst_caps_get_structure (caps, 0) };
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GBytes) codec_data = NULL;

  if (codec == NULL || codec->make_codec_data == NULL ||
      hab_codec_has_codec_data (codec, start.caps))
    return gst_caps_ref (caps);

  start.lead_ns = lead_of (segment, first);
  codec_data = make_codec_data (codec, &start, first, error);
  if (codec_data == NULL)
    return NULL;
  buffer = gst_buffer_new_wrapped_bytes (codec_data);
  caps = gst_caps_copy (caps);
  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, buffer, NULL);
  return caps;
}
