/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CENC_MUX (gst_cenc_mux_get_type ())
G_DECLARE_FINAL_TYPE (GstCencMux, gst_cenc_mux, GST, CENC_MUX, GstElement)
GST_ELEMENT_REGISTER_DECLARE (cencmux);

G_END_DECLS
