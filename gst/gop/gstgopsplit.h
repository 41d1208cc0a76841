/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_GOP_SPLIT (gst_gop_split_get_type ())
G_DECLARE_FINAL_TYPE (GstGopSplit, gst_gop_split, GST, GOP_SPLIT, GstElement)

GST_ELEMENT_REGISTER_DECLARE (gopsplit)

G_END_DECLS
