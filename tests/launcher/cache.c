/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The cache over a data folder of its own, and over another one of the same
 * folder later. */

#include "cache.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIB 1024

typedef struct
{
  gchar *path;
  HabDataDir *dir;
  GHashTable *owners;
  HabCache *cache;
} Fixture;

static void
open_cache (Fixture *self, guint64 max_bytes)
{
  g_autoptr (GError) error = NULL;

  self->dir = hab_data_dir_open (self->path, &error);
  g_assert_no_error (error);
  self->cache = hab_cache_new (self->dir, max_bytes, self->owners);
}

static void
close_cache (Fixture *self)
{
  hab_cache_free (self->cache);
  hab_data_dir_free (self->dir);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->path = g_dir_make_tmp ("hab-cache-XXXXXX", NULL);
  self->owners = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_add (self->owners, (gchar *) "a");
  g_hash_table_add (self->owners, (gchar *) "media-b");
  open_cache (self, 100 * KIB);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_autofree gchar *command = g_strdup_printf ("rm -r %s", self->path);

  close_cache (self);
  g_hash_table_unref (self->owners);
  g_assert_cmpint (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL),
      ==, TRUE);
  g_free (self->path);
}

static void
write_file (Fixture *self, HabFolder folder, const gchar *name, gsize size)
{
  g_autofree gchar *path =
      hab_data_dir_build_folder_path (self->dir, folder, name);
  g_autofree gchar *bytes = g_strnfill (size, 'x');

  g_assert_true (g_file_set_contents (path, bytes, size, NULL));
}

static gboolean
is_on_disk (Fixture *self, const gchar *name)
{
  g_autofree gchar *path =
      hab_data_dir_build_folder_path (self->dir, HAB_FOLDER_CUTS, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
is_there (Fixture *self, const gchar *what)
{
  g_autofree gchar *name = hab_cache_make_name ("a", what);
  int fd = hab_cache_open (self->cache, name);

  if (fd >= 0)
    close (fd);
  g_assert_cmpint (fd >= 0, ==, is_on_disk (self, name));
  return fd >= 0;
}

static void
keep_of (Fixture *self, const gchar *owner, const gchar *what, gsize size)
{
  g_autofree gchar *name = hab_cache_make_name (owner, what);
  g_autoptr (GError) error = NULL;

  hab_cache_begin (self->cache, name);
  write_file (self, HAB_FOLDER_WORK, "draft", size);
  hab_cache_keep (self->cache, name, "draft", &error);
  g_assert_no_error (error);
}

static void
keep (Fixture *self, const gchar *what, gsize size)
{
  keep_of (self, "a", what, size);
}

static HabCacheStatistics
get_statistics (Fixture *self)
{
  HabCacheStatistics statistics;

  hab_cache_get_statistics (self->cache, &statistics);
  return statistics;
}

static gboolean
is_draft_there (Fixture *self)
{
  g_autofree gchar *path =
      hab_data_dir_build_folder_path (self->dir, HAB_FOLDER_WORK, "draft");

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* --- tests -------------------------------------------------------------- */

static void
test_names (void)
{
  static const struct
  {
    const gchar *name, *owner;
  } rows[] = {
    { "a.1.3-3.mp4", "a" },
    { "media-b.1.3-of-1-320.jpg", "media-b" },
    { "a.0.3-3.mp4", NULL },
    { "a-3-3.mp4", NULL },
    { "leftover", NULL },
    { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *owner = hab_cache_get_owner (rows[i].name);

    g_assert_cmpstr (owner, ==, rows[i].owner);
  }
}

/* What was used last stays. */
static void
test_order (Fixture *self, gconstpointer data)
{
  keep (self, "1.jpg", 30 * KIB);
  keep (self, "2.jpg", 30 * KIB);
  keep (self, "3.jpg", 30 * KIB);
  g_assert_true (is_there (self, "1.jpg"));
  keep (self, "4.jpg", 30 * KIB);
  g_assert_false (is_there (self, "2.jpg"));
  g_assert_true (is_there (self, "1.jpg"));
  g_assert_true (is_there (self, "3.jpg"));
  g_assert_true (is_there (self, "4.jpg"));
  g_assert_cmpuint (get_statistics (self).bytes, <=, 100 * KIB);
  g_assert_cmpuint (get_statistics (self).files, ==, 3);
  g_assert_cmpuint (get_statistics (self).evictions, ==, 1);
  g_assert_cmpuint (get_statistics (self).misses, ==, 4);
  g_assert_cmpuint (get_statistics (self).hits, ==, 4);
}

/* A small file takes up a block. */
static void
test_small_files (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 40; i++) {
    g_autofree gchar *what = g_strdup_printf ("%u.jpg", i);

    keep (self, what, 1);
  }
  g_assert_cmpuint (get_statistics (self).files, ==, 25);
  g_assert_true (is_there (self, "39.jpg"));
  g_assert_false (is_there (self, "14.jpg"));
}

/* One that has no room is not kept, and nothing goes for it. */
static void
test_too_large (Fixture *self, gconstpointer data)
{
  keep (self, "1.jpg", KIB);
  keep (self, "2.mp4", 101 * KIB);
  g_assert_false (is_there (self, "2.mp4"));
  g_assert_true (is_there (self, "1.jpg"));
  g_assert_false (is_draft_there (self));
}

/* The order outlives the cache, also where files are used within less than a
 * tick of the clock; and a smaller one keeps those that were used last. */
static void
test_restart (Fixture *self, gconstpointer data)
{
  static const gchar *const uses[] = {
    "3.jpg", "1.jpg", "5.jpg", "2.jpg", "4.jpg"
  };

  for (guint i = 1; i <= 5; i++) {
    g_autofree gchar *what = g_strdup_printf ("%u.jpg", i);

    keep (self, what, 10 * KIB);
  }
  for (guint i = 0; i < G_N_ELEMENTS (uses); i++)
    g_assert_true (is_there (self, uses[i]));
  close_cache (self);

  open_cache (self, 40 * KIB);
  g_assert_cmpuint (get_statistics (self).files, ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (uses); i++)
    g_assert_cmpint (is_there (self, uses[i]), ==, i >= 2);
  /* 5 was used last, 2 before: 4, then 5 went to the front by is_there () */
  keep (self, "6.jpg", 10 * KIB);
  g_assert_false (is_there (self, "5.jpg"));
  g_assert_true (is_there (self, "4.jpg"));
}

/* What is no file of this version and of an input that is there goes. */
static void
test_leftovers (Fixture *self, gconstpointer data)
{
  g_autofree gchar *folder =
      hab_data_dir_build_folder_path (self->dir, HAB_FOLDER_CUTS, "a.1.dir");

  keep (self, "1.jpg", KIB);
  keep_of (self, "media-b", "1.jpg", KIB);
  write_file (self, HAB_FOLDER_CUTS, "a.0.2.jpg", KIB);
  write_file (self, HAB_FOLDER_CUTS, "c.1.2.jpg", KIB);
  write_file (self, HAB_FOLDER_CUTS, "a.1.empty.jpg", 0);
  write_file (self, HAB_FOLDER_CUTS, "stray", KIB);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  close_cache (self);

  open_cache (self, 100 * KIB);
  g_assert_cmpuint (get_statistics (self).files, ==, 2);
  g_assert_true (is_there (self, "1.jpg"));
  g_assert_true (is_on_disk (self, "media-b.1.1.jpg"));
  g_assert_false (is_on_disk (self, "a.0.2.jpg"));
  g_assert_false (is_on_disk (self, "c.1.2.jpg"));
  g_assert_false (is_on_disk (self, "a.1.empty.jpg"));
  g_assert_false (is_on_disk (self, "stray"));
  g_assert_false (is_on_disk (self, "a.1.dir"));
}

/* With its input goes what is there, and what is being made then is not
 * kept. */
static void
test_forget (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  keep (self, "1.jpg", KIB);
  keep_of (self, "media-b", "1.jpg", KIB);
  hab_cache_begin (self->cache, "a.1.2.jpg");
  hab_cache_begin (self->cache, "media-b.1.2.jpg");
  hab_cache_forget (self->cache, "a");
  g_assert_false (is_there (self, "1.jpg"));

  write_file (self, HAB_FOLDER_WORK, "draft", KIB);
  hab_cache_keep (self->cache, "a.1.2.jpg", "draft", &error);
  g_assert_no_error (error);
  g_assert_false (is_there (self, "2.jpg"));
  g_assert_false (is_draft_there (self));

  write_file (self, HAB_FOLDER_WORK, "draft", KIB);
  hab_cache_keep (self->cache, "media-b.1.2.jpg", "draft", &error);
  g_assert_true (is_on_disk (self, "media-b.1.2.jpg"));
  g_assert_cmpuint (get_statistics (self).files, ==, 2);
}

/* A descriptor stays good when its file goes; the file that was removed by
 * hand is not there. */
static void
test_open_files (Fixture *self, gconstpointer data)
{
  gchar byte;
  int fd;

  keep (self, "1.jpg", 90 * KIB);
  fd = hab_cache_open (self->cache, "a.1.1.jpg");
  keep (self, "2.jpg", 90 * KIB);
  g_assert_false (is_there (self, "1.jpg"));
  g_assert_cmpint (pread (fd, &byte, 1, 90 * KIB - 1), ==, 1);
  close (fd);
  hab_data_dir_remove (self->dir, HAB_FOLDER_CUTS, "a.1.2.jpg");
  g_assert_false (is_there (self, "2.jpg"));
  g_assert_cmpuint (get_statistics (self).bytes, ==, 0);
}

/* Where the power went before all of it was on the disk. */
static void
test_not_stored (Fixture *self, gconstpointer data)
{
  g_autofree gchar *path = NULL;
  struct stat info;

  keep (self, "1.jpg", KIB);
  keep (self, "2.jpg", KIB);
  close_cache (self);
  path = g_build_filename (self->path, "cuts", "a.1.2.jpg", NULL);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & ALLPERMS, ==, 0400);
  g_assert_cmpint (chmod (path, 0600), ==, 0);
  open_cache (self, 100 * KIB);
  g_assert_true (is_there (self, "1.jpg"));
  g_assert_false (is_there (self, "2.jpg"));
  g_assert_cmpuint (get_statistics (self).files, ==, 1);
}

static void
test_check_file (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const gchar *name, *bytes;
    gsize size;
    gboolean whole;
  } rows[] = {
    { "1.jpg", "\xff\xd8\xff\xe0....\xff\xd9", 10, TRUE },
    { "1.jpg", "\xff\xd8\xff\xe0....\xff", 9, FALSE },
    { "1.jpg", "\0\0\0\0\0\0\0\0", 8, FALSE },
    { "1.jpg", "", 0, FALSE },
    { "1.mp4", "\0\0\0\x08" "ftyp\0\0\0\x0a" "mdat..", 18, TRUE },
    { "1.mp4", "\0\0\0\x08" "ftyp\0\0\0\x0a" "mdat.", 17, FALSE },
    { "1.mp4", "\0\0\0\x08" "ftyp\0\0\0\x01" "mdat\0\0\0\0\0\0\0\x11.", 25,
        TRUE },
    { "1.mp4", "\0\0\0\x08" "ftyp\0\0\0\x01" "mdat\xff\xff\xff\xff\xff\xff\xff"
        "\xff.", 25, FALSE },
    { "1.mp4", "\0\0\0\x08" "ftyp\0\0\0\x07" "mdat", 16, FALSE },
    { "1.mp4", "\0\0\0\x08" "free", 8, FALSE },
    { "1.json", "[\n]\n", 4, TRUE },
    { "1.json", "[\n{\"", 4, FALSE },
    { "1.txt", "text", 4, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path =
        hab_data_dir_build_folder_path (self->dir, HAB_FOLDER_WORK, "file");
    g_autoptr (GError) error = NULL;
    int fd;

    g_assert_true (
        g_file_set_contents (path, rows[i].bytes, rows[i].size, NULL));
    fd = open (path, O_RDONLY | O_CLOEXEC);
    g_test_message ("row %u", i);
    g_assert_cmpint (hab_cache_check_file (fd, rows[i].name, &error), ==,
        rows[i].whole);
    g_assert_cmpint (error == NULL, ==, rows[i].whole);
    close (fd);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cache/names", test_names);
#define ADD(name, func) \
  g_test_add ("/cache/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("order", test_order);
  ADD ("small-files", test_small_files);
  ADD ("too-large", test_too_large);
  ADD ("restart", test_restart);
  ADD ("leftovers", test_leftovers);
  ADD ("forget", test_forget);
  ADD ("open-files", test_open_files);
  ADD ("not-stored", test_not_stored);
  ADD ("check-file", test_check_file);
#undef ADD
  return g_test_run ();
}
