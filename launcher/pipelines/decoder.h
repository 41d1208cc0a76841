/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The decoder of the highest rank that takes what pad gives and has pictures in
 * main memory. (transfer none): in bin. NULL with problem (transfer full),
 * unless it is set already, where there is none. threads: at most, where it can
 * be told. */
GstElement *hab_decoder_add (GstBin *bin, GstPad *pad, guint threads,
    gchar **problem);

G_END_DECLS
