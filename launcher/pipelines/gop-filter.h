/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media.h"
#include "video-encoder.h"
#include "video-filter.h"

G_BEGIN_DECLS

typedef struct
{
  const HabFilterChain *chain;
  const HabVideoEncoder *encoder;
  guint threads; /* at least 1 */
} HabGopFilterConfig;

/* Writes the pictures of input, anew encoded as H.264 after they went through the
 * chain, to output: a progressive MP4 without sound. input: as of
 * hab_gop_cut_run (). Pictures are turned as the input says they are to be
 * shown before the first filter sees them. Each is shown as long as it is in the
 * input, unless a filter says otherwise, the first one at 0; those that need a
 * GOP before the input's are left out.
 *
 * HAB_MEDIA_ERROR_NOT_ALLOWED where a filter does not fit the video, or there is
 * too much of it. Needs gst_init (). */
gboolean hab_gop_filter_run (const gchar *input,
    const HabGopFilterConfig *config, const gchar *output, GError **error);

G_END_DECLS
