/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Metadata OBUs of HDR (AV1 Bitstream and Decoding Process, 6.7.3 and 6.7.4)
 * in the words of caps, which av1parse 1.22.0 does not put there. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "codec-private.h"

#include <gst/video/video.h>

/* gstav1parser.h calls its own interface unstable. */
#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gstav1parser.h>

/* From fixed point with so many bits behind the point, to units of 1/unit. */
static guint64
from_fixed (guint64 value, guint bits, guint unit)
{
  return (value * unit + (G_GUINT64_CONSTANT (1) << (bits - 1))) >> bits;
}

static guint16
to_chromaticity (guint16 value)
{
  return MIN (from_fixed (value, 16, 50000), 50000);
}

static void
set_mastering (GstStructure *caps, const GstAV1MetadataHdrMdcv *mdcv)
{
  GstVideoMasteringDisplayInfo info;
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (info.display_primaries); i++) {
    info.display_primaries[i].x = to_chromaticity (
        mdcv->primary_chromaticity_x[i]);
    info.display_primaries[i].y = to_chromaticity (
        mdcv->primary_chromaticity_y[i]);
  }
  info.white_point.x = to_chromaticity (mdcv->white_point_chromaticity_x);
  info.white_point.y = to_chromaticity (mdcv->white_point_chromaticity_y);
  info.max_display_mastering_luminance = MIN (G_MAXUINT32,
      from_fixed (mdcv->luminance_max, 8, 10000));
  info.min_display_mastering_luminance = MIN (G_MAXUINT32,
      from_fixed (mdcv->luminance_min, 14, 10000));
  text = gst_video_mastering_display_info_to_string (&info);
  gst_structure_set (caps, "mastering-display-info", G_TYPE_STRING, text,
      NULL);
}

static void
set_light (GstStructure *caps, const GstAV1MetadataHdrCll *cll)
{
  GstVideoContentLightLevel light = {
    .max_content_light_level = cll->max_cll,
    .max_frame_average_light_level = cll->max_fall,
  };
  g_autofree gchar *text = gst_video_content_light_level_to_string (&light);

  gst_structure_set (caps, "content-light-level", G_TYPE_STRING, text, NULL);
}

static void
take_metadata (GstStructure *caps, GstAV1Parser *parser, GstAV1OBU *obu)
{
  GstAV1MetadataOBU metadata;

  if (gst_av1_parser_parse_metadata_obu (parser, obu, &metadata) !=
      GST_AV1_PARSER_OK)
    return;
  if (metadata.metadata_type == GST_AV1_METADATA_TYPE_HDR_MDCV)
    set_mastering (caps, &metadata.hdr_mdcv);
  else if (metadata.metadata_type == GST_AV1_METADATA_TYPE_HDR_CLL)
    set_light (caps, &metadata.hdr_cll);
}

void
hab_av1_describe_light (const guint8 *data, gsize size, GstStructure *caps)
{
  GstAV1Parser *parser = gst_av1_parser_new ();
  GstAV1OBU obu;
  guint32 consumed = 0;

  while (size > 0 && size <= G_MAXUINT32 &&
      gst_av1_parser_identify_one_obu (parser, data, size, &obu, &consumed) ==
          GST_AV1_PARSER_OK &&
      consumed > 0 && consumed <= size) {
    if (obu.obu_type == GST_AV1_OBU_METADATA)
      take_metadata (caps, parser, &obu);
    data += consumed;
    size -= consumed;
  }
  gst_av1_parser_free (parser);
}
