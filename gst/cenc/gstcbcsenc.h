/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CBCS_ENC (gst_cbcs_enc_get_type ())
G_DECLARE_FINAL_TYPE (GstCbcsEnc, gst_cbcs_enc, GST, CBCS_ENC, GstBaseTransform)
GST_ELEMENT_REGISTER_DECLARE (cbcsenc);

G_END_DECLS
