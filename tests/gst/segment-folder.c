/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segment-folder.h"

#include <glib/gstdio.h>

static const struct
{
  const gchar *name;
  gboolean stays;
} files[] = {
  { "1.m4s", FALSE },
  { "4294967295.m4s", FALSE },
  { "init.mp4", FALSE },
  { "track.mp4", FALSE },
  { "playlist.m3u8", FALSE },
  { "iframes.m3u8", FALSE },
  { ".2.m4s.part", FALSE },
  { ".track.mp4.part.new", FALSE },
  { ".playlist.m3u8.part", FALSE },
  { ".m4s", TRUE },
  { "x1.m4s", TRUE },
  { "1.m4s.bak", TRUE },
  { "1.mp4", TRUE },
  { ".part", TRUE },
  { ".notes.part", TRUE },
  { "holiday.mp4", TRUE },
};

static void
test_clean (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree gchar *path = g_build_filename (folder, files[i].name, NULL);

    g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  }
  g_assert_true (hab_segment_folder_clean (folder, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree gchar *path = g_build_filename (folder, files[i].name, NULL);

    g_test_message ("%s", files[i].name);
    g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==,
        files[i].stays);
    g_unlink (path);
  }
  g_rmdir (folder);
}

static void
test_no_folder (void)
{
  g_assert_true (hab_segment_folder_clean ("/nonexistent/video_0", NULL));
}

static void
test_obstacle (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("haberdash-XXXXXX", NULL);
  g_autofree gchar *obstacle = g_build_filename (folder, "1.m4s", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (obstacle, 0777), ==, 0);
  g_assert_false (hab_segment_folder_clean (folder, &error));
  g_assert_nonnull (error);
  g_rmdir (obstacle);
  g_rmdir (folder);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/segment-folder/clean", test_clean);
  g_test_add_func ("/segment-folder/no-folder", test_no_folder);
  g_test_add_func ("/segment-folder/obstacle", test_obstacle);
  return g_test_run ();
}
