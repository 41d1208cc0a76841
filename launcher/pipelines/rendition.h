/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "ladder.h"
#include "video-encoder.h"

G_BEGIN_DECLS

/* A video in one of several sizes:
 *
 *   tee ! queue ! videoscale ! capsfilter ! encoder ! h264parse ! capsfilter */
typedef struct _HabRendition HabRendition;

/* Adds its elements to bin, whose they are. NULL with error set where one is
 * not installed. */
HabRendition *hab_rendition_new (GstBin *bin, const HabRung *rung,
    const HabVideoEncoder *encoder, guint threads, GError **error);
void hab_rendition_free (HabRendition *rendition);

/* Raw video, I420. (transfer none) */
gboolean hab_rendition_link (HabRendition *rendition, GstElement *tee);

/* What is coming: size and pixel aspect ratio of the source. */
void hab_rendition_set_source (HabRendition *rendition, const GstCaps *caps);

/* (transfer full): H.264 as MP4 has it. */
GstPad *hab_rendition_get_pad (HabRendition *rendition);

/* Once that pad is linked. */
void hab_rendition_start (HabRendition *rendition);

G_END_DECLS
