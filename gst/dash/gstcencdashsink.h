/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CENC_DASH_SINK (gst_cenc_dash_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstCencDashSink, gst_cenc_dash_sink, GST, CENC_DASH_SINK,
    GstBin)
GST_ELEMENT_REGISTER_DECLARE (cencdashsink);

G_END_DECLS
