/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "movie-duration.h"

#include "box.h"

/* A movie of 1000 ticks a second with a track for each media time that is
 * not 0, 48000 ticks a second. */
typedef struct
{
  const gchar *name;
  guint8 version;          /* of mvhd and elst */
  guint64 duration;
  gint64 media_times[2];
  guint64 mended;          /* 0: nothing is to be done */
} Movie;

static const Movie movies[] = {
  { "no-edits", 0, 5000, { 0, 0 }, 0 },
  { "encoder-delay", 0, 5000, { 1024, 0 }, 5022 },
  { "a-second", 0, 5000, { 48000, 0 }, 6000 },
  { "the-longest", 0, 5000, { 1024, 48000 }, 6000 },
  { "64-bits", 1, G_GUINT64_CONSTANT (5000000000), { 48000, 0 },
      G_GUINT64_CONSTANT (5000001000) },
  { "starts-later", 0, 5000, { -1, 0 }, 0 },
  { "in-fragments", 0, 0, { 1024, 0 }, 0 },
  { "unknown", 0, G_MAXUINT32, { 1024, 0 }, 0 },
  { "unknown-64-bits", 1, G_MAXUINT64, { 1024, 0 }, 0 },
  { "does-not-fit", 0, G_MAXUINT32 - 2, { 1024, 0 }, 0 },
  { "nonsense", 1, 5000, { G_MAXINT64, 0 }, 0 },
};

static void
put_time (HabBoxWriter *writer, guint8 version, guint64 time)
{
  if (version == 1)
    hab_box_put_u64 (writer, time);
  else
    hab_box_put_u32 (writer, (guint32) time);
}

static void
put_header (HabBoxWriter *writer, const gchar *type, guint8 version,
    guint32 timescale, guint64 duration)
{
  hab_box_begin_full (writer, type, version, 0);
  put_time (writer, version, 0);
  put_time (writer, version, 0);
  hab_box_put_u32 (writer, timescale);
  put_time (writer, version, duration);
  hab_box_end (writer);
}

static void
put_track (HabBoxWriter *writer, guint8 version, gint64 media_time)
{
  hab_box_begin (writer, "trak");
  hab_box_begin (writer, "edts");
  hab_box_begin_full (writer, "elst", version, 0);
  hab_box_put_u32 (writer, 1);
  put_time (writer, version, 0);
  put_time (writer, version, media_time);
  hab_box_put_u32 (writer, 0x10000);
  hab_box_end (writer);
  hab_box_end (writer);
  hab_box_begin (writer, "mdia");
  put_header (writer, "mdhd", 0, 48000, 0);
  hab_box_end (writer);
  hab_box_end (writer);
}

static GByteArray *
make_movie (const Movie *movie, guint64 duration)
{
  g_auto (HabBoxWriter) writer = { 0 };

  hab_box_writer_init (&writer);
  hab_box_begin (&writer, "moov");
  put_header (&writer, "mvhd", movie->version, 1000, duration);
  for (guint i = 0; i < G_N_ELEMENTS (movie->media_times); i++) {
    if (movie->media_times[i])
      put_track (&writer, movie->version, movie->media_times[i]);
  }
  hab_box_end (&writer);
  return g_bytes_unref_to_array (hab_box_writer_steal (&writer));
}

static void
test_mend (gconstpointer data)
{
  const Movie *movie = data;
  g_autoptr (GByteArray) bytes = make_movie (movie, movie->duration);
  g_autoptr (GByteArray) wanted = make_movie (movie,
      movie->mended ? movie->mended : movie->duration);

  g_assert_true (hab_movie_duration_mend (bytes->data, bytes->len) ==
      (movie->mended > 0));
  g_assert_cmpmem (bytes->data, bytes->len, wanted->data, wanted->len);
}

/* Whatever is missing or not as it should be, nothing else is touched. */
static void
test_damaged (void)
{
  const Movie *movie = &movies[1];
  g_autoptr (GByteArray) whole = make_movie (movie, movie->duration);

  for (guint size = 0; size < whole->len; size++) {
    g_autofree guint8 *part = g_memdup2 (whole->data, size);

    g_assert_false (hab_movie_duration_mend (part, size));
    g_assert_cmpmem (part, size, whole->data, size);
  }
  for (guint at = 0; at < whole->len; at++) {
    g_autofree guint8 *copy = g_memdup2 (whole->data, whole->len);

    copy[at] ^= 0xff;
    hab_movie_duration_mend (copy, whole->len);
  }
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (movies); i++) {
    g_autofree gchar *path = g_strdup_printf ("/movie-duration/%s",
        movies[i].name);

    g_test_add_data_func (path, &movies[i], test_mend);
  }
  g_test_add_func ("/movie-duration/damaged", test_damaged);
  return g_test_run ();
}
