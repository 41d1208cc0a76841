/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media.h"

G_BEGIN_DECLS

/* What a picture is like. */
typedef struct
{
  gint width, height;
  guint brightness; /* 0 to 255: 0 is black, 255 white */
} HabPictureFacts;

/* Writes the first picture of input as JPEG to output. input: MP4 whose first
 * access unit can be decoded alone, as of hab_gop_cut_run (). max_width: in
 * pixels, which are square; smaller pictures stay as they are. Nothing but
 * that access unit is decoded. */
gboolean hab_picture_run (const gchar *input, guint max_width,
    const gchar *output, HabPictureFacts *facts, GError **error);

G_END_DECLS
