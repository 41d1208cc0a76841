/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mp4-box.h"

G_BEGIN_DECLS

/* The tables of a track (stbl) that say where its samples are and when. They
 * stay as they are in the file; a reader walks all of them at once, so that a
 * track of any length costs no more memory than its moov box. Pure, no I/O. */

typedef struct
{
  const guint8 *entries; /* big endian; NULL when the table is absent */
  guint32 count;
} HabMp4Table;

typedef struct
{
  HabMp4Table time_to_sample;     /* stts: count, delta */
  HabMp4Table composition_offset; /* ctts: count, offset */
  HabMp4Table sample_to_chunk;    /* stsc: first chunk, samples, entry */
  HabMp4Table chunk_offset;       /* stco or co64 */
  HabMp4Table sync_sample;        /* stss: number from 1 */
  HabMp4Table sample_size;        /* stsz or stz2, when not all the same */
  guint size_bits;                /* of an entry in sample_size */
  guint32 constant_size;          /* of each sample, when all the same */
  guint32 n_samples;
  gboolean has_sizes;             /* there is a stsz or stz2 */
  gboolean long_offsets;          /* co64 */
  gboolean all_sync;              /* there is no stss */
  gboolean several_entries;       /* samples refer to other than entry 1 */
  guint64 duration;               /* sum of all deltas, in ticks */
  guint32 composition_shift;      /* -1 × the most negative offset, or 0 */
} HabMp4SampleTable;

typedef struct
{
  guint32 number; /* in decode order, from 0 */
  guint64 offset; /* in the file */
  guint32 size;
  gint64 dts;     /* in ticks of the media, before any edit list */
  gint64 cts;     /* composition time, in the same */
  guint32 duration;
  gboolean sync;
} HabMp4Sample;

/* Reads the tables and checks that they fit each other. */
gboolean hab_mp4_sample_table_parse (HabMp4SampleTable *table,
    const HabMp4Box *stbl, GError **error);

/* Whether all samples lie within a file of this size. */
gboolean hab_mp4_sample_table_check_extents (const HabMp4SampleTable *table,
    guint64 file_size, GError **error);

/* Duration of all samples but perhaps the last, 0 where they differ. */
guint32 hab_mp4_sample_table_get_constant_duration (
    const HabMp4SampleTable *table);

typedef struct
{
  /*< private >*/
  const HabMp4SampleTable *table;
  guint32 number;
  gint64 dts;
  guint64 offset;
  guint32 delta_entry, delta_left, delta;
  guint32 composition_entry, composition_left;
  gint32 composition;
  guint32 chunk_entry, chunk, chunk_left, samples_per_chunk;
  guint32 sync_entry;
} HabMp4SampleReader;

void hab_mp4_sample_reader_init (HabMp4SampleReader *reader,
    const HabMp4SampleTable *table);

/* FALSE after the last sample. */
gboolean hab_mp4_sample_reader_next (HabMp4SampleReader *reader,
    HabMp4Sample *sample);

/* Goes on behind so many samples, or the last: as many times next (), but by runs
 * of the tables rather than sample by sample. */
void hab_mp4_sample_reader_skip (HabMp4SampleReader *reader, guint32 count);

G_END_DECLS
