/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "codec.h"

G_BEGIN_DECLS

/* Caps of some codecs do not describe the stream: what a file must say of it
 * is in the first sample or in the times. Then, once, while that sample is
 * still in the clear, codec_data is made of it. */

/* (transfer full): caps, with codec_data where the codec has to have one. first
 * is the first buffer and segment that of its times. NULL with error
 * (HAB_CODEC_ERROR) set where none can be made. */
GstCaps *hab_caps_complete (GstCaps *caps, const GstSegment *segment,
    GstBuffer *first, GError **error);

/* Whether the buffer is one of the headers that some demuxers and parsers send
 * in front of the samples although the caps have them as streamheader. They
 * have no time; flacparse 1.22.0 sets the flag HEADER on some of them only. */
gboolean hab_caps_announce_header (const GstCaps *caps, GstBuffer *buffer);

G_END_DECLS
