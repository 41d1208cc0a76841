/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint32 number;       /* in decode order, from 0; of the video */
  gchar picture_type;   /* 'I', 'P', 'B', or '?' */
  gboolean key_frame;   /* decoding can begin there */
  gint64 pts_ns, dts_ns, duration_ns;
  gint64 offset;        /* in the file, -1 of a cut or without a table */
  guint32 size;         /* bytes, without a table of what the parser gives */
} HabGopFrame;

typedef void (*HabGopFrameFunc) (const HabGopFrame *frame, gpointer data);

G_END_DECLS
