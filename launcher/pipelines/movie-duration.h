/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* qtdemux 1.22.0 ends a file of MP4 or MOV at the duration that its header says,
 * but counts in the time of the media: what an edit list leaves out in front of
 * a track is as much too little at its end. Of sound from an encoder that is a
 * frame, of a film that was cut without encoding it may be seconds. */

/* Where data is a moov box, the duration in it is made longer by the most that
 * an edit list leaves out in front. data is changed in place. FALSE where it
 * is nothing of the kind, or says all there is. */
gboolean hab_movie_duration_mend (guint8 *data, gsize size);

/* The same for what is read from source by pulling, until it is let be with
 * what this returns: once the demuxer has its streams, it reads samples only. */
gulong hab_movie_duration_mend_source (GstElement *source);
void hab_movie_duration_let_be (GstElement *source, gulong mending);

G_END_DECLS
