/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gop-frame.h"

G_BEGIN_DECLS

/* Calls func for each frame of the first video track of a file, which is read
 * from one end to the other: for those without a table of samples. That happens
 * in another thread, which this one waits for. Errors are HAB_MEDIA_ERROR. */
gboolean hab_stream_frames_read (const gchar *input, HabGopFrameFunc func,
    gpointer data, GError **error);

G_END_DECLS
