/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasesrc.h>

G_BEGIN_DECLS

#define GST_TYPE_BLOCK_FILE_SRC (gst_block_file_src_get_type ())
G_DECLARE_FINAL_TYPE (GstBlockFileSrc, gst_block_file_src, GST, BLOCK_FILE_SRC,
    GstBaseSrc)

GST_ELEMENT_REGISTER_DECLARE (blockfilesrc)

G_END_DECLS
