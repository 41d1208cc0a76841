/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "decoder.h"

#include <gst/pbutils/pbutils.h>

#include "codec.h"
#include "media.h"

/* (transfer full) both. Decoders of hardware need devices, which who reads a file is
 * not given. */
static GList *
leave_out_hardware (GList *decoders)
{
  GList *next;

  for (GList *item = decoders; item; item = next) {
    next = item->next;
    if (!gst_element_factory_list_is_type (item->data,
            GST_ELEMENT_FACTORY_TYPE_HARDWARE))
      continue;
    gst_object_unref (item->data);
    decoders = g_list_delete_link (decoders, item);
  }
  return decoders;
}

/* (transfer full): those of main memory have no features. */
static GList *
list_decoders (const GstCaps *caps)
{
  g_autoptr (GstCaps) raw = gst_caps_new_empty_simple ("video/x-raw");
  GList *all = leave_out_hardware (gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO,
      GST_RANK_MARGINAL));
  GList *of_caps = gst_element_factory_list_filter (all, caps, GST_PAD_SINK,
      FALSE);
  GList *fitting = gst_element_factory_list_filter (of_caps, raw, GST_PAD_SRC,
      FALSE);

  gst_plugin_feature_list_free (of_caps);
  gst_plugin_feature_list_free (all);
  return g_list_sort (fitting, gst_plugin_feature_rank_compare_func);
}

/* (transfer full): what may come out of pad. What is made of it is opaque, so
 * that nothing need decode transparency. */
static GstCaps *
get_caps (GstPad *pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  caps = gst_caps_make_writable (caps ? caps : gst_pad_query_caps (pad, NULL));
  gst_caps_set_simple (caps, "codec-alpha", G_TYPE_BOOLEAN, FALSE, NULL);
  return caps;
}

static void
set_no_decoder (GError **error, GstCaps *caps)
{
  g_autofree gchar *name = gst_caps_is_fixed (caps) ?
      gst_pb_utils_get_codec_description (caps) :
      NULL;

  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "there is no decoder of %s installed", name ? name : "the video");
}

GstElement *
hab_decoder_add_behind (GstBin *bin, GstElement *src, const GstCaps *caps,
    guint threads, GError **error)
{
  const HabCodec *codec = hab_codec_find (
      gst_structure_get_name (gst_caps_get_structure (caps, 0)), 0);
  GstElement *parser, *decoder;
  g_autoptr (GstPad) pad = NULL;

  if (codec == NULL || codec->gst_parser == NULL) {
    if (*error == NULL)
      g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
          "its codec is not handled");
    return NULL;
  }
  parser = hab_media_add_element (bin, codec->gst_parser, error);
  if (parser == NULL)
    return NULL;
  pad = gst_element_get_static_pad (parser, "src");
  decoder = hab_decoder_add (bin, pad, threads, error);
  return decoder != NULL && gst_element_link_many (src, parser, decoder, NULL)
      ? decoder
      : NULL;
}

gboolean
hab_decoder_is_hdr (const GstVideoInfo *info)
{
  return info->colorimetry.transfer == GST_VIDEO_TRANSFER_SMPTE2084 ||
      info->colorimetry.transfer == GST_VIDEO_TRANSFER_ARIB_STD_B67;
}

GstElement *
hab_decoder_add (GstBin *bin, GstPad *pad, guint threads, GError **error)
{
  g_autoptr (GstCaps) caps = get_caps (pad);
  GList *list = list_decoders (caps);
  GstElement *decoder = NULL;

  if (list)
    decoder = hab_media_add_element (bin, GST_OBJECT_NAME (list->data),
        error);
  else if (*error == NULL)
    set_no_decoder (error, caps);
  gst_plugin_feature_list_free (list);
  if (decoder && g_object_class_find_property (G_OBJECT_GET_CLASS (decoder),
                     "max-threads"))
    g_object_set (decoder, "max-threads", threads, NULL);
  return decoder;
}
