/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmaf-track.h"

G_BEGIN_DECLS

/* The header of one chunk: moof and the header of its mdat, whose content the
 * caller appends. A segment is one or more chunks; the first has a styp. */

typedef struct
{
  guint32 duration;           /* ticks */
  guint32 size;               /* bytes */
  gint32 composition_offset;  /* ticks from decoding to presentation */
  gboolean sync;              /* decoding can start here */
  guint32 n_subsamples;       /* entries in the chunk's list, in order */
} HabCmafSample;

typedef struct
{
  guint32 sequence_number;    /* from 1, one for each chunk of the track */
  gboolean starts_segment;
  gboolean clear_lead;        /* the samples are not encrypted, though the track
                               * is */
  gboolean has_kid;           /* they have another key than the track's: */
  guint8 kid[16];
  guint64 decode_time;        /* of the first sample, ticks */
  guint64 ntp_time;           /* when the first sample was captured, in the
                               * form of NTP (RFC 5905, 6); 0 for unknown */
  GArray *samples;            /* of HabCmafSample */
  GByteArray *subsamples;     /* entries as senc has them: clear bytes (16
                               * bits), protected bytes (32 bits), big-endian;
                               * empty where samples are protected whole */
} HabCmafChunk;

void hab_cmaf_chunk_init (HabCmafChunk *chunk);
void hab_cmaf_chunk_clear (HabCmafChunk *chunk);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabCmafChunk, hab_cmaf_chunk_clear)

/* The most entries that a sample may have: saiz counts their bytes in 8
 * bits. */
#define HAB_CMAF_MAX_SUBSAMPLES 42

/* Forgets the samples. */
void hab_cmaf_chunk_reset (HabCmafChunk *chunk);

GBytes *hab_cmaf_chunk_header (const HabCmafChunk *chunk,
    const HabCmafTrack *track);

G_END_DECLS
