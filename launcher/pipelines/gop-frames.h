/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

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

typedef struct
{
  guint32 number;       /* in decode order, from 0; of the video */
  gchar picture_type;   /* 'I', 'P', 'B', or '?' */
  gboolean key_frame;   /* decoding can begin there */
  gint64 pts_ns, dts_ns, duration_ns;
  gint64 offset;        /* in the file, -1 of a cut */
  guint32 size;         /* bytes */
} HabGopFrame;

typedef void (*HabGopFrameFunc) (const HabGopFrame *frame, gpointer data);

/* Calls func for each of these frames of the first video track. Reads no more
 * of a frame than tells its type, and nothing of the frames before. Errors are
 * HAB_MEDIA_ERROR; NOT_FOUND where the video ends before the last of them. */
gboolean hab_gop_frames_read (const gchar *input,
    const HabGopFramesRange *range, HabGopFrameFunc func, gpointer data,
    GError **error);

G_END_DECLS
