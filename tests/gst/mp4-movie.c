/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "mp4-movie.h"

/* A file with one video track of 5 samples in 2 chunks, B-frames, delayed by
 * an edit list. Each test changes one thing about it. */
typedef struct
{
  const gchar *name;

  /* what is different */
  gboolean mdat_last, long_size, size_zero, long_offsets, no_stss, no_ctts;
  gboolean quicktime, no_elst, compact_sizes, sizes_twice;
  guint64 chunk_offset_plus;
  guint32 n_samples_plus, n_times, n_chunks, first_chunk, per_chunk, timescale;
  guint32 sizes_count, constant_size, empty_edit;
  gint32 first_offset, media_time;
  const gchar *extra_box; /* in moov, before trak */
  const gchar *drop_box;  /* type of a box that is left out */

  gint error;             /* HabMp4Error, -1 for none */
} Case;

static const Case good = { .name = "plain", .error = -1 };

/* size, composition offset */
static const guint samples[][2] = {
  { 10, 200 }, { 20, 500 }, { 30, 200 }, { 40, 0 }, { 50, 100 }
};

#define DELTA 100
#define MDAT_BYTES 150

static gboolean
begin (HabBoxWriter *w, const Case *c, const gchar *type)
{
  if (g_strcmp0 (c->drop_box, type) == 0)
    return FALSE;
  hab_box_begin_full (w, type, 0, 0);
  return TRUE;
}

static void
put_sample_entry (HabBoxWriter *w, const Case *c)
{
  if (!begin (w, c, "stsd"))
    return;
  hab_box_put_u32 (w, 1);
  hab_box_begin (w, "avc1");
  hab_box_put_zeros (w, 7);
  hab_box_put_u8 (w, 1);
  hab_box_put_zeros (w, 16);
  hab_box_put_u16 (w, 320);
  hab_box_put_u16 (w, 240);
  hab_box_put_zeros (w, 50);
  hab_box_begin (w, "avcC");
  hab_box_put_u32 (w, 0x0164000d);
  hab_box_end (w);
  if (c->quicktime)
    hab_box_put_u32 (w, 0);
  hab_box_end (w);
  hab_box_end (w);
}

static void
put_sizes (HabBoxWriter *w, const Case *c)
{
  guint32 n = G_N_ELEMENTS (samples);

  if (!begin (w, c, c->compact_sizes ? "stz2" : "stsz"))
    return;
  hab_box_put_u32 (w, c->compact_sizes ? 8 : c->constant_size);
  hab_box_put_u32 (w, c->sizes_count ? c->sizes_count : n + c->n_samples_plus);
  for (guint i = 0; i < n && c->constant_size == 0; i++) {
    if (c->compact_sizes)
      hab_box_put_u8 (w, samples[i][0]);
    else
      hab_box_put_u32 (w, samples[i][0]);
  }
  hab_box_end (w);
  if (!c->sizes_twice)
    return;
  hab_box_begin_full (w, "stsz", 0, 0);
  hab_box_put_u32 (w, 1);
  hab_box_put_u32 (w, n);
  hab_box_end (w);
}

static void
put_chunks (HabBoxWriter *w, const Case *c, guint64 data)
{
  guint64 offsets[] = { data + c->chunk_offset_plus, data + 60 };

  if (begin (w, c, "stsc")) {
    hab_box_put_u32 (w, 2);
    hab_box_put_u32 (w, c->first_chunk ? c->first_chunk : 1);
    hab_box_put_u32 (w, c->per_chunk ? c->per_chunk - 1 : 3);
    hab_box_put_u32 (w, 1);
    hab_box_put_u32 (w, 2);
    hab_box_put_u32 (w, 2);
    hab_box_put_u32 (w, 1);
    hab_box_end (w);
  }
  if (begin (w, c, c->long_offsets ? "co64" : "stco")) {
    hab_box_put_u32 (w, c->n_chunks ? c->n_chunks : 2);
    for (guint i = 0; i < 2; i++) {
      if (c->long_offsets)
        hab_box_put_u64 (w, offsets[i]);
      else
        hab_box_put_u32 (w, offsets[i]);
    }
    hab_box_end (w);
  }
}

static void
put_times (HabBoxWriter *w, const Case *c)
{
  if (begin (w, c, "stts")) {
    hab_box_put_u32 (w, c->n_times ? c->n_times : 1);
    hab_box_put_u32 (w, G_N_ELEMENTS (samples));
    hab_box_put_u32 (w, DELTA);
    hab_box_end (w);
  }
  if (!c->no_ctts && begin (w, c, "ctts")) {
    hab_box_put_u32 (w, G_N_ELEMENTS (samples));
    for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
      hab_box_put_u32 (w, 1);
      hab_box_put_u32 (w, samples[i][1] + c->first_offset);
    }
    hab_box_end (w);
  }
  if (!c->no_stss && begin (w, c, "stss")) {
    hab_box_put_u32 (w, 2);
    hab_box_put_u32 (w, 1);
    hab_box_put_u32 (w, 4);
    hab_box_end (w);
  }
}

static void
put_edit_list (HabBoxWriter *w, const Case *c)
{
  if (c->no_elst)
    return;
  hab_box_begin (w, "edts");
  hab_box_begin_full (w, "elst", 0, 0);
  hab_box_put_u32 (w, c->empty_edit ? 2 : 1);
  if (c->empty_edit) {
    hab_box_put_u32 (w, c->empty_edit);
    hab_box_put_u32 (w, 0xffffffff);
    hab_box_put_u32 (w, 0x10000);
  }
  hab_box_put_u32 (w, 500);
  hab_box_put_u32 (w, c->media_time ? c->media_time : 200);
  hab_box_put_u32 (w, 0x10000);
  hab_box_end (w);
  hab_box_end (w);
}

static void
put_media (HabBoxWriter *w, const Case *c, guint64 data)
{
  hab_box_begin (w, "mdia");
  if (begin (w, c, "mdhd")) {
    hab_box_put_zeros (w, 8);
    hab_box_put_u32 (w, c->timescale ? c->timescale - 1 : 2500);
    hab_box_put_u32 (w, 500);
    hab_box_put_u16 (w, ('d' - 0x60) << 10 | ('e' - 0x60) << 5 | ('u' - 0x60));
    hab_box_put_u16 (w, 0);
    hab_box_end (w);
  }
  if (begin (w, c, "hdlr")) {
    if (c->quicktime)
      hab_box_put_fourcc (w, "mhlr");
    else
      hab_box_put_u32 (w, 0);
    hab_box_put_fourcc (w, "vide");
    hab_box_put_zeros (w, 13);
    hab_box_end (w);
  }
  hab_box_begin (w, "minf");
  if (c->quicktime) {
    hab_box_begin_full (w, "hdlr", 0, 0);
    hab_box_put_fourcc (w, "dhlr");
    hab_box_put_fourcc (w, "alis");
    hab_box_end (w);
  }
  hab_box_begin (w, "stbl");
  put_sample_entry (w, c);
  put_times (w, c);
  put_chunks (w, c, data);
  put_sizes (w, c);
  hab_box_end (w);
  hab_box_end (w);
  hab_box_end (w);
}

static void
put_moov (HabBoxWriter *w, const Case *c, guint64 data)
{
  hab_box_begin (w, "moov");
  if (begin (w, c, "mvhd")) {
    hab_box_put_zeros (w, 8);
    hab_box_put_u32 (w, 1000);
    hab_box_put_zeros (w, 84);
    hab_box_end (w);
  }
  if (c->extra_box) {
    hab_box_begin (w, c->extra_box);
    hab_box_end (w);
  }
  hab_box_begin (w, "trak");
  if (begin (w, c, "tkhd")) {
    hab_box_put_zeros (w, 8);
    hab_box_put_u32 (w, 7);
    hab_box_put_zeros (w, 24);
    for (guint i = 0; i < HAB_MP4_MATRIX_SIZE; i++)
      hab_box_put_u8 (w, 0x40 + i);
    hab_box_put_zeros (w, 8);
    hab_box_end (w);
  }
  put_edit_list (w, c);
  put_media (w, c, data);
  hab_box_end (w);
  hab_box_end (w);
}

/* Returns the offset of the media bytes. */
static guint
put_mdat (HabBoxWriter *w, const Case *c)
{
  guint offset;

  if (c->long_size) {
    hab_box_put_u32 (w, 1);
    hab_box_put_fourcc (w, "mdat");
    hab_box_put_u64 (w, 16 + MDAT_BYTES);
  } else {
    hab_box_put_u32 (w, c->size_zero ? 0 : 8 + MDAT_BYTES);
    hab_box_put_fourcc (w, "mdat");
  }
  offset = hab_box_writer_tell (w);
  hab_box_put_zeros (w, MDAT_BYTES);
  return offset;
}

static GBytes *
make_file (const Case *c)
{
  g_auto (HabBoxWriter) w;
  guint moov_offset, moov_size, data;

  hab_box_writer_init (&w);
  hab_box_begin (&w, "ftyp");
  hab_box_put_fourcc (&w, c->quicktime ? "qt  " : "isom");
  hab_box_put_u32 (&w, 0);
  hab_box_end (&w);

  if (c->mdat_last) {
    g_auto (HabBoxWriter) sized;

    hab_box_writer_init (&sized);
    put_moov (&sized, c, 0);
    moov_size = hab_box_writer_tell (&sized);
    moov_offset = hab_box_writer_tell (&w);
    put_moov (&w, c, moov_offset + moov_size + (c->long_size ? 16 : 8));
    put_mdat (&w, c);
  } else {
    data = put_mdat (&w, c);
    put_moov (&w, c, data);
  }
  return hab_box_writer_steal (&w);
}

static const Case cases[] = {
  { .name = "mdat-last", .mdat_last = TRUE, .error = -1 },
  { .name = "mdat-to-end", .mdat_last = TRUE, .size_zero = TRUE, .error = -1 },
  { .name = "mdat-64-bit", .long_size = TRUE, .error = -1 },
  { .name = "co64", .long_offsets = TRUE, .error = -1 },
  { .name = "stz2", .compact_sizes = TRUE, .error = -1 },
  { .name = "quicktime", .quicktime = TRUE, .error = -1 },

  { .name = "moov-in-mdat-to-end", .size_zero = TRUE,
      .error = HAB_MP4_ERROR_TRUNCATED },
  { .name = "fragmented", .extra_box = "mvex", .error = -1 },
  { .name = "compressed", .extra_box = "cmov",
      .error = HAB_MP4_ERROR_UNSUPPORTED },
  { .name = "no-mvhd", .drop_box = "mvhd", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-tkhd", .drop_box = "tkhd", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-mdhd", .drop_box = "mdhd", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-hdlr", .drop_box = "hdlr", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-stsd", .drop_box = "stsd", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-stts", .drop_box = "stts", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-stsc", .drop_box = "stsc", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-stco", .drop_box = "stco", .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "no-timescale", .timescale = 1, .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "sizes-beyond-box", .n_samples_plus = 1,
      .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "sizes-overflow", .sizes_count = 0x40000001,
      .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "sizes-twice", .sizes_twice = TRUE,
      .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "many-samples-of-one-size", .constant_size = 1,
      .per_chunk = 0xffffffff, .sizes_count = 0xffffffff,
      .error = HAB_MP4_ERROR_UNSUPPORTED },
  { .name = "one-size-beyond-file", .constant_size = 0xffffffff,
      .error = HAB_MP4_ERROR_TRUNCATED },
  { .name = "times-beyond-box", .n_times = 0x20000001,
      .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "offsets-beyond-box", .n_chunks = 0xffffffff,
      .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "chunks-missing", .n_chunks = 1,
      .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "chunks-from-0", .first_chunk = 0xffffffff,
      .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "empty-chunks", .per_chunk = 1, .error = HAB_MP4_ERROR_MALFORMED },
  { .name = "chunk-beyond-file", .chunk_offset_plus = 1 << 20,
      .error = HAB_MP4_ERROR_TRUNCATED },
  { .name = "chunk-wraps", .long_offsets = TRUE,
      .chunk_offset_plus = G_MAXUINT64 - 60, .error = HAB_MP4_ERROR_TRUNCATED },
};

static void
assert_samples (const HabMp4Track *track, const Case *c)
{
  HabMp4SampleReader reader;
  HabMp4Sample sample;
  guint64 offset = 0;
  guint i = 0;

  hab_mp4_sample_reader_init (&reader, &track->table);
  while (hab_mp4_sample_reader_next (&reader, &sample)) {
    if (i == 0)
      offset = sample.offset;
    g_assert_cmpuint (sample.number, ==, i);
    g_assert_cmpuint (sample.offset, ==, offset);
    g_assert_cmpuint (sample.size, ==, samples[i][0]);
    g_assert_cmpint (sample.dts, ==, i * DELTA);
    g_assert_cmpint (sample.cts, ==, i * DELTA + samples[i][1]);
    g_assert_cmpuint (sample.duration, ==, DELTA);
    g_assert_cmpint (sample.sync, ==, i == 0 || i == 3);
    offset += sample.size;
    i++;
  }
  g_assert_cmpuint (i, ==, G_N_ELEMENTS (samples));
}

static void
assert_same_sample (const HabMp4Sample *a, const HabMp4Sample *b)
{
  g_assert_cmpuint (a->number, ==, b->number);
  g_assert_cmpuint (a->offset, ==, b->offset);
  g_assert_cmpuint (a->size, ==, b->size);
  g_assert_cmpint (a->dts, ==, b->dts);
  g_assert_cmpint (a->cts, ==, b->cts);
  g_assert_cmpuint (a->duration, ==, b->duration);
  g_assert_cmpint (a->sync, ==, b->sync);
}

/* From each sample to each later one, and behind the last. */
static void
assert_skips (const HabMp4Track *track)
{
  const guint n = G_N_ELEMENTS (samples);
  HabMp4SampleReader reader, skipping;
  HabMp4Sample sample, other;

  for (guint from = 0; from < n; from++) {
    for (guint to = from; to < n; to++) {
      hab_mp4_sample_reader_init (&reader, &track->table);
      hab_mp4_sample_reader_init (&skipping, &track->table);
      for (guint i = 0; i < from; i++)
        hab_mp4_sample_reader_next (&skipping, &other);
      for (guint i = 0; i <= to; i++)
        g_assert_true (hab_mp4_sample_reader_next (&reader, &sample));
      hab_mp4_sample_reader_skip (&skipping, to - from);
      g_assert_true (hab_mp4_sample_reader_next (&skipping, &other));
      assert_same_sample (&sample, &other);
    }
    hab_mp4_sample_reader_skip (&skipping, G_MAXUINT32);
    g_assert_false (hab_mp4_sample_reader_next (&skipping, &other));
  }
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GBytes) bytes = make_file (c);
  g_autoptr (GError) error = NULL;
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_open_bytes (bytes, &error);
  const HabMp4Track *track;

  if (c->error >= 0) {
    g_assert_error (error, HAB_MP4_ERROR, c->error);
    g_assert_null (movie);
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (hab_mp4_movie_get_n_tracks (movie), ==, 1);
  g_assert_true (hab_mp4_movie_is_fragmented (movie) ==
      (g_strcmp0 (c->extra_box, "mvex") == 0));
  track = hab_mp4_movie_get_track (movie, 0);
  for (guint i = 0; i < HAB_MP4_MATRIX_SIZE; i++)
    g_assert_cmpuint (track->matrix[i], ==, 0x40 + i);
  g_assert_cmpuint (track->id, ==, 7);
  g_assert_cmpuint (track->timescale, ==, 2500);
  g_assert_cmpstr (track->language, ==, "deu");
  g_assert_cmpuint (track->entry.width, ==, 320);
  g_assert_cmpuint (track->entry.height, ==, 240);
  g_assert_cmpuint (track->entry.codec_data_size, ==, 4);
  g_assert_cmpuint (track->table.duration, ==, 500);
  assert_samples (track, c);
  assert_skips (track);
}

/* (transfer full): a descriptor of a file without a name. */
static int
make_unnamed (const guint8 *data, gsize size)
{
  g_autofree gchar *path = NULL;
  int fd = g_file_open_tmp ("mp4-movie-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_unlink (path);
  g_assert_cmpint (write (fd, data, size), ==, size);
  return fd;
}

static void
test_mapped (gconstpointer data)
{
  g_autoptr (GBytes) bytes = make_file (data);
  g_autoptr (GError) error = NULL;
  gsize size;
  const guint8 *file = g_bytes_get_data (bytes, &size);
  int fd = make_unnamed (file, size);
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_map_fd (fd, &error);

  g_assert_no_error (error);
  assert_samples (hab_mp4_movie_get_track (movie, 0), data);
  close (fd);
}

/* Places are not checked ahead, but no sample is read from beyond the end. */
static void
test_mapped_places (void)
{
  static const Case beyond = { .chunk_offset_plus = 1 << 20 };
  g_autoptr (GBytes) bytes = make_file (&beyond);
  g_autoptr (GError) error = NULL;
  gsize size;
  const guint8 *file = g_bytes_get_data (bytes, &size);
  int fd = make_unnamed (file, size);
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_map_fd (fd, &error);
  HabMp4SampleReader reader;
  HabMp4Sample sample;
  guint8 read[64];

  g_assert_no_error (error);
  hab_mp4_sample_reader_init (&reader,
      &hab_mp4_movie_get_track (movie, 0)->table);
  g_assert_true (hab_mp4_sample_reader_next (&reader, &sample));
  g_assert_cmpuint (sample.size, <=, sizeof read);
  g_assert_false (hab_mp4_movie_read (movie, sample.offset, read, sample.size,
      &error));
  g_assert_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED);
  close (fd);
}

/* Every file that ends too early, and every one with a damaged byte, is told
 * or read; neither may crash, loop or read beyond the end. */
static void
test_cut_anywhere (gconstpointer data)
{
  g_autoptr (GBytes) bytes = make_file (data);
  gsize size = g_bytes_get_size (bytes);

  for (gsize i = 0; i < size; i++) {
    g_autofree guint8 *copy =
        g_memdup2 (g_bytes_get_data (bytes, NULL), MAX (i, 1));
    g_autoptr (GBytes) cut = g_bytes_new_static (copy, i);
    g_autoptr (GError) error = NULL;
    g_autoptr (HabMp4Movie) movie = hab_mp4_movie_open_bytes (cut, &error);

    g_assert_null (movie);
    g_assert_error (error, HAB_MP4_ERROR, error->code);
    g_assert_cmpint (error->code, !=, HAB_MP4_ERROR_IO);
  }
}

static void
test_damage_anywhere (void)
{
  /* 8: of a box with nothing in it */
  static const guint8 values[] = { 0x00, 0x01, 0x08, 0x7f, 0xff };
  g_autoptr (GBytes) bytes = make_file (&good);
  gsize size = g_bytes_get_size (bytes);

  for (gsize i = 0; i < size * G_N_ELEMENTS (values); i++) {
    g_autofree guint8 *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
    g_autoptr (GBytes) damaged = g_bytes_new_static (copy, size);
    g_autoptr (HabMp4Movie) movie = NULL;
    HabMp4SampleReader reader;
    const HabMp4Track *track;
    HabMp4Sample sample;

    copy[i / G_N_ELEMENTS (values)] = values[i % G_N_ELEMENTS (values)];
    movie = hab_mp4_movie_open_bytes (damaged, NULL);
    if (movie == NULL || hab_mp4_movie_get_n_tracks (movie) == 0)
      continue;
    track = hab_mp4_movie_get_track (movie, 0);
    g_assert_true (track->entry.codec_data == NULL ||
        track->entry.codec_data_size > 0);
    hab_mp4_sample_reader_init (&reader, &track->table);
    while (hab_mp4_sample_reader_next (&reader, &sample))
      g_assert_cmpuint (sample.offset, <=, size + MDAT_BYTES);
  }
}

typedef struct
{
  const gchar *name;
  Case file;
  gint64 first_dts, first_pts; /* of playback */
} TimeCase;

/* The same as ffprobe has for such files. */
static const TimeCase time_cases[] = {
  { "edit", { 0 }, -200, 0 },
  { "no-edit", { .no_elst = TRUE }, 0, 200 },
  { "empty-edit", { .empty_edit = 400 }, -200 + 1000, 1000 },
  { "edit-before-first-picture", { .media_time = 50 }, -200, 0 },
  { "edit-between-pictures", { .media_time = 250 }, -300, -100 },
  { "negative-offsets", { .first_offset = -200, .no_elst = TRUE }, -200 + 200,
      0 },
};

static void
test_times (gconstpointer data)
{
  const TimeCase *c = data;
  g_autoptr (GBytes) bytes = make_file (&c->file);
  g_autoptr (GError) error = NULL;
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_open_bytes (bytes, &error);
  const HabMp4Track *track;
  HabMp4SampleReader reader;
  HabMp4Sample sample;

  g_assert_no_error (error);
  track = hab_mp4_movie_get_track (movie, 0);
  hab_mp4_sample_reader_init (&reader, &track->table);
  g_assert_true (hab_mp4_sample_reader_next (&reader, &sample));
  g_assert_cmpint (sample.dts + track->dts_offset, ==, c->first_dts);
  g_assert_cmpint (sample.cts + track->pts_offset, ==, c->first_pts);
}

static void
test_not_mp4 (void)
{
  static const gchar *const texts[] = { "", "x", "Hello, this is a text file.",
    "\x1a\x45\xdf\xa3 matroska matroska matroska" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new_static (texts[i], strlen (texts[i]));
    g_autoptr (GError) error = NULL;

    g_assert_null (hab_mp4_movie_open_bytes (bytes, &error));
    g_assert_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_NOT_MP4);
  }
}

/* Each track may cost time, so there cannot be many. */
static void
test_many_tracks (void)
{
  g_auto (HabBoxWriter) w;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  hab_box_writer_init (&w);
  hab_box_begin (&w, "moov");
  hab_box_begin_full (&w, "mvhd", 0, 0);
  hab_box_put_zeros (&w, 96);
  hab_box_end (&w);
  for (guint i = 0; i < 1000; i++) {
    hab_box_begin (&w, "trak");
    hab_box_begin_full (&w, "tkhd", 0, 0);
    hab_box_put_zeros (&w, 8);
    hab_box_put_u32 (&w, i + 1);
    hab_box_end (&w);
    put_media (&w, &good, 0);
    hab_box_end (&w);
  }
  hab_box_end (&w);
  bytes = hab_box_writer_steal (&w);
  g_assert_null (hab_mp4_movie_open_bytes (bytes, &error));
  g_assert_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_UNSUPPORTED);
}

/* Nested boxes that claim more than what surrounds them, or nothing. */
static void
test_box_sizes (void)
{
  static const struct
  {
    guint8 data[24];
    guint size;
    gboolean ok;
    guint payload;
  } boxes[] = {
    { { 0, 0, 0, 8, 'f', 'r', 'e', 'e' }, 8, TRUE, 0 },
    { { 0, 0, 0, 0, 'f', 'r', 'e', 'e', 1, 2 }, 10, TRUE, 2 },
    { { 0, 0, 0, 1, 'f', 'r', 'e', 'e', 0, 0, 0, 0, 0, 0, 0, 17, 1 }, 17, TRUE,
        1 },
    { { 0, 0, 0, 7, 'f', 'r', 'e', 'e' }, 8, FALSE, 0 },
    { { 0, 0, 0, 9, 'f', 'r', 'e', 'e' }, 8, FALSE, 0 },
    { { 0, 0, 0, 1, 'f', 'r', 'e', 'e' }, 8, FALSE, 0 },
    { { 0, 0, 0, 1, 'f', 'r', 'e', 'e', 0, 0, 0, 0, 0, 0, 0, 15 }, 16, FALSE,
        0 },
    { { 0, 0, 0, 1, 'f', 'r', 'e', 'e', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff }, 16, FALSE, 0 },
    { { 0xff, 0xff, 0xff, 0xff, 'f', 'r', 'e', 'e' }, 8, FALSE, 0 },
    { { 0, 0, 0 }, 3, FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    GstByteReader reader;
    HabMp4Box box;

    gst_byte_reader_init (&reader, boxes[i].data, boxes[i].size);
    g_assert_cmpint (hab_mp4_box_next (&reader, &box), ==, boxes[i].ok);
    if (boxes[i].ok) {
      g_assert_cmpuint (box.size, ==, boxes[i].payload);
      g_assert_cmpuint (gst_byte_reader_get_remaining (&reader), ==, 0);
    }
  }
}

/* What stands behind the moov box. */
static void
test_check_boxes (void)
{
  static const struct
  {
    guint8 data[24];
    guint size;
    gboolean ok;
  } ends[] = {
    { { 0 }, 0, TRUE },
    { { 0, 0, 0, 8, 'm', 'o', 'o', 'f' }, 8, TRUE },
    { { 0, 0, 0, 8, 'm', 'o', 'o', 'f', 0, 0, 0, 4, 'm', 'd', 'a', 't' }, 16,
        FALSE },
    { { 0, 0, 0, 1, 'm', 'd', 'a', 't', 0, 0, 0, 0, 0, 0, 0, 15 }, 16, FALSE },
    /* cut off */
    { { 0, 0, 0, 9, 'm', 'd', 'a', 't' }, 8, TRUE },
    { { 0, 0, 0, 8, 'm', 'o', 'o', 'f', 0, 0 }, 10, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_auto (HabBoxWriter) w;
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (HabMp4Movie) movie = NULL;
    g_autoptr (GError) error = NULL;

    hab_box_writer_init (&w);
    hab_box_begin (&w, "moov");
    hab_box_begin_full (&w, "mvhd", 0, 0);
    hab_box_put_zeros (&w, 96);
    hab_box_end (&w);
    hab_box_end (&w);
    for (guint b = 0; b < ends[i].size; b++)
      hab_box_put_u8 (&w, ends[i].data[b]);
    bytes = hab_box_writer_steal (&w);
    movie = hab_mp4_movie_open_bytes (bytes, &error);
    g_assert_no_error (error);
    g_assert_cmpint (hab_mp4_movie_check_boxes (movie, &error), ==, ends[i].ok);
    if (!ends[i].ok)
      g_assert_error (error, HAB_MP4_ERROR, HAB_MP4_ERROR_MALFORMED);
  }
}

static void
test_to_ns (void)
{
  HabMp4Track track = { .timescale = 12800 };

  g_assert_cmpint (hab_mp4_track_to_ns (&track, -1024), ==, -80 * 1000000);
  g_assert_cmpint (hab_mp4_track_to_ns (&track, 12800), ==, 1000000000);
  g_assert_cmpint (hab_mp4_track_to_ns (&track, G_MAXINT64), ==, G_MAXINT64);
}

static void
add_case (const gchar *prefix, const gchar *name, gconstpointer data,
    GTestDataFunc func)
{
  g_autofree gchar *path = g_strdup_printf ("/mp4-movie/%s/%s", prefix, name);

  g_test_add_data_func (path, data, func);
}

int
main (int argc, char **argv)
{
  static const Case mdat_last = { .mdat_last = TRUE };

  g_test_init (&argc, &argv, NULL);
  add_case ("file", good.name, &good, test_case);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    add_case ("file", cases[i].name, &cases[i], test_case);
  for (guint i = 0; i < G_N_ELEMENTS (time_cases); i++)
    add_case ("times", time_cases[i].name, &time_cases[i], test_times);
  add_case ("mapped", "mdat-first", &good, test_mapped);
  add_case ("mapped", "mdat-last", &mdat_last, test_mapped);
  g_test_add_func ("/mp4-movie/mapped/places", test_mapped_places);
  add_case ("cut-anywhere", "mdat-first", &good, test_cut_anywhere);
  add_case ("cut-anywhere", "mdat-last", &mdat_last, test_cut_anywhere);
  g_test_add_func ("/mp4-movie/damage-anywhere", test_damage_anywhere);
  g_test_add_func ("/mp4-movie/not-mp4", test_not_mp4);
  g_test_add_func ("/mp4-movie/many-tracks", test_many_tracks);
  g_test_add_func ("/mp4-movie/box-sizes", test_box_sizes);
  g_test_add_func ("/mp4-movie/check-boxes", test_check_boxes);
  g_test_add_func ("/mp4-movie/to-ns", test_to_ns);
  return g_test_run ();
}
