/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The boxes of an MP4 file: the samples that its tables tell of are in it, and
 * can be read. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"
#include "mp4-movie.h"

/* A table of a few bytes can tell of 2^32 samples of the same size. */
#define MAX_SAMPLES 10000

/* Samples of one size are looked at by chunks, when they are opened. */
static gboolean
is_inside (const HabMp4Movie *movie, const HabMp4Sample *sample)
{
  guint64 size = hab_mp4_movie_get_size (movie);

  return sample->offset <= size && sample->size <= size - sample->offset;
}

static void
read_samples (const HabMp4Movie *movie, const HabMp4Track *track)
{
  HabMp4SampleReader reader;
  HabMp4Sample sample;
  guint n = 0;

  g_assert_cmpuint (track->timescale, >, 0);
  hab_mp4_sample_table_get_constant_duration (&track->table);
  hab_mp4_sample_reader_init (&reader, &track->table);
  while (n < MAX_SAMPLES && hab_mp4_sample_reader_next (&reader, &sample)) {
    g_assert_cmpuint (sample.number, ==, n);
    g_assert_true (track->table.size_bits == 0 || is_inside (movie, &sample));
    hab_mp4_track_to_ns (track, sample.dts);
    hab_mp4_track_to_ns (track, sample.cts);
    n++;
  }
  g_assert_cmpuint (n, ==, MIN (track->table.n_samples, MAX_SAMPLES));
}

/* The same sample by one step as by many. */
static void
skip_samples (const HabMp4Track *track)
{
  guint32 count = MIN (track->table.n_samples, MAX_SAMPLES) / 2;
  HabMp4SampleReader reader, skipping;
  HabMp4Sample sample, other;

  hab_mp4_sample_reader_init (&reader, &track->table);
  hab_mp4_sample_reader_init (&skipping, &track->table);
  for (guint32 i = 0; i < count; i++)
    hab_mp4_sample_reader_next (&reader, &sample);
  hab_mp4_sample_reader_skip (&skipping, count);
  if (!hab_mp4_sample_reader_next (&reader, &sample))
    return;
  g_assert_true (hab_mp4_sample_reader_next (&skipping, &other));
  g_assert_cmpuint (sample.number, ==, other.number);
  g_assert_cmpuint (sample.offset, ==, other.offset);
  g_assert_cmpint (sample.dts, ==, other.dts);
  g_assert_cmpint (sample.cts, ==, other.cts);
  g_assert_cmpint (sample.sync, ==, other.sync);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL, failure = NULL;
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_open_bytes (bytes, &error);

  g_assert_true ((movie == NULL) == (error != NULL));
  if (movie == NULL)
    return 0;
  if (!hab_mp4_movie_check_boxes (movie, &failure))
    g_assert_nonnull (failure);
  for (guint i = 0; i < hab_mp4_movie_get_n_tracks (movie); i++) {
    read_samples (movie, hab_mp4_movie_get_track (movie, i));
    skip_samples (hab_mp4_movie_get_track (movie, i));
  }
  return 0;
}
