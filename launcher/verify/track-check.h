/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "content-keys.h"
#include "mpd-document.h"
#include "report.h"

G_BEGIN_DECLS

/* What is in the segments of a track. */
typedef struct
{
  gchar *id, *mime_type;
  gchar *codecs;      /* of the sample entry, RFC 6381; NULL: not known */
  gchar *scheme;      /* "cbcs", …; NULL: in the clear */
  gchar *kid;         /* UUID of tenc, or NULL */
  guint64 n_segments, n_samples, n_encrypted, n_decrypted;
  guint64 bytes;      /* of samples */
  gdouble duration;   /* seconds */
  gdouble end;        /* seconds behind the start of its period */
} HabTrackSummary;

void hab_track_summary_free (HabTrackSummary *summary);

/* How long what stands at some bytes lasts: for playlists over the same
 * segments. */
typedef struct
{
  guint64 size;
  gdouble duration; /* seconds */
  gboolean encrypted;
} HabSegmentFacts;

typedef struct
{
  const gchar *folder;
  const HabContentKeys *keys; /* or NULL */
  HabReport *report;
  GHashTable *segments; /* of HabSegmentFacts, by hab_segment_name () */
} HabVerifyContext;

/* (transfer full): the name of what begins at offset. */
gchar *hab_segment_name (const gchar *file, guint64 offset);

/* (transfer full): reads all of the track's segments. */
HabTrackSummary *hab_track_check (HabVerifyContext *context,
    const HabMpdDocument *document, const HabMpdTrack *track);

G_END_DECLS
