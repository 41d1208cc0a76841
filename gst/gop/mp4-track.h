/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mp4-sample-entry.h"
#include "mp4-sample-table.h"

G_BEGIN_DECLS

#define HAB_MP4_HANDLER_VIDEO HAB_MP4_FOURCC ('v', 'i', 'd', 'e')
#define HAB_MP4_HANDLER_AUDIO HAB_MP4_FOURCC ('s', 'o', 'u', 'n')

/* Nine numbers of 32 bits, as they are in the file. */
#define HAB_MP4_MATRIX_SIZE 36

/* One track of an MP4 or MOV file. */
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

/* Ticks as nanoseconds, rounded down, held within 64 bits. */
gint64 hab_mp4_track_to_ns (const HabMp4Track *track, gint64 ticks);

G_END_DECLS
