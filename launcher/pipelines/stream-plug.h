/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "codec.h"
#include "media-container.h"

G_BEGIN_DECLS

/* What a stream needs behind parsebin so that our elements take it. */
typedef struct
{
  GstBin *bin; /* gets the elements */
  GstElement *reporter; /* posts what is wrong with the stream */
  const HabContainer *container; /* (nullable) */
} HabStreamPlug;

gboolean hab_stream_is_taken (const GstCaps *caps, const HabCodec *codec);

/* (transfer full) (nullable): the pad behind all that source needs. NULL where it
 * cannot be had, with error, which must not be NULL, set where that is for want
 * of an element. */
GstPad *hab_stream_plug (HabStreamPlug *self, GstPad *source,
    const GstCaps *caps, const HabCodec *codec, GError **error);

G_END_DECLS
