/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/* The decoder in software of the highest rank that takes what pad gives and has
 * pictures in main memory. (transfer none): in bin. NULL where there is none, with
 * error as hab_media_add_element () has it. threads: at most, where it can be told. */
GstElement *hab_decoder_add (GstBin *bin, GstPad *pad, guint threads,
    GError **error);

/* The same for what src gives, behind the parser of the codec; caps: of src,
 * fixed. (transfer none): the decoder. */
GstElement *hab_decoder_add_behind (GstBin *bin, GstElement *src,
    const GstCaps *caps, guint threads, GError **error);

/* Whether pictures are brighter than the encoders' 8 bits can say. */
gboolean hab_decoder_is_hdr (const GstVideoInfo *info);

G_END_DECLS
