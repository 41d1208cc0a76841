/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "output-file.h"

#include <glib/gstdio.h>
#include <string.h>

static gchar *
new_folder (void)
{
  g_autoptr (GError) error = NULL;
  gchar *folder = g_dir_make_tmp ("haberdash-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static guint
count_files (const gchar *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

static void
test_whole_or_nothing (void)
{
  g_autofree gchar *folder = new_folder ();
  g_autofree gchar *path = g_build_filename (folder, "a.m4s", NULL);
  g_autofree gchar *contents = NULL;
  gchar text[] = "some";
  struct iovec vector = { text, 4 };
  HabOutputFile *file = hab_output_file_new (folder, "a.m4s", NULL);

  g_assert_true (hab_output_file_write (file, &vector, 1, NULL));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  hab_output_file_free (file);
  g_assert_cmpuint (count_files (folder), ==, 0);

  g_assert_true (hab_output_file_put (folder, "a.m4s", "all", 3, TRUE, NULL));
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "all");
  g_assert_cmpuint (count_files (folder), ==, 1);
  g_unlink (path);
  g_rmdir (folder);
}

static GPtrArray *
new_files (const gchar *folder)
{
  static const gchar *names[] = { "1", "2", "3" };
  GPtrArray *files = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_output_file_free);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar text[] = "text";
    struct iovec vector = { text, 4 };
    HabOutputFile *file = hab_output_file_new (folder, names[i], NULL);

    g_assert_true (hab_output_file_write (file, &vector, 1, NULL));
    hab_output_file_begin_storing (file);
    g_ptr_array_add (files, file);
  }
  return files;
}

static void
assert_exists (const gchar *folder, const gchar *name, gboolean exists)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, exists);
  g_unlink (path);
}

static void
test_together (void)
{
  g_autofree gchar *folder = new_folder ();
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  GPtrArray *files = new_files (folder);

  g_assert_true (hab_output_files_commit (none, NULL));
  g_assert_true (hab_output_files_commit (files, NULL));
  g_ptr_array_unref (files);
  for (gchar name[] = "1"; name[0] <= '3'; name[0]++)
    assert_exists (folder, name, TRUE);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* What has its name keeps it, of the others nothing is left. */
static void
test_together_until_one_fails (void)
{
  g_autofree gchar *folder = new_folder ();
  g_autofree gchar *part = g_build_filename (folder, ".2.part", NULL);
  g_autoptr (GError) error = NULL;
  GPtrArray *files = new_files (folder);

  g_unlink (part);
  g_assert_false (hab_output_files_commit (files, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_ptr_array_unref (files);
  assert_exists (folder, "1", TRUE);
  assert_exists (folder, "3", FALSE);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* More vectors than one call of the system takes. */
static void
test_many_vectors (void)
{
  const guint n = 5000;
  g_autofree gchar *folder = new_folder ();
  g_autofree gchar *path = g_build_filename (folder, "b", NULL);
  g_autofree struct iovec *vectors = g_new (struct iovec, n);
  g_autofree gchar *contents = NULL;
  g_autoptr (HabOutputFile) file = hab_output_file_new (folder, "b", NULL);
  gchar letters[] = "0123456789";
  gsize size;

  for (guint i = 0; i < n; i++)
    vectors[i] = (struct iovec){ letters + i % 10, 1 };
  g_assert_true (hab_output_file_write (file, vectors, n, NULL));
  g_assert_true (hab_output_file_commit (file, FALSE, NULL));
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  g_assert_cmpuint (size, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (contents[i], ==, letters[i % 10]);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hab_output_file_new ("/nonexistent", "a", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_null (hab_output_file_new ("/dev/null", "a", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
}

static void
test_folder (void)
{
  g_autofree gchar *folder = new_folder ();
  g_autofree gchar *above = g_build_filename (folder, "a", NULL);
  g_autofree gchar *path = g_build_filename (above, "b", NULL);
  g_autofree gchar *file = g_build_filename (path, "file", NULL);
  g_autofree gchar *below = g_build_filename (file, "c", NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    g_assert_true (hab_output_folder_make (path, TRUE, NULL));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_false (hab_output_folder_make (below, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_true (hab_output_folder_make (".", TRUE, NULL));
  g_assert_false (hab_output_folder_make ("", FALSE, &error));
  g_assert_nonnull (error);

  g_unlink (file);
  g_rmdir (path);
  g_rmdir (above);
  g_rmdir (folder);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/output-file/whole-or-nothing", test_whole_or_nothing);
  g_test_add_func ("/output-file/together", test_together);
  g_test_add_func ("/output-file/together-until-one-fails",
      test_together_until_one_fails);
  g_test_add_func ("/output-file/many-vectors", test_many_vectors);
  g_test_add_func ("/output-file/folder", test_folder);
  g_test_add_func ("/output-file/errors", test_errors);
  return g_test_run ();
}
