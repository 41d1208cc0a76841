/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec.h"

#include "codec-private.h"

/* The one list of what is supported. */
static const HabCodec *const codecs[] = {
  &hab_codec_h264,
  &hab_codec_h265,
  &hab_codec_av1,
  &hab_codec_vp9,
  &hab_codec_aac,
  &hab_codec_opus,
  &hab_codec_flac,
  &hab_codec_ac3,
  &hab_codec_eac3,
  &hab_codec_mp3,
};

static const gchar *const random_access_words[] = {
  [HAB_RANDOM_ACCESS_NONE] = "none",
  [HAB_RANDOM_ACCESS_IDR] = "idr",
  [HAB_RANDOM_ACCESS_CRA] = "cra",
  [HAB_RANDOM_ACCESS_RECOVERY_POINT] = "recovery-point",
  [HAB_RANDOM_ACCESS_KEY_FRAME] = "key-frame",
};

G_DEFINE_QUARK (hab-codec-error, hab_codec_error)

const gchar *
hab_random_access_to_string (HabRandomAccess kind)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (random_access_words), "none");

  return random_access_words[kind];
}

const HabCodec *
hab_codec_find (const gchar *media_type, gint mpegversion)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (g_strcmp0 (codecs[i]->media_type, media_type) == 0 &&
        (codecs[i]->mpegversion == 0 || codecs[i]->mpegversion == mpegversion))
      return codecs[i];
  }
  return NULL;
}

/* version: the caps' mpegversion, also a range or a list; NULL for none. */
static gboolean
is_codec (const HabCodec *codec, const gchar *media_type,
    const GValue *version)
{
  GValue wanted = G_VALUE_INIT;
  gboolean ok;

  if (g_strcmp0 (codec->media_type, media_type) != 0)
    return FALSE;
  if (codec->mpegversion == 0 || version == NULL)
    return codec->mpegversion == 0;
  g_value_init (&wanted, G_TYPE_INT);
  g_value_set_int (&wanted, codec->mpegversion);
  ok = gst_value_intersect (NULL, version, &wanted);
  g_value_unset (&wanted);
  return ok;
}

const HabCodec *
hab_codec_of_caps (const GstCaps *caps)
{
  const GstStructure *structure;
  const gchar *media_type;
  const GValue *version;

  if (gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return NULL;
  structure = gst_caps_get_structure (caps, 0);
  media_type = gst_structure_get_name (structure);
  if (gst_structure_has_name (structure, "application/x-cenc"))
    media_type = gst_structure_get_string (structure, "original-media-type");
  version = gst_structure_get_value (structure, "mpegversion");
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (is_codec (codecs[i], media_type, version))
      return codecs[i];
  }
  return NULL;
}

gboolean
hab_codec_has_codec_data (const HabCodec *codec, const GstStructure *caps)
{
  const GValue *value = gst_structure_get_value (caps, "codec_data");
  g_autofree gchar *mime_codec = NULL;
  GstMapInfo map;

  if (value == NULL || !G_VALUE_HOLDS (value, GST_TYPE_BUFFER) ||
      !gst_buffer_map (gst_value_get_buffer (value), &map, GST_MAP_READ))
    return FALSE;
  mime_codec = codec->mime_codec (gst_structure_get_string (caps,
                                      "stream-format"),
      map.data, map.size, NULL);
  gst_buffer_unmap (gst_value_get_buffer (value), &map);
  return mime_codec != NULL;
}

const HabCodec *const *
hab_codec_list (guint *n_codecs)
{
  *n_codecs = G_N_ELEMENTS (codecs);
  return codecs;
}

HabCodecParser *
hab_codec_parser_new (const HabCodec *codec)
{
  g_return_val_if_fail (codec->parser_new != NULL, NULL);

  return codec->parser_new (codec);
}

void
hab_codec_parser_free (HabCodecParser *parser)
{
  if (parser)
    parser->codec->parser_free (parser);
}

typedef struct
{
  const guint8 *data;
  gsize size;
} MemoryAccessUnit;

static const guint8 *
read_memory (gsize offset, gsize want, gpointer data, GError **error)
{
  MemoryAccessUnit *unit = data;

  g_return_val_if_fail (offset <= unit->size, NULL);

  return unit->data + offset;
}

gboolean
hab_codec_parser_parse_access_unit (HabCodecParser *parser, const guint8 *data,
    gsize size, HabAccessUnitInfo *info, GError **error)
{
  MemoryAccessUnit unit = { data, size };

  return parser->codec->parse_access_unit (parser, size, read_memory, &unit,
      info, error);
}
