/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "box.h"

G_BEGIN_DECLS

/* What a file says of the pictures of a track beside their codec. Fields that
 * are zero are left out of the file. */
typedef struct
{
  guint width, height;   /* of the coded picture */
  guint par_n, par_d;    /* pixel aspect ratio */

  gboolean has_colour;
  guint8 primaries, transfer, matrix; /* ISO/IEC 23091-2 */
  gboolean full_range;

  gboolean has_mastering; /* SMPTE ST 2086 */
  GstVideoMasteringDisplayInfo mastering;
  gboolean has_light;     /* CTA-861.3, MaxCLL and MaxFALL */
  GstVideoContentLightLevel light;

  gboolean interlaced;
  GstVideoFieldOrder field_order;

  GstVideoOrientationMethod orientation; /* how it is to be shown */
} HabCmafPicture;

/* All but the orientation. FALSE where caps have no usable width and height. */
gboolean hab_cmaf_picture_from_structure (HabCmafPicture *picture,
    const GstStructure *structure);

/* Width on the screen, before it is turned, where the pixels are not square. */
guint hab_cmaf_picture_display_width (const HabCmafPicture *picture);

/* The matrix of a tkhd box: 36 bytes. */
void hab_cmaf_picture_write_matrix (HabBoxWriter *writer,
    const HabCmafPicture *picture);

/* The boxes of the sample entry: pasp, colr, mdcv, clli, fiel. */
void hab_cmaf_picture_write_boxes (HabBoxWriter *writer,
    const HabCmafPicture *picture);

G_END_DECLS
