/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CBCS_DEC (gst_cbcs_dec_get_type ())
G_DECLARE_FINAL_TYPE (GstCbcsDec, gst_cbcs_dec, GST, CBCS_DEC, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE (cbcsdec);

G_END_DECLS
