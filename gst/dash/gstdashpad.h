/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "presentation.h"

G_BEGIN_DECLS

/* A sink pad of cencdashsink: what its stream is to the presentation, where the
 * stream itself does not say. */
#define GST_TYPE_CENC_DASH_SINK_PAD (gst_cenc_dash_sink_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstCencDashSinkPad, gst_cenc_dash_sink_pad, GST,
    CENC_DASH_SINK_PAD, GstGhostPad)

GstPad *gst_cenc_dash_sink_pad_new (const gchar *name,
    GstPadTemplate *template, GstPad *target);

/* Sets what the pad was told of the representation; the rest stays as it is. */
void gst_cenc_dash_sink_pad_override (GstCencDashSinkPad *self,
    HabRepresentation *rep);

/* (transfer full): all tags that the stream has had so far. */
GstTagList *gst_cenc_dash_sink_pad_get_tags (GstCencDashSinkPad *self);

/* Number of the adaptation set to be in, or HAB_SET_BY_CONTENT. */
gint gst_cenc_dash_sink_pad_get_set (GstCencDashSinkPad *self);

G_END_DECLS
