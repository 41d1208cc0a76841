/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-look.h"

static void
change_free (gpointer data)
{
  HabMediaChange *change = data;

  hab_folder_file_free (change->file);
  g_free (change);
}

HabMediaLook *
hab_media_look_new (void)
{
  HabMediaLook *self = g_new0 (HabMediaLook, 1);

  self->changes = g_ptr_array_new_with_free_func (change_free);
  self->candidates = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_folder_file_free);
  return self;
}

void
hab_media_look_free (HabMediaLook *self)
{
  g_ptr_array_unref (self->changes);
  g_ptr_array_unref (self->candidates);
  g_free (self);
}

/* One folder, while it is compared. */
typedef struct
{
  HabMediaLook *look;
  const HabMediaDir *dir;
  gint64 now_ns;
  GHashTable *found; /* path -> HabFoundFile that nobody claims yet */
  GPtrArray *lost;   /* of const HabFolderFile: known, and not where it was */
} Folder;

static gchar *
make_name (const HabMediaDir *dir, const gchar *path)
{
  return g_strconcat (dir->name, "/", path, NULL);
}

static HabMediaChange *
add_change (Folder *self, HabMediaChangeKind kind, const HabFolderFile *file)
{
  HabMediaChange *change = g_new0 (HabMediaChange, 1);

  change->kind = kind;
  change->file = hab_folder_file_copy (file);
  change->file->missing = kind == HAB_MEDIA_MISSING;
  g_ptr_array_add (self->look->changes, change);
  return change;
}

static void
place (Folder *self, const HabFolderFile *known, const gchar *path)
{
  HabFolderFile *file = add_change (self, HAB_MEDIA_PRESENT, known)->file;

  g_free (file->name);
  g_free (file->file);
  file->name = make_name (self->dir, path);
  file->file = g_strdup (path);
}

/* Of the future by a clock that is wrong, it will not settle. */
static gboolean
is_settled (Folder *self, const HabFoundFile *found)
{
  gint64 age_ns = self->now_ns - found->stamp.mtime_ns;

  return age_ns < 0 || age_ns >= HAB_MEDIA_SETTLE_NS;
}

/* --- those that are known ---------------------------------------------- */

static void
compare_in_place (Folder *self, const HabFolderFile *known,
    const HabFoundFile *found)
{
  g_autofree gchar *name = make_name (self->dir, found->path);

  if (!hab_file_stamp_equal (&known->stamp, &found->stamp)) {
    add_change (self, HAB_MEDIA_REPLACED, known);
    return;
  }
  if (known->missing || !g_str_equal (known->name, name))
    place (self, known, found->path);
  g_hash_table_remove (self->found, found->path);
}

static void
compare_known (Folder *self, const HabFolderFile *known)
{
  const HabFoundFile *found = g_hash_table_lookup (self->found, known->file);

  if (found == NULL)
    g_ptr_array_add (self->lost, (gpointer) known);
  else
    compare_in_place (self, known, found);
}

/* --- those that are new ------------------------------------------------- */

/* A file that was moved within the folder stays the input that it is. */
static gboolean
find_moved (Folder *self, const HabFoundFile *found)
{
  for (guint i = 0; i < self->lost->len; i++) {
    const HabFolderFile *known = g_ptr_array_index (self->lost, i);

    if (hab_file_stamp_equal (&known->stamp, &found->stamp)) {
      place (self, known, found->path);
      g_ptr_array_remove_index (self->lost, i);
      return TRUE;
    }
  }
  return FALSE;
}

static void
take_new (Folder *self, const HabFoundFile *found)
{
  HabFolderFile *file;

  if (find_moved (self, found))
    return;
  if (!is_settled (self, found)) {
    self->look->unsettled = TRUE;
    return;
  }
  file = g_new0 (HabFolderFile, 1);
  file->name = make_name (self->dir, found->path);
  file->folder = g_strdup (self->dir->path);
  file->file = g_strdup (found->path);
  file->stamp = found->stamp;
  g_ptr_array_add (self->look->candidates, file);
}

/* Of a folder that has more than can be kept nobody knows what is missing. */
static void
give_up_lost (Folder *self, gboolean whole)
{
  for (guint i = 0; whole && i < self->lost->len; i++) {
    const HabFolderFile *known = g_ptr_array_index (self->lost, i);

    if (!known->missing)
      add_change (self, HAB_MEDIA_MISSING, known);
  }
}

void
hab_media_look_compare (HabMediaLook *look, const HabMediaDir *dir,
    const HabMediaWalk *walk, GPtrArray *known, gint64 now_ns)
{
  g_autoptr (GHashTable) found = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();
  Folder self = { look, dir, now_ns, found, lost };

  for (guint i = 0; i < walk->files->len; i++) {
    HabFoundFile *file = g_ptr_array_index (walk->files, i);

    g_hash_table_insert (found, file->path, file);
  }
  for (guint i = 0; i < known->len; i++) {
    const HabFolderFile *file = g_ptr_array_index (known, i);

    if (g_str_equal (file->folder, dir->path))
      compare_known (&self, file);
  }
  for (guint i = 0; i < walk->files->len; i++) {
    const HabFoundFile *file = g_ptr_array_index (walk->files, i);

    if (g_hash_table_contains (found, file->path))
      take_new (&self, file);
  }
  give_up_lost (&self, walk->whole);
}
