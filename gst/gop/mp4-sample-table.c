/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A sample's place is found by four tables together: stsc says how many
 * samples each chunk has, stco where each chunk begins, stsz how long each
 * sample is; samples of a chunk follow each other without gaps. Its time is the
 * sum of the deltas before it (stts) plus its composition offset (ctts). All
 * but stsz and stco are run lengths, so a reader keeps one place in each. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mp4-sample-table.h"

#define FOURCC_STTS HAB_MP4_FOURCC ('s', 't', 't', 's')
#define FOURCC_CTTS HAB_MP4_FOURCC ('c', 't', 't', 's')
#define FOURCC_STSC HAB_MP4_FOURCC ('s', 't', 's', 'c')
#define FOURCC_STSZ HAB_MP4_FOURCC ('s', 't', 's', 'z')
#define FOURCC_STZ2 HAB_MP4_FOURCC ('s', 't', 'z', '2')
#define FOURCC_STCO HAB_MP4_FOURCC ('s', 't', 'c', 'o')
#define FOURCC_CO64 HAB_MP4_FOURCC ('c', 'o', '6', '4')
#define FOURCC_STSS HAB_MP4_FOURCC ('s', 't', 's', 's')

#define PAIR_SIZE 8
#define CHUNK_RUN_SIZE 12

/* Times above this are damage: sums of two of them still fit 64 bits. */
#define MAX_DURATION (G_GUINT64_CONSTANT (1) << 61)

static gboolean
malformed (GError **error, const gchar *what)
{
  g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_MALFORMED,
      "the sample table is damaged: %s", what);
  return FALSE;
}

static guint32
pair_first (const HabMp4Table *table, guint32 i)
{
  return GST_READ_UINT32_BE (table->entries + (gsize) i * PAIR_SIZE);
}

static guint32
pair_second (const HabMp4Table *table, guint32 i)
{
  return GST_READ_UINT32_BE (table->entries + (gsize) i * PAIR_SIZE + 4);
}

static guint32
chunk_run_field (const HabMp4SampleTable *table, guint32 i, guint field)
{
  return GST_READ_UINT32_BE (table->sample_to_chunk.entries +
      (gsize) i * CHUNK_RUN_SIZE + 4 * field);
}

static guint64
chunk_offset (const HabMp4SampleTable *table, guint32 chunk)
{
  const guint8 *entries = table->chunk_offset.entries;

  return table->long_offsets ? GST_READ_UINT64_BE (entries + (gsize) chunk * 8)
                             : GST_READ_UINT32_BE (entries + (gsize) chunk * 4);
}

static guint32
sample_size (const HabMp4SampleTable *table, guint32 number)
{
  const guint8 *entries = table->sample_size.entries;

  switch (table->size_bits) {
    case 4:
      return number % 2 ? entries[number / 2] & 0xf : entries[number / 2] >> 4;
    case 8:
      return entries[number];
    case 16:
      return GST_READ_UINT16_BE (entries + (gsize) number * 2);
    case 32:
      return GST_READ_UINT32_BE (entries + (gsize) number * 4);
    default:
      return table->constant_size;
  }
}

/* --- parsing ----------------------------------------------------------- */

/* Points table at count entries of the given bits. */
static gboolean
take_entries (HabMp4Table *table, GstByteReader *reader, guint32 count,
    guint bits)
{
  guint64 size = ((guint64) count * bits + 7) / 8;

  if (size > gst_byte_reader_get_remaining (reader))
    return FALSE;
  table->entries = reader->data + reader->byte;
  table->count = count;
  return TRUE;
}

static gboolean
parse_plain (HabMp4Table *table, const HabMp4Box *box, guint entry_size)
{
  GstByteReader reader;
  guint8 version;
  guint32 count;

  return hab_mp4_box_read_full (box, &reader, &version) &&
      gst_byte_reader_get_uint32_be (&reader, &count) &&
      take_entries (table, &reader, count, entry_size * 8);
}

static gboolean
parse_sizes (HabMp4SampleTable *table, const HabMp4Box *box)
{
  GstByteReader reader;
  guint8 version;
  guint32 size, count;

  /* A second one would say how many samples there are and leave the sizes to
   * the first. */
  if (table->has_sizes || !hab_mp4_box_read_full (box, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &size) ||
      !gst_byte_reader_get_uint32_be (&reader, &count))
    return FALSE;

  table->has_sizes = TRUE;
  table->n_samples = count;
  if (box->type == FOURCC_STSZ && size != 0) {
    table->constant_size = size;
    return TRUE;
  }
  table->size_bits = box->type == FOURCC_STSZ ? 32 : size & 0xff;
  if (table->size_bits != 4 && table->size_bits != 8 &&
      table->size_bits != 16 && table->size_bits != 32)
    return FALSE;
  return take_entries (&table->sample_size, &reader, count, table->size_bits);
}

static gboolean
parse_table (HabMp4SampleTable *table, const HabMp4Box *box)
{
  switch (box->type) {
    case FOURCC_STTS:
      return parse_plain (&table->time_to_sample, box, PAIR_SIZE);
    case FOURCC_CTTS:
      return parse_plain (&table->composition_offset, box, PAIR_SIZE);
    case FOURCC_STSC:
      return parse_plain (&table->sample_to_chunk, box, CHUNK_RUN_SIZE);
    case FOURCC_STCO:
    case FOURCC_CO64:
      table->long_offsets = box->type == FOURCC_CO64;
      return parse_plain (&table->chunk_offset, box,
          table->long_offsets ? 8 : 4);
    case FOURCC_STSS:
      table->all_sync = FALSE;
      return parse_plain (&table->sync_sample, box, 4);
    case FOURCC_STSZ:
    case FOURCC_STZ2:
      return parse_sizes (table, box);
    default:
      return TRUE;
  }
}

/* Every sample must be in a chunk that has an offset. */
static gboolean
check_chunks (HabMp4SampleTable *table)
{
  guint32 n_runs = table->sample_to_chunk.count;
  guint32 n_chunks = table->chunk_offset.count;
  guint64 samples = 0;

  if (n_runs == 0 || chunk_run_field (table, 0, 0) != 1)
    return FALSE;
  for (guint32 i = 0; i < n_runs && samples < table->n_samples; i++) {
    guint64 first = chunk_run_field (table, i, 0);
    guint64 next = i + 1 < n_runs ? chunk_run_field (table, i + 1, 0)
                                  : (guint64) n_chunks + 1;
    guint32 per_chunk = chunk_run_field (table, i, 1);

    if (per_chunk == 0 || first >= next || next > (guint64) n_chunks + 1)
      return FALSE;
    samples += (next - first) * per_chunk;
    if (chunk_run_field (table, i, 2) != 1)
      table->several_entries = TRUE;
  }
  return samples >= table->n_samples;
}

/* Sums up the deltas, for no more samples than there are: less than 2^64. A table
 * that is too short goes on with its last delta, as demuxers have it. */
static gboolean
check_times (HabMp4SampleTable *table)
{
  guint64 samples = 0;
  guint32 delta = 0;

  for (guint32 i = 0; i < table->time_to_sample.count; i++) {
    guint64 count = MIN (pair_first (&table->time_to_sample, i),
        table->n_samples - samples);

    delta = pair_second (&table->time_to_sample, i);
    table->duration += count * delta;
    samples += count;
    if (table->duration > MAX_DURATION)
      return FALSE;
  }
  table->duration += (table->n_samples - samples) * delta;
  return table->time_to_sample.count > 0 && table->duration <= MAX_DURATION;
}

/* QuickTime has negative offsets, in version 0 boxes too. The most negative
 * one is how far decoding has to be ahead of what the table says. The last two
 * entries do not count, as some writers leave nonsense there. */
static void
find_composition_shift (HabMp4SampleTable *table)
{
  gint64 smallest = 0;

  for (guint64 i = 0; i + 2 < table->composition_offset.count; i++) {
    if (pair_first (&table->composition_offset, i) > 0)
      smallest = MIN (smallest,
          (gint32) pair_second (&table->composition_offset, i));
  }
  table->composition_shift = -smallest;
}

gboolean
hab_mp4_sample_table_parse (HabMp4SampleTable *table, const HabMp4Box *stbl,
    GError **error)
{
  GstByteReader reader;
  HabMp4Box box;

  memset (table, 0, sizeof (*table));
  table->all_sync = TRUE;

  hab_mp4_box_read (stbl, &reader);
  while (hab_mp4_box_next (&reader, &box)) {
    gchar type[5];

    if (!parse_table (table, &box)) {
      hab_mp4_fourcc_to_string (box.type, type);
      return malformed (error, type);
    }
  }
  if (!hab_mp4_boxes_end_well (&reader))
    return malformed (error, "a box is longer than stbl");

  if (table->n_samples == 0)
    return TRUE;
  if (!check_chunks (table))
    return malformed (error, "stsc and stco do not place every sample");
  if (!check_times (table))
    return malformed (error, "stts gives no times");
  find_composition_shift (table);
  return TRUE;
}

/* --- walking ----------------------------------------------------------- */

static gboolean
outside (GError **error, guint32 number)
{
  g_set_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED,
      "the file is cut off: sample %u of a track lies beyond its end", number);
  return FALSE;
}

/* Samples of one size may be many more than the table has entries (sound that
 * is not compressed), so for those a chunk's beginning has to do unless the
 * whole could not be in the file at all. */
static gboolean
check_constant_extents (const HabMp4SampleTable *table, guint64 file_size,
    GError **error)
{
  for (guint32 i = 0; i < table->chunk_offset.count; i++) {
    if (chunk_offset (table, i) >= file_size)
      return outside (error, 0);
  }
  if ((guint64) table->n_samples * table->constant_size > file_size)
    return outside (error, table->n_samples - 1);
  return TRUE;
}

/* Of the samples from the first-th on, count at most, how many bytes they are. */
static guint64
sum_sizes (const HabMp4SampleTable *table, guint32 first, guint32 count)
{
  guint32 end = first + MIN (count, table->n_samples - first);
  guint64 sum = 0;

  for (guint32 i = first; i < end; i++)
    sum += sample_size (table, i);
  return sum;
}

/* Samples of a chunk follow each other, so that its end is the last one's. */
static gboolean
are_chunks_within (const HabMp4SampleTable *table, guint64 file_size)
{
  guint32 run = 0, per_chunk = 0, number = 0;

  for (guint32 i = 0; number < table->n_samples; i++) {
    guint64 offset = chunk_offset (table, i), size;

    if (run < table->sample_to_chunk.count &&
        chunk_run_field (table, run, 0) == i + 1)
      per_chunk = chunk_run_field (table, run++, 1);
    size = sum_sizes (table, number, per_chunk);
    if (offset > file_size || size > file_size - offset)
      return FALSE;
    number += MIN (per_chunk, table->n_samples - number);
  }
  return TRUE;
}

gboolean
hab_mp4_sample_table_check_extents (const HabMp4SampleTable *table,
    guint64 file_size, GError **error)
{
  HabMp4SampleReader reader;
  HabMp4Sample sample;

  if (table->size_bits == 0 && table->n_samples > 0)
    return check_constant_extents (table, file_size, error);
  if (are_chunks_within (table, file_size))
    return TRUE;

  /* Which one it is. */
  hab_mp4_sample_reader_init (&reader, table);
  while (hab_mp4_sample_reader_next (&reader, &sample)) {
    if (sample.offset > file_size || sample.size > file_size - sample.offset)
      return outside (error, sample.number);
  }
  return TRUE;
}

guint32
hab_mp4_sample_table_get_constant_duration (const HabMp4SampleTable *table)
{
  const HabMp4Table *stts = &table->time_to_sample;

  if (stts->count == 1 || (stts->count == 2 && pair_first (stts, 1) == 1))
    return pair_second (stts, 0);
  return 0;
}

void
hab_mp4_sample_reader_init (HabMp4SampleReader *reader,
    const HabMp4SampleTable *table)
{
  memset (reader, 0, sizeof (*reader));
  reader->table = table;
}

static guint32
next_delta (HabMp4SampleReader *self)
{
  const HabMp4Table *stts = &self->table->time_to_sample;

  while (self->delta_left == 0 && self->delta_entry < stts->count) {
    self->delta_left = pair_first (stts, self->delta_entry);
    self->delta = pair_second (stts, self->delta_entry);
    self->delta_entry++;
  }
  if (self->delta_left > 0)
    self->delta_left--;
  return self->delta;
}

static gint32
next_composition (HabMp4SampleReader *self)
{
  const HabMp4Table *ctts = &self->table->composition_offset;

  while (self->composition_left == 0 && self->composition_entry < ctts->count) {
    self->composition_left = pair_first (ctts, self->composition_entry);
    self->composition = pair_second (ctts, self->composition_entry);
    self->composition_entry++;
  }
  if (self->composition_left == 0)
    return 0;
  self->composition_left--;
  return self->composition;
}

/* Moves to the next chunk where the last one has no more samples. */
static void
enter_chunk (HabMp4SampleReader *self)
{
  const HabMp4SampleTable *table = self->table;

  if (self->chunk_left > 0)
    return;
  if (self->chunk_entry < table->sample_to_chunk.count &&
      chunk_run_field (table, self->chunk_entry, 0) == self->chunk + 1) {
    self->samples_per_chunk = chunk_run_field (table, self->chunk_entry, 1);
    self->chunk_entry++;
  }
  /* What was checked may have changed since where the table is mapped. */
  self->offset = self->chunk < table->chunk_offset.count
      ? chunk_offset (table, self->chunk++)
      : G_MAXUINT64;
  self->chunk_left = self->samples_per_chunk;
}

static gboolean
next_sync (HabMp4SampleReader *self)
{
  const HabMp4Table *stss = &self->table->sync_sample;

  if (self->table->all_sync)
    return TRUE;
  while (self->sync_entry < stss->count) {
    guint32 number =
        GST_READ_UINT32_BE (stss->entries + (gsize) self->sync_entry * 4);

    if (number > self->number + (guint64) 1)
      return FALSE;
    self->sync_entry++;
    if (number == self->number + (guint64) 1)
      return TRUE;
  }
  return FALSE;
}

gboolean
hab_mp4_sample_reader_next (HabMp4SampleReader *self, HabMp4Sample *sample)
{
  if (self->number >= self->table->n_samples)
    return FALSE;

  enter_chunk (self);
  sample->number = self->number;
  sample->offset = self->offset;
  sample->size = sample_size (self->table, self->number);
  sample->sync = next_sync (self);
  sample->duration = next_delta (self);
  sample->dts = self->dts;
  sample->cts = self->dts + next_composition (self);

  /* May wrap in a hostile file; such samples lie outside of every file. */
  self->offset += sample->size;
  self->chunk_left--;
  self->dts += sample->duration;
  self->number++;
  return TRUE;
}

static void
skip_deltas (HabMp4SampleReader *self, guint32 count)
{
  const HabMp4Table *stts = &self->table->time_to_sample;

  while (count > 0) {
    guint32 step;

    while (self->delta_left == 0 && self->delta_entry < stts->count) {
      self->delta_left = pair_first (stts, self->delta_entry);
      self->delta = pair_second (stts, self->delta_entry);
      self->delta_entry++;
    }
    /* The last one goes on. */
    step = self->delta_left > 0 ? MIN (count, self->delta_left) : count;
    self->delta_left -= MIN (step, self->delta_left);
    self->dts += (gint64) ((guint64) step * self->delta);
    count -= step;
  }
}

static void
skip_compositions (HabMp4SampleReader *self, guint32 count)
{
  const HabMp4Table *ctts = &self->table->composition_offset;

  while (count > self->composition_left &&
      self->composition_entry < ctts->count) {
    count -= self->composition_left;
    self->composition_left = pair_first (ctts, self->composition_entry);
    self->composition = pair_second (ctts, self->composition_entry);
    self->composition_entry++;
  }
  self->composition_left -= MIN (count, self->composition_left);
}

/* Chunks of a run that are skipped as a whole: neither where they are nor what is in
 * them matters. */
static void
skip_chunks (HabMp4SampleReader *self, guint32 count)
{
  const HabMp4SampleTable *table = self->table;
  guint32 end = table->chunk_offset.count;

  if (self->chunk_left > 0 || self->samples_per_chunk == 0)
    return;
  if (self->chunk_entry < table->sample_to_chunk.count)
    end = MIN (end, chunk_run_field (table, self->chunk_entry, 0) - 1);
  if (end > self->chunk) {
    guint32 whole = MIN (end - self->chunk, count / self->samples_per_chunk);

    self->chunk += whole;
    self->number += whole * self->samples_per_chunk;
  }
}

/* Only in the last of them do sizes matter. */
static void
skip_in_chunks (HabMp4SampleReader *self, guint32 count)
{
  guint32 end = self->number + count;

  while (self->number < end) {
    guint32 step;

    skip_chunks (self, end - self->number);
    if (self->number == end)
      break;
    enter_chunk (self);
    step = MIN (self->chunk_left, end - self->number);
    if (step < self->chunk_left)
      self->offset += sum_sizes (self->table, self->number, step);
    self->chunk_left -= step;
    self->number += MAX (step, 1);
  }
}

void
hab_mp4_sample_reader_skip (HabMp4SampleReader *self, guint32 count)
{
  count = MIN (count, self->table->n_samples - self->number);
  skip_deltas (self, count);
  skip_compositions (self, count);
  skip_in_chunks (self, count);
}
