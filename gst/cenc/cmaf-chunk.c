/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The boxes of a chunk (ISO/IEC 14496-12, 8.8; 23001-7, 7.2 and 8.7):
 *
 *   styp                      of the first chunk of a segment
 *   prft                      where it is known when it was captured
 *   moof
 *     mfhd
 *     traf
 *       tfhd, tfdt, trun
 *       sbgp, sgpd            where their key is not the track's
 *       senc, saiz, saio      where the samples are encrypted
 *   mdat                      its header only
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cmaf-chunk.h"

#define TFHD_SAMPLE_DESCRIPTION_INDEX 0x000002
#define TFHD_DEFAULT_SAMPLE_FLAGS 0x000020
#define TFHD_DEFAULT_BASE_IS_MOOF 0x020000

#define TRUN_DATA_OFFSET 0x000001
#define TRUN_DURATION 0x000100
#define TRUN_SIZE 0x000200
#define TRUN_FLAGS 0x000400
#define TRUN_COMPOSITION_OFFSET 0x000800

#define SENC_SUBSAMPLES 0x000002

/* sample_depends_on 2 (on none); 1, and sample_is_non_sync_sample (8.8.3.1) */
#define SAMPLE_SYNC 0x02000000
#define SAMPLE_NON_SYNC 0x01010000

#define TRACK_ID 1
#define SUBSAMPLE_ENTRY 6
#define SEIG_SIZE 37
#define MDAT_HEADER 8

void
hab_cmaf_chunk_init (HabCmafChunk *chunk)
{
  *chunk = (HabCmafChunk){ 0 };
  chunk->samples = g_array_new (FALSE, FALSE, sizeof (HabCmafSample));
  chunk->subsamples = g_byte_array_new ();
}

void
hab_cmaf_chunk_clear (HabCmafChunk *chunk)
{
  g_clear_pointer (&chunk->samples, g_array_unref);
  g_clear_pointer (&chunk->subsamples, g_byte_array_unref);
}

void
hab_cmaf_chunk_reset (HabCmafChunk *chunk)
{
  g_array_set_size (chunk->samples, 0);
  g_byte_array_set_size (chunk->subsamples, 0);
}

static const HabCmafSample *
sample_at (const HabCmafChunk *chunk, guint i)
{
  return &g_array_index (chunk->samples, HabCmafSample, i);
}

/* Not msix, which promises a sidx in each segment (ISO/IEC 23009-1). */
static void
write_styp (HabBoxWriter *writer)
{
  hab_box_begin (writer, "styp");
  hab_box_put_fourcc (writer, "msdh");
  hab_box_put_u32 (writer, 0);
  hab_box_put_fourcc (writer, "msdh");
  hab_box_put_fourcc (writer, "cmfs");
  hab_box_end (writer);
}

/* The clock's time and the track's, of the first sample (8.16.5). */
static void
write_prft (HabBoxWriter *writer, const HabCmafChunk *chunk)
{
  const guint32 captured = 24;
  gint64 time = (gint64) chunk->decode_time +
      sample_at (chunk, 0)->composition_offset;

  if (chunk->ntp_time == 0)
    return;
  hab_box_begin_full (writer, "prft", 1, captured);
  hab_box_put_u32 (writer, TRACK_ID);
  hab_box_put_u64 (writer, chunk->ntp_time);
  hab_box_put_u64 (writer, MAX (time, 0));
  hab_box_end (writer);
}

static void
write_tfhd (HabBoxWriter *writer, const HabCmafChunk *chunk, gboolean audio)
{
  hab_box_begin_full (writer, "tfhd", 0, TFHD_DEFAULT_BASE_IS_MOOF |
      (chunk->clear_lead ? TFHD_SAMPLE_DESCRIPTION_INDEX : 0) |
      (audio ? TFHD_DEFAULT_SAMPLE_FLAGS : 0));
  hab_box_put_u32 (writer, TRACK_ID);
  if (chunk->clear_lead)
    hab_box_put_u32 (writer, HAB_CMAF_ENTRY_CLEAR);
  if (audio)
    hab_box_put_u32 (writer, SAMPLE_SYNC);
  hab_box_end (writer);
}

static void
write_tfdt (HabBoxWriter *writer, const HabCmafChunk *chunk)
{
  hab_box_begin_full (writer, "tfdt", 1, 0);
  hab_box_put_u64 (writer, chunk->decode_time);
  hab_box_end (writer);
}

/* Returns where data_offset is, to be filled in when the moof has its size. */
static guint
write_trun (HabBoxWriter *writer, const HabCmafChunk *chunk, gboolean audio)
{
  guint32 flags = TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE;
  guint data_offset;

  if (!audio)
    flags |= TRUN_FLAGS | TRUN_COMPOSITION_OFFSET;

  hab_box_begin_full (writer, "trun", 1, flags);
  hab_box_put_u32 (writer, chunk->samples->len);
  data_offset = hab_box_writer_tell (writer);
  hab_box_put_u32 (writer, 0);
  for (guint i = 0; i < chunk->samples->len; i++) {
    const HabCmafSample *sample = sample_at (chunk, i);

    hab_box_put_u32 (writer, sample->duration);
    hab_box_put_u32 (writer, sample->size);
    if (audio)
      continue;
    hab_box_put_u32 (writer, sample->sync ? SAMPLE_SYNC : SAMPLE_NON_SYNC);
    hab_box_put_u32 (writer, (guint32) sample->composition_offset);
  }
  hab_box_end (writer);
  return data_offset;
}

/* With a constant IV and no subsamples there is nothing to say of a sample but
 * that it is there. */
static void
write_senc_whole (HabBoxWriter *writer, const HabCmafChunk *chunk)
{
  hab_box_begin_full (writer, "senc", 0, 0);
  hab_box_put_u32 (writer, chunk->samples->len);
  hab_box_end (writer);
}

/* Returns the offset of the first sample's auxiliary information. */
static guint
write_senc_subsamples (HabBoxWriter *writer, const HabCmafChunk *chunk)
{
  const guint8 *entries = chunk->subsamples->data;
  guint first;

  hab_box_begin_full (writer, "senc", 0, SENC_SUBSAMPLES);
  hab_box_put_u32 (writer, chunk->samples->len);
  first = hab_box_writer_tell (writer);
  for (guint i = 0; i < chunk->samples->len; i++) {
    guint n = sample_at (chunk, i)->n_subsamples;

    hab_box_put_u16 (writer, n);
    hab_box_put_data (writer, entries, n * SUBSAMPLE_ENTRY);
    entries += n * SUBSAMPLE_ENTRY;
  }
  hab_box_end (writer);
  return first;
}

static guint8
auxiliary_size (const HabCmafSample *sample)
{
  return 2 + sample->n_subsamples * SUBSAMPLE_ENTRY;
}

/* The one size of all samples, 0 where they differ. */
static guint8
common_auxiliary_size (const HabCmafChunk *chunk)
{
  guint8 size = auxiliary_size (sample_at (chunk, 0));

  for (guint i = 1; i < chunk->samples->len; i++) {
    if (auxiliary_size (sample_at (chunk, i)) != size)
      return 0;
  }
  return size;
}

static void
write_saiz (HabBoxWriter *writer, const HabCmafChunk *chunk)
{
  guint8 common = common_auxiliary_size (chunk);

  hab_box_begin_full (writer, "saiz", 0, 0);
  hab_box_put_u8 (writer, common);
  hab_box_put_u32 (writer, chunk->samples->len);
  for (guint i = 0; common == 0 && i < chunk->samples->len; i++)
    hab_box_put_u8 (writer, auxiliary_size (sample_at (chunk, i)));
  hab_box_end (writer);
}

static void
write_saio (HabBoxWriter *writer, guint offset_in_moof)
{
  hab_box_begin_full (writer, "saio", 0, 0);
  hab_box_put_u32 (writer, 1);
  hab_box_put_u32 (writer, offset_in_moof);
  hab_box_end (writer);
}

/* All samples are of one group, which this fragment describes
 * (ISO/IEC 14496-12, 8.9; 23001-7, 6). */
static void
write_key_group (HabBoxWriter *writer, const HabCmafChunk *chunk,
    const HabCmafTrack *track)
{
  const guint32 first_of_fragment = 0x10001;

  hab_box_begin_full (writer, "sbgp", 0, 0);
  hab_box_put_fourcc (writer, "seig");
  hab_box_put_u32 (writer, 1);
  hab_box_put_u32 (writer, chunk->samples->len);
  hab_box_put_u32 (writer, first_of_fragment);
  hab_box_end (writer);

  hab_box_begin_full (writer, "sgpd", 1, 0);
  hab_box_put_fourcc (writer, "seig");
  hab_box_put_u32 (writer, SEIG_SIZE);
  hab_box_put_u32 (writer, 1);
  hab_cmaf_track_put_key (writer, track, chunk->kid);
  hab_box_end (writer);
}

static void
write_protection (HabBoxWriter *writer, const HabCmafChunk *chunk,
    const HabCmafTrack *track, guint moof)
{
  guint first;

  if (!track->encrypted || chunk->clear_lead)
    return;
  if (chunk->has_kid)
    write_key_group (writer, chunk, track);
  if (track->codec->whole_sample) {
    write_senc_whole (writer, chunk);
    return;
  }
  first = write_senc_subsamples (writer, chunk);
  write_saiz (writer, chunk);
  write_saio (writer, first - moof);
}

static guint64
mdat_size (const HabCmafChunk *chunk)
{
  guint64 size = MDAT_HEADER;

  for (guint i = 0; i < chunk->samples->len; i++)
    size += sample_at (chunk, i)->size;
  return size;
}

/* In the short form: chunks are far below 4 GiB. */
static void
write_mdat_header (HabBoxWriter *writer, const HabCmafChunk *chunk)
{
  hab_box_put_u32 (writer, (guint32) mdat_size (chunk));
  hab_box_put_fourcc (writer, "mdat");
}

GBytes *
hab_cmaf_chunk_header (const HabCmafChunk *chunk, const HabCmafTrack *track)
{
  gboolean audio = track->codec->kind == HAB_MEDIA_AUDIO;
  g_auto (HabBoxWriter) writer = { 0 };
  guint moof, data_offset;

  g_return_val_if_fail (chunk->samples->len > 0, NULL);
  g_return_val_if_fail (mdat_size (chunk) <= G_MAXUINT32, NULL);

  hab_box_writer_init (&writer);
  if (chunk->starts_segment)
    write_styp (&writer);
  write_prft (&writer, chunk);

  moof = hab_box_writer_tell (&writer);
  hab_box_begin (&writer, "moof");
  hab_box_begin_full (&writer, "mfhd", 0, 0);
  hab_box_put_u32 (&writer, chunk->sequence_number);
  hab_box_end (&writer);
  hab_box_begin (&writer, "traf");
  write_tfhd (&writer, chunk, audio);
  write_tfdt (&writer, chunk);
  data_offset = write_trun (&writer, chunk, audio);
  write_protection (&writer, chunk, track, moof);
  hab_box_end (&writer);
  hab_box_end (&writer);

  hab_box_patch_u32 (&writer, data_offset,
      hab_box_writer_tell (&writer) - moof + MDAT_HEADER);
  write_mdat_header (&writer, chunk);
  return hab_box_writer_steal (&writer);
}
