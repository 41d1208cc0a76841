/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "unit-inspector.h"

#include "byte-stream.h"

struct _HabUnitInspector
{
  HabCodecParser *parser; /* NULL before caps */
  GByteArray *units;      /* for a byte stream: what the parser takes of it */
};

HabUnitInspector *
hab_unit_inspector_new (void)
{
  return g_new0 (HabUnitInspector, 1);
}

void
hab_unit_inspector_free (HabUnitInspector *self)
{
  g_clear_pointer (&self->parser, hab_codec_parser_free);
  g_clear_pointer (&self->units, g_byte_array_unref);
  g_free (self);
}

/* --- caps -------------------------------------------------------------- */

static gboolean
read_codec_data (HabUnitInspector *self, GstBuffer *codec_data, GError **error)
{
  GstMapInfo map;
  gboolean read;

  if (!gst_buffer_map (codec_data, &map, GST_MAP_READ)) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "it cannot be mapped");
    return FALSE;
  }
  read = self->parser->codec->parse_codec_data (self->parser, map.data,
      map.size, error);
  gst_buffer_unmap (codec_data, &map);
  return read;
}

/* There need not be any. */
static gboolean
take_codec_data (HabUnitInspector *self, const GstStructure *structure,
    GError **error)
{
  const GValue *value = gst_structure_get_value (structure, "codec_data");
  GstBuffer *codec_data = value != NULL && GST_VALUE_HOLDS_BUFFER (value)
      ? gst_value_get_buffer (value)
      : NULL;

  if (codec_data == NULL || read_codec_data (self, codec_data, error))
    return TRUE;
  g_prefix_error (error, "codec_data: ");
  return FALSE;
}

static gboolean
need_parser (HabUnitInspector *self, const HabCodec *codec, GError **error)
{
  if (codec == NULL || codec->kind != HAB_MEDIA_VIDEO) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "there is no such video codec");
    return FALSE;
  }
  if (self->parser != NULL && self->parser->codec == codec)
    return TRUE;
  g_clear_pointer (&self->parser, hab_codec_parser_free);
  self->parser = hab_codec_parser_new (codec);
  return TRUE;
}

gboolean
hab_unit_inspector_set_caps (HabUnitInspector *self, const GstCaps *caps,
    GError **error)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gboolean byte_stream = g_strcmp0 (
      gst_structure_get_string (structure, "stream-format"),
      "byte-stream") == 0;

  g_clear_pointer (&self->units, g_byte_array_unref);
  if (!need_parser (self, hab_codec_of_caps (caps), error))
    return FALSE;
  if (!byte_stream)
    return take_codec_data (self, structure, error);
  self->units = g_byte_array_new ();
  return TRUE;
}

void
hab_unit_inspector_take_event (HabUnitInspector *self, GstEvent *event)
{
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return;
  gst_event_parse_caps (event, &caps);
  hab_unit_inspector_set_caps (self, caps, NULL);
}

/* --- access units ------------------------------------------------------ */

static gboolean
inspect_bytes (HabUnitInspector *self, const guint8 *data, gsize size,
    HabAccessUnitInfo *info, GError **error)
{
  if (self->parser == NULL) {
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_UNSUPPORTED,
        "nothing is known of its stream");
    return FALSE;
  }
  if (self->units != NULL) {
    hab_byte_stream_to_units (data, size, self->units);
    data = self->units->data;
    size = self->units->len;
  }
  return hab_codec_parser_parse_access_unit (self->parser, data, size, info,
      error);
}

gboolean
hab_unit_inspector_inspect (HabUnitInspector *self, GstBuffer *buffer,
    HabAccessUnitInfo *info, GError **error)
{
  GstMapInfo map;
  gboolean known;

  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    known = inspect_bytes (self, map.data, map.size, info, error);
    gst_buffer_unmap (buffer, &map);
  } else {
    known = FALSE;
    g_set_error_literal (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED,
        "the buffer cannot be mapped");
  }
  if (!known)
    *info = (HabAccessUnitInfo) { HAB_RANDOM_ACCESS_NONE };
  return known;
}
