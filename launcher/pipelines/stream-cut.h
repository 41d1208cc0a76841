/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media.h"

G_BEGIN_DECLS

/* hab_gop_cut_run () for files without a table of samples, which are read from
 * the start up to the end of the last GOP. Access units are what the demuxer
 * and the parser give. */
gboolean hab_stream_cut_run (const gchar *input, guint64 first, guint64 last,
    const gchar *output, GError **error);

G_END_DECLS
