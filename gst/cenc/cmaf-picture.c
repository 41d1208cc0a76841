/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Boxes of ISO/IEC 14496-12, 12.1.4 to 12.1.7; fiel is that of the QuickTime
 * File Format, which MP4 readers know as well. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-picture.h"

#define FIXED_1 0x00010000
#define FIXED_1_OF_LAST_COLUMN 0x40000000

/* --- from caps ----------------------------------------------------------- */

static void
read_colour (HabCmafPicture *picture, const GstStructure *structure)
{
  const gchar *text = gst_structure_get_string (structure, "colorimetry");
  GstVideoColorimetry colour;

  if (text == NULL || !gst_video_colorimetry_from_string (&colour, text))
    return;
  picture->has_colour = TRUE;
  picture->primaries = gst_video_color_primaries_to_iso (colour.primaries);
  picture->transfer = gst_video_transfer_function_to_iso (colour.transfer);
  picture->matrix = gst_video_color_matrix_to_iso (colour.matrix);
  picture->full_range = colour.range == GST_VIDEO_COLOR_RANGE_0_255;
}

static void
read_light (HabCmafPicture *picture, const GstStructure *structure)
{
  const gchar *mastering = gst_structure_get_string (structure,
      "mastering-display-info");
  const gchar *light = gst_structure_get_string (structure,
      "content-light-level");

  picture->has_mastering = mastering &&
      gst_video_mastering_display_info_from_string (&picture->mastering,
          mastering);
  picture->has_light = light &&
      gst_video_content_light_level_from_string (&picture->light, light);
}

static void
read_fields (HabCmafPicture *picture, const GstStructure *structure)
{
  const gchar *mode = gst_structure_get_string (structure, "interlace-mode");
  const gchar *order = gst_structure_get_string (structure, "field-order");

  picture->interlaced = mode &&
      gst_video_interlace_mode_from_string (mode) !=
          GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  picture->field_order = order ? gst_video_field_order_from_string (order) :
                                 GST_VIDEO_FIELD_ORDER_UNKNOWN;
}

gboolean
hab_cmaf_picture_from_structure (HabCmafPicture *picture,
    const GstStructure *structure)
{
  gint width = 0, height = 0, par_n = 1, par_d = 1;

  gst_structure_get_int (structure, "width", &width);
  gst_structure_get_int (structure, "height", &height);
  gst_structure_get_fraction (structure, "pixel-aspect-ratio", &par_n, &par_d);
  if (width <= 0 || width > G_MAXUINT16 || height <= 0 || height > G_MAXUINT16)
    return FALSE;
  picture->width = width;
  picture->height = height;
  picture->par_n = MAX (par_n, 0);
  picture->par_d = MAX (par_d, 0);
  read_colour (picture, structure);
  read_light (picture, structure);
  read_fields (picture, structure);
  return TRUE;
}

/* --- the matrix ---------------------------------------------------------- */

/* x' = a x + c y + tx, y' = b x + d y + ty; a picture of w times h that is
 * turned or mirrored is moved back to where it was by as many widths and
 * heights. */
static const struct
{
  gint8 a, b, c, d;
  gint8 x_widths, x_heights, y_widths, y_heights;
} matrices[] = {
  [GST_VIDEO_ORIENTATION_IDENTITY] = { 1, 0, 0, 1, 0, 0, 0, 0 },
  [GST_VIDEO_ORIENTATION_90R] = { 0, 1, -1, 0, 0, 1, 0, 0 },
  [GST_VIDEO_ORIENTATION_180] = { -1, 0, 0, -1, 1, 0, 0, 1 },
  [GST_VIDEO_ORIENTATION_90L] = { 0, -1, 1, 0, 0, 0, 1, 0 },
  [GST_VIDEO_ORIENTATION_HORIZ] = { -1, 0, 0, 1, 1, 0, 0, 0 },
  [GST_VIDEO_ORIENTATION_VERT] = { 1, 0, 0, -1, 0, 0, 0, 1 },
  [GST_VIDEO_ORIENTATION_UL_LR] = { 0, 1, 1, 0, 0, 0, 0, 0 },
  [GST_VIDEO_ORIENTATION_UR_LL] = { 0, -1, -1, 0, 0, 1, 1, 0 },
};

guint
hab_cmaf_picture_display_width (const HabCmafPicture *picture)
{
  if (picture->par_n == 0 || picture->par_d == 0)
    return picture->width;
  return MIN ((guint64) picture->width * picture->par_n / picture->par_d,
      G_MAXUINT16);
}

void
hab_cmaf_picture_write_matrix (HabBoxWriter *writer,
    const HabCmafPicture *picture)
{
  guint index = picture->orientation < G_N_ELEMENTS (matrices) ?
      picture->orientation :
      GST_VIDEO_ORIENTATION_IDENTITY;
  guint width = hab_cmaf_picture_display_width (picture);
  gint x = matrices[index].x_widths * (gint) width +
      matrices[index].x_heights * (gint) picture->height;
  gint y = matrices[index].y_widths * (gint) width +
      matrices[index].y_heights * (gint) picture->height;

  hab_box_put_u32 (writer, (guint32) (matrices[index].a * FIXED_1));
  hab_box_put_u32 (writer, (guint32) (matrices[index].b * FIXED_1));
  hab_box_put_u32 (writer, 0);
  hab_box_put_u32 (writer, (guint32) (matrices[index].c * FIXED_1));
  hab_box_put_u32 (writer, (guint32) (matrices[index].d * FIXED_1));
  hab_box_put_u32 (writer, 0);
  hab_box_put_u32 (writer, (guint32) x << 16);
  hab_box_put_u32 (writer, (guint32) y << 16);
  hab_box_put_u32 (writer, FIXED_1_OF_LAST_COLUMN);
}

/* --- boxes of the sample entry ------------------------------------------- */

static void
write_pasp (HabBoxWriter *writer, const HabCmafPicture *picture)
{
  if (picture->par_n == 0 || picture->par_d == 0 ||
      picture->par_n == picture->par_d)
    return;
  hab_box_begin (writer, "pasp");
  hab_box_put_u32 (writer, picture->par_n);
  hab_box_put_u32 (writer, picture->par_d);
  hab_box_end (writer);
}

static void
write_colr (HabBoxWriter *writer, const HabCmafPicture *picture)
{
  if (!picture->has_colour)
    return;
  hab_box_begin (writer, "colr");
  hab_box_put_fourcc (writer, "nclx");
  hab_box_put_u16 (writer, picture->primaries);
  hab_box_put_u16 (writer, picture->transfer);
  hab_box_put_u16 (writer, picture->matrix);
  hab_box_put_u8 (writer, picture->full_range ? 0x80 : 0);
  hab_box_end (writer);
}

/* Caps have red, green, blue, the box and the SEI message green, blue, red;
 * the units are the same. */
static void
write_mdcv (HabBoxWriter *writer, const HabCmafPicture *picture)
{
  static const guint order[] = { 1, 2, 0 };
  const GstVideoMasteringDisplayInfo *info = &picture->mastering;

  if (!picture->has_mastering)
    return;
  hab_box_begin (writer, "mdcv");
  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    hab_box_put_u16 (writer, info->display_primaries[order[i]].x);
    hab_box_put_u16 (writer, info->display_primaries[order[i]].y);
  }
  hab_box_put_u16 (writer, info->white_point.x);
  hab_box_put_u16 (writer, info->white_point.y);
  hab_box_put_u32 (writer, info->max_display_mastering_luminance);
  hab_box_put_u32 (writer, info->min_display_mastering_luminance);
  hab_box_end (writer);
}

static void
write_clli (HabBoxWriter *writer, const HabCmafPicture *picture)
{
  if (!picture->has_light)
    return;
  hab_box_begin (writer, "clli");
  hab_box_put_u16 (writer, picture->light.max_content_light_level);
  hab_box_put_u16 (writer, picture->light.max_frame_average_light_level);
  hab_box_end (writer);
}

/* The field that is shown first is stored first, too. */
static void
write_fiel (HabBoxWriter *writer, const HabCmafPicture *picture)
{
  const guint8 two_fields = 2, top_first = 1, bottom_first = 6;

  if (!picture->interlaced ||
      picture->field_order == GST_VIDEO_FIELD_ORDER_UNKNOWN)
    return;
  hab_box_begin (writer, "fiel");
  hab_box_put_u8 (writer, two_fields);
  hab_box_put_u8 (writer,
      picture->field_order == GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST ?
          top_first :
          bottom_first);
  hab_box_end (writer);
}

void
hab_cmaf_picture_write_boxes (HabBoxWriter *writer,
    const HabCmafPicture *picture)
{
  write_pasp (writer, picture);
  write_colr (writer, picture);
  write_mdcv (writer, picture);
  write_clli (writer, picture);
  write_fiel (writer, picture);
}
