/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media-input.h"

G_BEGIN_DECLS

/* (transfer full) (element-type utf8): which streams of the file were not handed
 * out, and why, a sentence each. Once the pipeline has posted its end. */
GPtrArray *hab_left_out_list (HabMediaInput *input);

G_END_DECLS
