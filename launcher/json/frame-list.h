/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>

#include "gop-frames.h"

G_BEGIN_DECLS

/* Writes these frames of input to the file output as a JSON array, as the REST
 * API has them. Errors are HAB_MEDIA_ERROR. */
gboolean hab_frame_list_write (const gchar *input,
    const HabGopFramesRange *range, const gchar *output, GError **error);

/* All frames of input, a file of any container, to a stream, whose own errors
 * are the caller's to look for. */
gboolean hab_frame_list_print_all (const gchar *input, FILE *output,
    GError **error);

G_END_DECLS
