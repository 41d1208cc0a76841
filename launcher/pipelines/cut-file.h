/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "mp4-movie.h"

G_BEGIN_DECLS

/* MP4 files of one video that mp4mux writes. */

/* Keeps space for the moov box at the front, so that a browser plays the file as
 * it arrives. extra: bytes of the codec's configuration. */
void hab_cut_file_reserve (GstElement *mux, guint64 n_frames, gsize extra);

/* mp4mux 1.22 does not say how a video is to be shown: sets the matrix of the
 * first track of a file that it wrote. */
gboolean hab_cut_file_set_matrix (const gchar *path,
    const guint8 matrix[HAB_MP4_MATRIX_SIZE], GError **error);

G_END_DECLS
