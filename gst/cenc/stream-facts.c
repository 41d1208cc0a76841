/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-facts.h"

#include "cenc-protection.h"

static const gchar *const facts[] = {
  "colorimetry",
  "mastering-display-info",
  "content-light-level",
  "pixel-aspect-ratio",
};

/* (transfer full) (nullable): NULL where there is none, or it is not
 * installed. */
static GstElement *
make_parser (const GstCaps *caps)
{
  const HabCodec *codec = hab_codec_of_caps (caps);
  GstElement *parser = codec && codec->gst_parser ?
      gst_element_factory_make (codec->gst_parser, NULL) :
      NULL;

  return parser ? gst_object_ref_sink (parser) : NULL;
}

/* A pad on the other side of the parser's. */
static GstPad *
add_pad (GstElement *parser, const gchar *name, GstPadDirection direction)
{
  g_autoptr (GstPad) theirs = gst_element_get_static_pad (parser, name);
  GstPad *pad = gst_object_ref_sink (gst_pad_new (NULL, direction));

  gst_pad_set_active (pad, TRUE);
  if (direction == GST_PAD_SRC)
    gst_pad_link (pad, theirs);
  else
    gst_pad_link (theirs, pad);
  return pad;
}

static GstFlowReturn
drop_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static void
push (GstPad *pad, GstCaps *caps, GstBuffer *buffer)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("facts"));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  /* Parsers set flags of buffers that are not theirs. */
  gst_pad_push (pad, gst_buffer_copy (buffer));
  gst_pad_push_event (pad, gst_event_new_eos ());
}

/* (transfer full) (nullable): the caps that parser gives to the access unit. */
static GstCaps *
parse (GstElement *parser, GstCaps *caps, GstBuffer *buffer)
{
  g_autoptr (GstPad) src = add_pad (parser, "sink", GST_PAD_SRC);
  g_autoptr (GstPad) sink = add_pad (parser, "src", GST_PAD_SINK);
  GstCaps *parsed;

  gst_pad_set_chain_function (sink, drop_buffer);
  gst_element_set_state (parser, GST_STATE_PLAYING);
  push (src, caps, buffer);
  parsed = gst_pad_get_current_caps (sink);
  gst_element_set_state (parser, GST_STATE_NULL);
  gst_pad_set_active (src, FALSE);
  gst_pad_set_active (sink, FALSE);
  return parsed;
}

static gboolean
has_bytes (const GValue *value)
{
  return value && GST_VALUE_HOLDS_BUFFER (value) &&
      gst_buffer_get_size (gst_value_get_buffer (value)) > 0;
}

/* Without what the parser would only hand on, or takes for bytes unseen. */
static GstCaps *
ask_for_facts (const GstCaps *caps)
{
  GstCaps *bare = gst_structure_has_name (gst_caps_get_structure (caps, 0),
                      "application/x-cenc") ?
      hab_protection_caps_unprotect (caps) :
      gst_caps_copy (caps);
  GstStructure *structure = gst_caps_get_structure (bare, 0);

  for (guint i = 0; i < G_N_ELEMENTS (facts); i++)
    gst_structure_remove_field (structure, facts[i]);
  if (!has_bytes (gst_structure_get_value (structure, "codec_data")))
    gst_structure_remove_field (structure, "codec_data");
  return bare;
}

/* What is missing in caps of what from (nullable) says. */
static void
add_missing (GstCaps *caps, const GstStructure *from)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  for (guint i = 0; from && i < G_N_ELEMENTS (facts); i++) {
    const GValue *value = gst_structure_get_value (from, facts[i]);

    if (value && !gst_structure_has_field (structure, facts[i]))
      gst_structure_set_value (structure, facts[i], value);
  }
}

static void
add_light (GstCaps *caps, GstBuffer *first)
{
  const HabCodec *codec = hab_codec_of_caps (caps);
  g_autoptr (GstStructure) light = NULL;
  GstMapInfo map;

  if (codec == NULL || codec->describe_light == NULL ||
      !gst_buffer_map (first, &map, GST_MAP_READ))
    return;
  light = gst_structure_new_empty ("light");
  codec->describe_light (map.data, map.size, light);
  gst_buffer_unmap (first, &map);
  add_missing (caps, light);
}

GstCaps *
hab_stream_facts_add (GstCaps *caps, GstBuffer *first)
{
  g_autoptr (GstCaps) bare = ask_for_facts (caps);
  g_autoptr (GstElement) parser = make_parser (bare);
  g_autoptr (GstCaps) parsed = parser ? parse (parser, bare, first) : NULL;
  GstCaps *full = gst_caps_copy (caps);

  if (parsed)
    add_missing (full, gst_caps_get_structure (parsed, 0));
  add_light (full, first);
  return full;
}
