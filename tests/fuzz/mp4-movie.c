/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The boxes of an MP4 file: the samples that its tables tell of are in it, and
 * can be read. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/mman.h>
#include <unistd.h>

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

static void
compare_tracks (const HabMp4Movie *movie, const HabMp4Movie *other)
{
  guint n = hab_mp4_movie_get_n_tracks (movie);

  g_assert_cmpuint (n, ==, hab_mp4_movie_get_n_tracks (other));
  g_assert_cmpint (hab_mp4_movie_is_fragmented (movie), ==,
      hab_mp4_movie_is_fragmented (other));
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (hab_mp4_movie_get_track (movie, i)->table.n_samples, ==,
        hab_mp4_movie_get_track (other, i)->table.n_samples);
}

/* A piece from the middle to the end, and one that is longer. */
static void
read_end (const HabMp4Movie *movie, const guint8 *data, gsize size)
{
  g_autofree guint8 *end = g_malloc (size + 1);
  g_autoptr (GError) error = NULL;
  gsize half = size / 2;

  g_assert_true (
      hab_mp4_movie_read (movie, half, end, size - half, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (end, size - half, data + half, size - half);
  g_assert_false (
      hab_mp4_movie_read (movie, half, end, size - half + 1, &error));
  g_assert_nonnull (error);
}

/* The same of a descriptor, read or mapped. What is mapped is not checked as far
 * when it is opened. */
static void
open_file (const HabMp4Movie *movie, const guint8 *data, gsize size)
{
  int fd = memfd_create ("fuzz-mp4-movie", MFD_CLOEXEC);
  g_autoptr (HabMp4Movie) file = NULL, mapped = NULL;

  g_assert_cmpint (write (fd, data, size), ==, size);
  file = hab_mp4_movie_open_fd (fd, NULL);
  mapped = hab_mp4_movie_map_fd (fd, NULL);
  g_assert_true ((movie == NULL) == (file == NULL));
  if (movie != NULL) {
    g_assert_nonnull (mapped);
    compare_tracks (movie, file);
    compare_tracks (movie, mapped);
    read_end (movie, data, size);
    read_end (file, data, size);
    read_end (mapped, data, size);
  }
  close (fd);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL, failure = NULL;
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_open_bytes (bytes, &error);

  g_assert_true ((movie == NULL) == (error != NULL));
  open_file (movie, data, size);
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
