/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gop-index.h"

G_BEGIN_DECLS

/* Reads what is in a file: by its table of samples where it has one, else from one
 * end to the other. Needs gst_init (). Errors are HAB_MEDIA_ERROR. */
HabGopIndex *hab_gop_index_read (const gchar *input, GError **error);
/* Without I-frames: of a file with a table of samples little but the table is
 * read. */
HabGopIndex *hab_gop_index_read_gops (const gchar *input, GError **error);

G_END_DECLS
