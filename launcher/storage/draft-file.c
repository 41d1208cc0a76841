/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "draft-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media.h"

/* Names that are tried for what is to be renamed. */
#define MAX_TRIES 100

struct _HabDraftFile
{
  gchar *target;
  gchar *folder;
  gchar *name; /* in folder, or NULL while it has none */
  int fd;
  gchar *path; /* of fd */
};

static gboolean
fail (GError **error, const gchar *path, int code)
{
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_SPACE,
      "%s cannot be written: %s", path, g_strerror (code));
  return FALSE;
}

/* What a symbolic link leads to is what is replaced. (transfer full) */
static gchar *
resolve (const gchar *path)
{
  char *resolved = realpath (path, NULL);
  gchar *result = g_strdup (resolved != NULL ? resolved : path);

  free (resolved);
  return result;
}

static gboolean
check_target (const gchar *path, GError **error)
{
  struct stat status;

  if (stat (path, &status) < 0)
    return errno == ENOENT || fail (error, path, errno);
  if (S_ISREG (status.st_mode))
    return TRUE;
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_SPACE,
      "%s is there and no regular file", path);
  return FALSE;
}

static gchar *
make_template (const HabDraftFile *self)
{
  return g_build_filename (self->folder, ".haberdash-XXXXXX", NULL);
}

/* Where file systems have no files without a name. */
static int
open_named (HabDraftFile *self)
{
  self->name = make_template (self);
  return g_mkstemp_full (self->name, O_RDWR | O_CLOEXEC, 0666);
}

HabDraftFile *
hab_draft_file_new (const gchar *path, GError **error)
{
  g_autoptr (HabDraftFile) self = g_new0 (HabDraftFile, 1);

  self->target = resolve (path);
  self->folder = g_path_get_dirname (self->target);
  self->fd = -1;
  if (!check_target (self->target, error))
    return NULL;
  self->fd = open (self->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  if (self->fd < 0)
    self->fd = open_named (self);
  if (self->fd < 0) {
    fail (error, path, errno);
    g_clear_pointer (&self->name, g_free);
    return NULL;
  }
  self->path = g_strdup_printf ("/proc/self/fd/%d", self->fd);
  return g_steal_pointer (&self);
}

void
hab_draft_file_free (HabDraftFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->name != NULL)
    unlink (self->name);
  g_free (self->name);
  g_free (self->path);
  g_free (self->folder);
  g_free (self->target);
  g_free (self);
}

const gchar *
hab_draft_file_get_path (const HabDraftFile *self)
{
  return self->path;
}

/* A link cannot take the place of a file; a name beside it that is renamed
 * can. */
static gboolean
give_name (HabDraftFile *self)
{
  for (guint i = 0; self->name == NULL && i < MAX_TRIES; i++) {
    g_autofree gchar *name = g_strdup_printf ("%s/.haberdash-%08x",
        self->folder, g_random_int ());

    if (linkat (AT_FDCWD, self->path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
      self->name = g_steal_pointer (&name);
    else if (errno != EEXIST)
      return FALSE;
  }
  return self->name != NULL;
}

static void
keep_permissions (const HabDraftFile *self)
{
  struct stat status;

  if (stat (self->target, &status) == 0)
    fchmod (self->fd, status.st_mode & 0777);
}

gboolean
hab_draft_file_commit (HabDraftFile *self, GError **error)
{
  keep_permissions (self);
  if (!give_name (self) || rename (self->name, self->target) < 0)
    return fail (error, self->target, errno);
  g_clear_pointer (&self->name, g_free);
  return TRUE;
}
