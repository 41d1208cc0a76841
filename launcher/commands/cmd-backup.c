/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>

#include "catalog.h"
#include "commands.h"
#include "copy-tree.h"
#include "master-key.h"

#define PAGE 500

typedef struct
{
  gchar *data_dir, *key_file;
  gboolean copy;
} Options;

/* A backup on its way. */
typedef struct
{
  const gchar *data_dir, *folder;
  HabCopyFlags flags;
  HabCatalog *catalog; /* the copied one */
  GHashTable *left;    /* media folder -> how many files of it */
} Backup;

/* --- files ------------------------------------------------------------ */

/* What was deleted while this ran is not in the backup: gone says that the
 * catalog's copy is to forget it. */
static gboolean
copy_entry (Backup *self, const gchar *folder, const gchar *name,
    gboolean *gone, GError **error)
{
  g_autofree gchar *from =
      g_build_filename (self->data_dir, folder, name, NULL);
  g_autofree gchar *to = g_build_filename (self->folder, folder, name, NULL);
  g_autoptr (GError) failure = NULL;
  gboolean copied = g_file_test (from, G_FILE_TEST_IS_DIR)
      ? hab_copy_tree (from, to, self->flags, &failure)
      : hab_copy_file (from, to, self->flags, &failure);

  *gone = !copied && !g_file_test (from, G_FILE_TEST_EXISTS);
  if (!copied && !*gone)
    g_propagate_error (error, g_steal_pointer (&failure));
  return copied || *gone;
}

/* The file itself is not ours and stays where it is. */
static gboolean
note_folder_file (Backup *self, const HabInput *input, GError **error)
{
  g_autoptr (HabFolderFile) file =
      hab_catalog_get_folder_file (self->catalog, input->id, error);
  guint count;

  if (file == NULL)
    return FALSE;
  count = GPOINTER_TO_UINT (g_hash_table_lookup (self->left, file->folder));
  g_hash_table_replace (self->left, g_steal_pointer (&file->folder),
      GUINT_TO_POINTER (count + 1));
  return TRUE;
}

static void
tell_left (Backup *self)
{
  GHashTableIter iter;
  gpointer folder, count;

  g_hash_table_iter_init (&iter, self->left);
  while (g_hash_table_iter_next (&iter, &folder, &count))
    g_print ("%u files of the media folder %s are not in it\n",
        GPOINTER_TO_UINT (count), (const gchar *) folder);
}

static gboolean
copy_input (Backup *self, const HabInput *input, GError **error)
{
  gboolean gone;

  if (input->source == HAB_SOURCE_MEDIA_DIR)
    return note_folder_file (self, input, error);
  return copy_entry (self, "inputs", input->storage, &gone, error) &&
      (!gone || hab_catalog_delete_input (self->catalog, input->id, error));
}

/* A tree that was removed in the middle may have left its beginning. */
static gboolean
copy_package (Backup *self, const HabPackage *package, GError **error)
{
  gboolean gone;

  if (package->status != HAB_STATUS_READY)
    return TRUE;
  return copy_entry (self, "packages", package->code, &gone, error) &&
      (!gone ||
          hab_catalog_delete_package (self->catalog, package->id, error));
}

static gboolean
copy_inputs (Backup *self, GError **error)
{
  gint64 after = 0;
  guint found;

  do {
    g_autoptr (GPtrArray) inputs =
        hab_catalog_list_inputs (self->catalog, after, PAGE, error);

    if (inputs == NULL)
      return FALSE;
    found = inputs->len;
    for (guint i = 0; i < found; i++) {
      const HabInput *input = g_ptr_array_index (inputs, i);

      after = input->id;
      if (!copy_input (self, input, error))
        return FALSE;
    }
  } while (found == PAGE);
  return TRUE;
}

static gboolean
copy_packages (Backup *self, GError **error)
{
  gint64 after = 0;
  guint found;

  do {
    g_autoptr (GPtrArray) packages = hab_catalog_list_packages (self->catalog,
        NULL, after, PAGE, error);

    if (packages == NULL)
      return FALSE;
    found = packages->len;
    for (guint i = 0; i < found; i++) {
      const HabPackage *package = g_ptr_array_index (packages, i);

      after = package->id;
      if (!copy_package (self, package, error))
        return FALSE;
    }
  } while (found == PAGE);
  return TRUE;
}

/* --- the backup ------------------------------------------------------- */

static gboolean
make_path (const gchar *path, GError **error)
{
  gint saved_errno;

  if (g_mkdir (path, 0700) == 0)
    return TRUE;
  saved_errno = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "cannot make %s: %s", path, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
make_folder (const gchar *parent, const gchar *name, GError **error)
{
  g_autofree gchar *path = g_build_filename (parent, name, NULL);

  return make_path (path, error);
}

/* The catalog first: every file that it names is there, or was deleted since,
 * which is seen. */
static gboolean
copy_catalog (Backup *self, const gchar *draft, GError **error)
{
  g_autofree gchar *from =
      g_build_filename (self->data_dir, "catalog.sqlite", NULL);
  g_autoptr (HabCatalog) catalog = hab_catalog_open_for_reading (from, error);

  if (catalog == NULL || !hab_catalog_copy (catalog, draft, error))
    return FALSE;
  self->catalog = hab_catalog_open (draft, error);
  return self->catalog != NULL;
}

/* One file that can be read where nothing can be written. */
static gboolean
finish_catalog (Backup *self, const gchar *draft, GError **error)
{
  g_autofree gchar *to =
      g_build_filename (self->folder, "catalog.sqlite", NULL);
  gboolean done = hab_catalog_copy (self->catalog, to, error);

  g_clear_pointer (&self->catalog, hab_catalog_close);
  g_unlink (draft);
  return done;
}

static gboolean
fill (Backup *self, GError **error)
{
  g_autofree gchar *draft =
      g_build_filename (self->folder, "catalog.draft", NULL);
  gboolean done = make_path (self->folder, error) &&
      make_folder (self->folder, "inputs", error) &&
      make_folder (self->folder, "packages", error) &&
      copy_catalog (self, draft, error) && copy_inputs (self, error) &&
      copy_packages (self, error) && finish_catalog (self, draft, error);

  g_clear_pointer (&self->catalog, hab_catalog_close);
  return done;
}

/* Under its name it is whole. */
static gboolean
make_backup (const Options *options, const gchar *destination, GError **error)
{
  g_autofree gchar *draft = g_strconcat (destination, ".partial", NULL);
  g_autoptr (GHashTable) left =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Backup backup = {
    .data_dir = options->data_dir,
    .folder = draft,
    .flags = options->copy ? HAB_COPY_DEFAULT : HAB_COPY_MAY_LINK,
    .left = left,
  };
  gint saved_errno;

  if (g_file_test (destination, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
        "%s is there already; name a new folder", destination);
    return FALSE;
  }
  if (!fill (&backup, error)) {
    g_prefix_error (error, "%s is not complete and can be removed: ", draft);
    return FALSE;
  }
  if (g_rename (draft, destination) == 0) {
    tell_left (&backup);
    return TRUE;
  }
  saved_errno = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "cannot rename %s: %s", draft, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
copy_key (const Options *options, GError **error)
{
  gboolean own;
  g_autofree gchar *path = NULL;

  if (options->key_file == NULL)
    return TRUE;
  path = hab_master_key_find (options->data_dir, &own);
  return hab_copy_file (path, options->key_file, HAB_COPY_DEFAULT, error);
}

static HabExit
backup (const Options *options, const gchar *destination)
{
  GError *error = NULL;
  HabExit status;

  if (make_backup (options, destination, &error) &&
      copy_key (options, &error))
    return HAB_EXIT_OK;
  status = error->domain == HAB_CATALOG_ERROR ? HAB_EXIT_NO_INPUT
                                              : HAB_EXIT_CANT_CREATE;
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  g_error_free (error);
  return status;
}

HabExit
hab_cmd_backup (int argc, char **argv)
{
  Options options = { NULL };
  const GOptionEntry entries[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.data_dir,
        "the service's folder; ~/.local/share/haberdash by default", "DIR" },
    { "copy", 0, 0, G_OPTION_ARG_NONE, &options.copy,
        "copy the bytes also where a second name of a file would do", NULL },
    { "with-master-key", 0, 0, G_OPTION_ARG_FILENAME, &options.key_file,
        "copy the master key, too, to this new file, which is to be kept apart "
        "from the backup", "FILE" },
    G_OPTION_ENTRY_NULL
  };
  HabExit status = HAB_EXIT_USAGE;

  if (hab_cmd_parse (&argc, &argv, "DEST",
          "Copies the catalog, the inputs and the packages into the new folder "
          "DEST, also while the service runs. The master key is not among "
          "them, nor are files of media folders, of which it says how many "
          "there are.",
          "Examples:\n"
          "  haberdash backup /backup/monday --data-dir /var/lib/haberdash",
          entries, 1)) {
    hab_cmd_enter_data_dir (&options.data_dir);
    status = backup (&options, argv[1]);
  }
  g_free (options.data_dir);
  g_free (options.key_file);
  return status;
}
