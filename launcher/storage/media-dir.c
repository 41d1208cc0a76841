/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_LETTERS \
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

void
hab_media_dir_free (HabMediaDir *dir)
{
  g_free (dir->name);
  g_free (dir->path);
  g_free (dir);
}

static gboolean
fail (GError **error, const gchar *text, const gchar *why)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "--media-dir %s: %s", text, why);
  return FALSE;
}

/* --- one ---------------------------------------------------------------- */

/* (nullable): absolute and without links. */
static gchar *
resolve (const gchar *path)
{
  char *real = realpath (path, NULL);
  gchar *copy = g_strdup (real);

  free (real);
  return copy;
}

/* The length of what is before the = where that can be a name; else 0: a folder
 * may have one in its own name, too, as in ./a=b. */
static gsize
measure_name (const gchar *text)
{
  gsize length = strspn (text, NAME_LETTERS);

  return text[length] == '=' ? length : 0;
}

static gboolean
check_folder (const gchar *text, const HabMediaDir *dir, GError **error)
{
  struct stat info;

  if (dir->path == NULL || stat (dir->path, &info) < 0)
    return fail (error, text, g_strerror (errno));
  if (!S_ISDIR (info.st_mode))
    return fail (error, text, "this is not a folder");
  if (access (dir->path, R_OK | X_OK) < 0)
    return fail (error, text, g_strerror (errno));
  if (!g_utf8_validate (dir->path, -1, NULL))
    return fail (error, text, "its path is not UTF-8");
  return TRUE;
}

static HabMediaDir *
read_one (const gchar *text, GError **error)
{
  g_autoptr (HabMediaDir) dir = g_new0 (HabMediaDir, 1);
  gsize length = measure_name (text);

  dir->path = resolve (length > 0 ? text + length + 1 : text);
  if (!check_folder (text, dir, error))
    return NULL;
  dir->name = length > 0 ? g_strndup (text, length)
                         : g_path_get_basename (dir->path);
  if (*dir->name != '.' && strspn (dir->name, NAME_LETTERS) ==
      strlen (dir->name))
    return g_steal_pointer (&dir);
  fail (error, text, "give it a name of letters, digits, dots, dashes and "
      "underscores, such as --media-dir films=/srv/films");
  return NULL;
}

/* --- and the others ----------------------------------------------------- */

static gboolean
is_within (const gchar *path, const gchar *folder)
{
  gsize length = strlen (folder);

  return g_str_has_prefix (path, folder) &&
      (path[length] == '\0' || path[length] == '/' ||
          g_str_has_suffix (folder, "/"));
}

static gboolean
overlap (const gchar *one, const gchar *other)
{
  return is_within (one, other) || is_within (other, one);
}

static gboolean
check_others (const gchar *text, const HabMediaDir *dir, GPtrArray *others,
    const gchar *data_dir, GError **error)
{
  g_autofree gchar *real_data_dir = resolve (data_dir);

  if (overlap (dir->path, real_data_dir != NULL ? real_data_dir : data_dir))
    return fail (error, text, "the data folder and a media folder may not be "
        "one in the other");
  for (guint i = 0; i < others->len; i++) {
    const HabMediaDir *other = g_ptr_array_index (others, i);

    if (overlap (dir->path, other->path))
      return fail (error, text, "it is one, in one or around one that was "
          "given already");
    if (g_str_equal (dir->name, other->name))
      return fail (error, text, "another one has this name: give it one of its "
          "own, such as --media-dir films=/srv/films");
  }
  return TRUE;
}

GPtrArray *
hab_media_dirs_read (const gchar *const *texts, const gchar *data_dir,
    GError **error)
{
  g_autoptr (GPtrArray) dirs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_media_dir_free);

  for (; texts != NULL && *texts != NULL; texts++) {
    g_autoptr (HabMediaDir) dir = read_one (*texts, error);

    if (dir == NULL || !check_others (*texts, dir, dirs, data_dir, error))
      return NULL;
    g_ptr_array_add (dirs, g_steal_pointer (&dir));
  }
  return g_steal_pointer (&dirs);
}
