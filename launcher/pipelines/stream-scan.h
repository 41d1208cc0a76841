/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gop-index.h"

G_BEGIN_DECLS

/* Reads a file of any container from one end to the other and fills index,
 * whose arrays are there and empty, with what is in it: for files without a
 * table that says it. Where a byte offset is asked for it stays unknown. */
gboolean hab_stream_scan_run (const gchar *input, HabGopIndex *index,
    GError **error);

G_END_DECLS
