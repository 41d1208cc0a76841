/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gop-frame.h"
#include "media.h"

G_BEGIN_DECLS

/* Which frames: of a file with a table of samples, in decode order. */
typedef struct
{
  guint32 first, count;
  /* The file is a cut: its frames and times begin anew, so the first frame is to
   * have this number and this time, and its byte offsets tell nothing of the
   * video that it was cut from. */
  gboolean cut;
  guint32 number;
  gint64 pts_ns;
} HabGopFramesRange;

/* Calls func for each of these frames of the first video track. Reads no more
 * of a frame than tells its type, and nothing of the frames before. Errors are
 * HAB_MEDIA_ERROR; NOT_FOUND where the video ends before the last of them. */
gboolean hab_gop_frames_read (const gchar *input,
    const HabGopFramesRange *range, HabGopFrameFunc func, gpointer data,
    GError **error);

/* The same of all frames of a file of any container, which is read from one end
 * to the other where it has no table of samples; then func is called in another
 * thread. Needs gst_init (). */
gboolean hab_gop_frames_read_all (const gchar *input, HabGopFrameFunc func,
    gpointer data, GError **error);

G_END_DECLS
