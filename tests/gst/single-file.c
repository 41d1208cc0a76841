/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "single-file.h"

#include "dash-track.h"
#include "hls.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define N_SEGMENTS 3

static const gchar init[] = "init segment";

static guint32
get_u32 (const gchar *data, gsize offset)
{
  guint32 value;

  memcpy (&value, data + offset, 4);
  return GUINT32_FROM_BE (value);
}

static void
write_segments (HabSingleFile *file)
{
  for (guint i = 0; i < N_SEGMENTS; i++) {
    gchar chunk[] = "chunk";

    /* Of i + 1 chunks, numbered. */
    for (guint j = 0; j <= i; j++) {
      struct iovec vectors[2] = { { chunk, 5 }, { chunk, 1 } };

      g_assert_true (hab_single_file_write (file, vectors, 2, NULL));
    }
    hab_single_file_end_segment (file);
  }
}

/* What a player does: from the index to the segments. */
static void
check_file (const gchar *path, const HabSingleFileLayout *layout)
{
  g_autofree gchar *data = NULL;
  gsize size, at;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_cmpuint (layout->init_size, ==, sizeof init);
  g_assert_cmpmem (data, sizeof init, init, sizeof init);
  g_assert_cmpmem (data + layout->index_offset + 4, 4, "sidx", 4);
  g_assert_cmpuint (get_u32 (data, layout->index_offset), ==,
      layout->index_size);
  at = layout->index_offset + layout->index_size +
      get_u32 (data, layout->index_offset + 32);
  g_assert_cmpuint (at, ==, layout->segments_offset);
  for (guint i = 0; i < N_SEGMENTS; i++) {
    gsize entry = layout->index_offset + 40 + 12 * i;

    g_assert_cmpuint (get_u32 (data, entry), ==, 6 * (i + 1));
    g_assert_cmpuint (get_u32 (data, entry + 4), ==, 100 + i);
    g_assert_cmpmem (data + at, 6, "chunkc", 6);
    at += get_u32 (data, entry);
  }
  g_assert_cmpuint (at, ==, size);
}

static void
test_room (gconstpointer data)
{
  guint expected = GPOINTER_TO_UINT (data);
  g_autofree gchar *folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  g_autofree gchar *path = g_build_filename (folder, "video.mp4", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) durations = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (HabSingleFile) file = hab_single_file_new (folder, "video.mp4",
      init, sizeof init, expected, &error);
  HabSingleFileLayout layout;

  g_assert_no_error (error);
  write_segments (file);
  for (guint32 i = 0; i < N_SEGMENTS; i++) {
    guint32 duration = 100 + i;

    g_array_append_val (durations, duration);
  }
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  hab_single_file_commit (file, 1000, 0, durations, FALSE, &layout, &error);
  g_assert_no_error (error);
  check_file (path, &layout);
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* Segments of 1.5 GiB each: offsets go on behind 4 GiB, in the playlist, too. */
static void
test_above_4_gib (void)
{
  const guint64 size = G_GUINT64_CONSTANT (3) << 29;
  const HabSingleFileLayout layout = { 800, 800, 200, 1000 };
  HabRepresentation *rep = hab_representation_new ("video_0",
      HAB_MEDIA_VIDEO);
  const HabPresentation vod = { .sets = NULL };
  g_autofree gchar *playlist = NULL, *range = NULL;

  rep->timescale = 1000;
  for (guint64 i = 0; i < 4; i++) {
    HabSegment segment = { .time = i * 4000, .duration = 4000, .size = size };

    g_array_append_val (rep->segments, segment);
  }
  hab_dash_track_set_single_file (rep, &layout);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (hab_representation_get_segment (rep, i)->offset, ==,
        1000 + i * size);
  playlist = hab_hls_write_media (&vod, rep, NULL);
  range = g_strdup_printf ("#EXT-X-BYTERANGE:%" G_GUINT64_FORMAT "@%"
      G_GUINT64_FORMAT "\n", size, 1000 + 3 * size);
  g_assert_nonnull (strstr (playlist, range));
  hab_representation_free (rep);
}

/* Ten segments of 500 MB, each with its number in front, in a file that has to
 * be begun anew when the index is known. */
static void
test_5_gb (void)
{
  enum { SIZE = 500000000, PIECES = 10, SEGMENTS = 10 };
  g_autofree guint8 *piece = NULL;
  g_autofree gchar *folder = NULL, *path = NULL;
  g_autoptr (GArray) durations = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GError) error = NULL;
  HabSingleFileLayout layout;
  HabSingleFile *file;
  guint8 number;
  int fd;

  if (!g_test_slow ()) {
    g_test_skip ("writes 10 GB");
    return;
  }
  piece = g_malloc0 (SIZE / PIECES);
  folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  path = g_build_filename (folder, "video.mp4", NULL);
  file = hab_single_file_new (folder, "video.mp4", init, sizeof init, 0,
      &error);
  g_assert_no_error (error);
  for (guint32 i = 0; i < SEGMENTS; i++) {
    for (guint j = 0; j < PIECES; j++) {
      struct iovec vector = { piece, SIZE / PIECES };

      piece[0] = j == 0 ? i + 1 : 0;
      g_assert_true (hab_single_file_write (file, &vector, 1, NULL));
    }
    hab_single_file_end_segment (file);
    g_array_append_val (durations, i);
  }
  hab_single_file_commit (file, 1000, 0, durations, FALSE, &layout, &error);
  g_assert_no_error (error);
  hab_single_file_free (file);

  fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  for (guint64 i = 0; i < SEGMENTS; i++) {
    g_assert_cmpint (pread (fd, &number, 1, layout.segments_offset + i * SIZE),
        ==, 1);
    g_assert_cmpuint (number, ==, i + 1);
  }
  g_assert_cmpint (lseek (fd, 0, SEEK_END), ==,
      layout.segments_offset + G_GUINT64_CONSTANT (1) * SEGMENTS * SIZE);
  g_close (fd, NULL);
  g_unlink (path);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_given_up (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  HabSingleFile *file = hab_single_file_new (folder, "video.mp4", init,
      sizeof init, 10, NULL);

  write_segments (file);
  hab_single_file_free (file);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/single-file/room-left", GUINT_TO_POINTER (100),
      test_room);
  g_test_add_data_func ("/single-file/room-exact",
      GUINT_TO_POINTER (N_SEGMENTS), test_room);
  g_test_add_data_func ("/single-file/too-little-for-a-free-box",
      GUINT_TO_POINTER (N_SEGMENTS - 1), test_room);
  g_test_add_data_func ("/single-file/no-room", GUINT_TO_POINTER (0),
      test_room);
  g_test_add_func ("/single-file/above-4-gib", test_above_4_gib);
  g_test_add_func ("/single-file/5-gb", test_5_gb);
  g_test_add_func ("/single-file/given-up", test_given_up);
  return g_test_run ();
}
