/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_CATALOG_RECORDER (gst_catalog_recorder_get_type ())
G_DECLARE_FINAL_TYPE (GstCatalogRecorder, gst_catalog_recorder, GST,
    CATALOG_RECORDER, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (catalogrecorder)

G_END_DECLS
