/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mp4-track.h"

G_BEGIN_DECLS

/* An MP4 or MOV file: its tracks, and where and when their samples are. Only
 * the moov box is read and kept; it is bounded, and so is everything that
 * comes from it. The file may be anyone's: whatever contradicts itself is an
 * error (HAB_MP4_ERROR), never a crash or a large allocation. */

typedef struct _HabMp4Movie HabMp4Movie;

/* The descriptor stays the caller's and has to stay open; its position is
 * neither used nor changed. */
HabMp4Movie *hab_mp4_movie_open_fd (int fd, GError **error);
HabMp4Movie *hab_mp4_movie_open_bytes (GBytes *bytes, GError **error);

/* The same of a file that was opened once before: the moov box is mapped, so that no
 * more of it is read than is looked at, and where samples are is checked by
 * hab_mp4_movie_read () alone. For a process that is there for this file only,
 * since one that is cut short meanwhile ends it (SIGBUS). */
HabMp4Movie *hab_mp4_movie_map_fd (int fd, GError **error);
void hab_mp4_movie_free (HabMp4Movie *movie);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMp4Movie, hab_mp4_movie_free)

guint64 hab_mp4_movie_get_size (const HabMp4Movie *movie);
/* Samples may be in fragments (moof), of which the tables know nothing. */
gboolean hab_mp4_movie_is_fragmented (const HabMp4Movie *movie);
guint hab_mp4_movie_get_n_tracks (const HabMp4Movie *movie);
const HabMp4Track *hab_mp4_movie_get_track (const HabMp4Movie *movie, guint i);

/* Whether what follows one another in the file are boxes, to its end or to
 * where it is cut off. FALSE with HAB_MP4_ERROR_MALFORMED set where one is
 * shorter than its own header. */
gboolean hab_mp4_movie_check_boxes (const HabMp4Movie *movie, GError **error);

/* Exactly size bytes of the file. */
gboolean hab_mp4_movie_read (const HabMp4Movie *movie, guint64 offset,
    gpointer data, gsize size, GError **error);

G_END_DECLS
