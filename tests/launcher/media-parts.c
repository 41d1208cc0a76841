/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Media folders: what a walk finds, what it means for what is known. */

#include <glib/gstdio.h>
#include <string.h>

#include "media-look.h"

static void
test_names (void)
{
  static const struct
  {
    const gchar *name;
    gboolean video;
  } rows[] = {
    { "a.mp4", TRUE }, { "A.MP4", TRUE }, { "a.b.mkv", TRUE },
    { "a.m2ts", TRUE }, { "mp4", FALSE }, { "a.mp4.part", FALSE },
    { "a.", FALSE }, { "", FALSE }, { "a.txt", FALSE }, { "a.mp", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (hab_media_is_video_name (rows[i].name), ==,
        rows[i].video);
}

/* --- a look -------------------------------------------------------------- */

#define NOW_NS (G_GINT64_CONSTANT (1700000000) * 1000000000)

/* Files as words: "PATH=INODE", with a ! in front where it is missing, a + in
 * front where it was written to just now. */
static HabMediaWalk *
make_walk (const gchar *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  HabMediaWalk *walk = hab_media_walk ("/nowhere/at/all");

  walk->whole = TRUE;
  for (gchar **word = words; *word != NULL && **word != '\0'; word++) {
    const gchar *path = *word + (**word == '+');
    const gchar *equals = strchr (path, '=');
    HabFoundFile *file = g_new0 (HabFoundFile, 1);

    file->path = g_strndup (path, equals - path);
    file->stamp.inode = g_ascii_strtoull (equals + 1, NULL, 10);
    file->stamp.mtime_ns = **word == '+' ? NOW_NS : 1000;
    g_ptr_array_add (walk->files, file);
  }
  return walk;
}

static GPtrArray *
make_known (const gchar *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  GPtrArray *known = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_folder_file_free);

  for (gchar **word = words; *word != NULL && **word != '\0'; word++) {
    const gchar *path = *word + (**word == '!');
    const gchar *equals = strchr (path, '=');
    HabFolderFile *file = g_new0 (HabFolderFile, 1);

    file->file = g_strndup (path, equals - path);
    file->name = g_strconcat ("films/", file->file, NULL);
    file->storage = g_strdup (file->file);
    file->folder = g_strdup ("/films");
    file->missing = **word == '!';
    file->stamp.inode = g_ascii_strtoull (equals + 1, NULL, 10);
    file->stamp.mtime_ns = 1000;
    g_ptr_array_add (known, file);
  }
  return known;
}

static gchar *
describe (const HabMediaLook *look)
{
  static const gchar marks[] = {
    [HAB_MEDIA_MISSING] = '-',
    [HAB_MEDIA_REPLACED] = '#',
    [HAB_MEDIA_PRESENT] = '>',
  };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < look->changes->len; i++) {
    const HabMediaChange *change = look->changes->pdata[i];

    g_assert_cmpint (change->file->missing, ==,
        change->kind == HAB_MEDIA_MISSING);
    g_string_append_printf (text, "%s%c%s ", change->file->storage,
        marks[change->kind],
        change->kind == HAB_MEDIA_PRESENT ? change->file->name : "");
  }
  for (guint i = 0; i < look->candidates->len; i++)
    g_string_append_printf (text, "*%s ",
        ((HabFolderFile *) look->candidates->pdata[i])->name);
  return g_strchomp (g_string_free (text, FALSE));
}

static void
test_look (void)
{
  static const struct
  {
    const gchar *known, *found, *expected;
    gboolean unsettled;
  } rows[] = {
    { "", "", "", FALSE },
    { "", "a=1 d/b=2", "*films/a *films/d/b", FALSE },
    { "a=1", "a=1", "", FALSE },
    { "a=1", "", "a-", FALSE },
    { "!a=1", "", "", FALSE },
    { "!a=1", "a=1", "a>films/a", FALSE },
    { "a=1", "a=2", "a# *films/a", FALSE },
    { "!a=1", "a=2", "a# *films/a", FALSE },
    /* moved, also when it was missing in between */
    { "a=1", "d/a=1", "a>films/d/a", FALSE },
    { "!a=1", "b=1", "a>films/b", FALSE },
    /* one moved over another */
    { "a=1 b=2", "b=1", "b# a>films/b", FALSE },
    /* a second name is another file; one of two names went */
    { "a=1", "a=1 b=1", "*films/b", FALSE },
    { "a=1 b=1", "b=1", "a-", FALSE },
    /* two swapped names are two new files */
    { "a=1 b=2", "a=2 b=1", "a# b# *films/a *films/b", FALSE },
    /* still being written */
    { "", "+a=1", "", TRUE },
    { "a=1", "+a=1", "a#", TRUE },
    { "a=1 b=2", "a=1 b=2 +c=3", "", TRUE },
  };
  HabMediaDir dir = { (gchar *) "films", (gchar *) "/films" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (HabMediaLook) look = hab_media_look_new ();
    g_autoptr (HabMediaWalk) walk = make_walk (rows[i].found);
    g_autoptr (GPtrArray) known = make_known (rows[i].known);
    g_autofree gchar *text = NULL;

    g_test_message ("%s | %s", rows[i].known, rows[i].found);
    hab_media_look_compare (look, &dir, walk, known, NOW_NS + 1);
    text = describe (look);
    g_assert_cmpstr (text, ==, rows[i].expected);
    g_assert_cmpint (look->unsettled, ==, rows[i].unsettled);
  }
}

/* What was not seen of a folder with too much in it is not missing; nor is
 * what is in another folder; and a folder may get another name. */
static void
test_look_elsewhere (void)
{
  HabMediaDir dir = { (gchar *) "films", (gchar *) "/films" };
  HabMediaDir other = { (gchar *) "other", (gchar *) "/other" };
  HabMediaDir renamed = { (gchar *) "movies", (gchar *) "/films" };
  g_autoptr (GPtrArray) known = make_known ("a=1");
  g_autoptr (HabMediaWalk) nothing = make_walk ("");
  g_autoptr (HabMediaWalk) same = make_walk ("a=1");
  g_autoptr (HabMediaLook) look = hab_media_look_new ();
  g_autofree gchar *text = NULL;

  nothing->whole = FALSE;
  hab_media_look_compare (look, &dir, nothing, known, NOW_NS);
  nothing->whole = TRUE;
  hab_media_look_compare (look, &other, nothing, known, NOW_NS);
  g_assert_cmpint (look->changes->len, ==, 0);
  hab_media_look_compare (look, &renamed, same, known, NOW_NS);
  text = describe (look);
  g_assert_cmpstr (text, ==, "a>movies/a");
}

/* --- options ------------------------------------------------------------- */

static void
test_dirs (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *top = g_dir_make_tmp ("haberdash-media-XXXXXX", &error);
  g_autofree gchar *data = g_build_filename (top, "data", NULL);
  g_autofree gchar *odd = g_build_filename (top, "a=b", NULL);
  g_autofree gchar *named = g_strconcat ("films=", odd, NULL);
  const gchar *const good[] = { named, NULL };
  const gchar *const unnamed[] = { odd, NULL };
  const gchar *const empty[] = { "", NULL };
  g_autoptr (GPtrArray) dirs = NULL;
  const HabMediaDir *dir;

  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir (odd, 0700), ==, 0);
  dirs = hab_media_dirs_read (good, data, &error);
  g_assert_no_error (error);
  g_assert_cmpint (dirs->len, ==, 1);
  dir = dirs->pdata[0];
  g_assert_cmpstr (dir->name, ==, "films");
  g_assert_cmpstr (dir->path, ==, odd);
  g_clear_pointer (&dirs, g_ptr_array_unref);

  dirs = hab_media_dirs_read (NULL, data, &error);
  g_assert_cmpint (dirs->len, ==, 0);
  g_assert_null (hab_media_dirs_read (unnamed, data, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (hab_media_dirs_read (empty, data, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_rmdir (odd);
  g_rmdir (top);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media/names", test_names);
  g_test_add_func ("/media/look", test_look);
  g_test_add_func ("/media/look-elsewhere", test_look_elsewhere);
  g_test_add_func ("/media/dirs", test_dirs);
  return g_test_run ();
}
