/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mp4-sample-entry.h"
#include "mp4-sample-table.h"

G_BEGIN_DECLS

/* An MP4 or MOV file: its tracks, and where and when their samples are. Only
 * the moov box is read and kept; it is bounded, and so is everything that
 * comes from it. The file may be anyone's: whatever contradicts itself is an
 * error (HAB_MP4_ERROR), never a crash or a large allocation. */

#define HAB_MP4_HANDLER_VIDEO HAB_MP4_FOURCC ('v', 'i', 'd', 'e')
#define HAB_MP4_HANDLER_AUDIO HAB_MP4_FOURCC ('s', 'o', 'u', 'n')

/* Nine numbers of 32 bits, as they are in the file. */
#define HAB_MP4_MATRIX_SIZE 36

typedef struct
{
  guint32 id;
  guint8 matrix[HAB_MP4_MATRIX_SIZE]; /* how it is shown; zeros: not known */
  guint32 handler;   /* vide, soun, … */
  guint32 timescale; /* ticks a second, never 0 */
  guint64 duration;  /* of the media, ticks */
  gchar language[4]; /* ISO 639-2, empty when unknown */
  gchar extended_language[36]; /* BCP 47 (elng), empty when there is none */
  HabMp4SampleEntry entry;
  HabMp4SampleTable table;

  /* What to add to a sample's dts and cts to get the times at which it is
   * decoded and shown, in ticks; the edit list is in it. */
  gint64 dts_offset, pts_offset;
} HabMp4Track;

typedef struct _HabMp4Movie HabMp4Movie;

/* The descriptor stays the caller's and has to stay open; its position is
 * neither used nor changed. */
HabMp4Movie *hab_mp4_movie_open_fd (int fd, GError **error);
HabMp4Movie *hab_mp4_movie_open_bytes (GBytes *bytes, GError **error);
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

/* Ticks as nanoseconds, rounded down, held within 64 bits. */
gint64 hab_mp4_track_to_ns (const HabMp4Track *track, gint64 ticks);

G_END_DECLS
