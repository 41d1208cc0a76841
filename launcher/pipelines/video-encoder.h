/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Encoders of H.264 that begin a GOP where they are told, and nowhere else. */
typedef struct _HabVideoEncoder HabVideoEncoder;

/* name: "openh264" or "x264"; NULL for the first. (nullable): unknown. */
const HabVideoEncoder *hab_video_encoder_find (const gchar *name);

/* (transfer none) (nullable): a new one in bin; error as
 * hab_media_add_element () has it. bitrate: bits per second. threads: at least 1. */
GstElement *hab_video_encoder_add (const HabVideoEncoder *encoder, GstBin *bin,
    guint bitrate, guint threads, GError **error);

/* The name of the element. */
const gchar *hab_video_encoder_get_factory (const HabVideoEncoder *encoder);

G_END_DECLS
