/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const gchar *const suffixes[] = { ".mp4", ".m4v", ".mov", ".mkv",
  ".webm", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".vob", ".avi", ".flv",
  ".mxf", ".ogv", ".3gp", NULL };

static void
found_file_free (gpointer data)
{
  g_free (((HabFoundFile *) data)->path);
  g_free (data);
}

void
hab_media_walk_free (HabMediaWalk *self)
{
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->folders);
  g_ptr_array_unref (self->unnamed);
  g_free (self);
}

gboolean
hab_media_is_video_name (const gchar *name)
{
  const gchar *dot = strrchr (name, '.');

  for (guint i = 0; dot != NULL && suffixes[i] != NULL; i++)
    if (g_ascii_strcasecmp (dot, suffixes[i]) == 0)
      return TRUE;
  return FALSE;
}

/* A place in the walk. */
typedef struct
{
  HabMediaWalk *walk;
  const gchar *root;
  const gchar *path; /* in it, "" for itself */
  int fd;
  guint depth;
} Place;

static gchar *
join (const gchar *path, const gchar *name)
{
  return *path != '\0' ? g_strconcat (path, "/", name, NULL)
                       : g_strdup (name);
}

static gboolean
is_clean (const gchar *name)
{
  for (const gchar *at = name; *at != '\0'; at++)
    if ((guchar) *at < 0x20 || *at == 0x7f)
      return FALSE;
  return g_utf8_validate (name, -1, NULL);
}

static void
add_unnamed (const Place *place, const gchar *name)
{
  g_autofree gchar *printable = g_strescape (name, NULL);
  g_autofree gchar *path = join (place->path, printable);

  g_ptr_array_add (place->walk->unnamed, join (place->root, path));
}

/* What may not be read is as good as not there. */
static void
add_file (const Place *place, const gchar *name)
{
  HabFoundFile *file;
  struct stat info;

  if (fstatat (place->fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
      !S_ISREG (info.st_mode) ||
      faccessat (place->fd, name, R_OK, AT_EACCESS) < 0)
    return;
  if (place->walk->files->len >= HAB_MEDIA_MAX_FILES) {
    place->walk->whole = FALSE;
    return;
  }
  file = g_new0 (HabFoundFile, 1);
  file->path = join (place->path, name);
  hab_file_stamp_of_stat (&info, &file->stamp);
  g_ptr_array_add (place->walk->files, file);
}

static void walk_folder (Place *place);

static void
enter (const Place *place, const gchar *name)
{
  g_autofree gchar *path = join (place->path, name);
  Place inner = { place->walk, place->root, path, -1, place->depth + 1 };

  if (inner.depth > HAB_MEDIA_MAX_DEPTH)
    return;
  inner.fd = openat (place->fd, name,
      O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (inner.fd >= 0)
    walk_folder (&inner);
}

static gboolean
is_folder (const Place *place, const struct dirent *entry)
{
  struct stat info;

  if (entry->d_type != DT_UNKNOWN)
    return entry->d_type == DT_DIR;
  return fstatat (place->fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISDIR (info.st_mode);
}

static void
take_entry (const Place *place, const struct dirent *entry)
{
  const gchar *name = entry->d_name;
  gboolean folder;

  if (*name == '.')
    return;
  folder = is_folder (place, entry);
  if (!folder && !hab_media_is_video_name (name))
    return;
  if (!is_clean (name))
    add_unnamed (place, name);
  else if (folder)
    enter (place, name);
  else
    add_file (place, name);
}

/* Takes the place's descriptor. */
static void
walk_folder (Place *place)
{
  DIR *stream = fdopendir (place->fd);
  struct dirent *entry;

  if (stream == NULL) {
    close (place->fd);
    return;
  }
  g_ptr_array_add (place->walk->folders,
      g_build_filename (place->root, place->path, NULL));
  while (place->walk->whole && (entry = readdir (stream)) != NULL)
    take_entry (place, entry);
  closedir (stream);
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  const HabFoundFile *one = *(HabFoundFile *const *) a;
  const HabFoundFile *other = *(HabFoundFile *const *) b;

  return strcmp (one->path, other->path);
}

HabMediaWalk *
hab_media_walk (const gchar *folder)
{
  HabMediaWalk *self = g_new0 (HabMediaWalk, 1);
  Place place = { self, folder, "", -1, 0 };

  self->files = g_ptr_array_new_with_free_func (found_file_free);
  self->folders = g_ptr_array_new_with_free_func (g_free);
  self->unnamed = g_ptr_array_new_with_free_func (g_free);
  self->whole = TRUE;
  place.fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (place.fd >= 0)
    walk_folder (&place);
  g_ptr_array_sort (self->files, compare_paths);
  return self;
}
