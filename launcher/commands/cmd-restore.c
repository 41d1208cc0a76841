/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "check.h"
#include "commands.h"
#include "copy-tree.h"

typedef struct
{
  gchar *data_dir, *key_file;
} Options;

static HabExit
fail (GError *error)
{
  HabExit status = error->domain == HAB_SEAL_ERROR ? HAB_EXIT_CONFIG
      : error->domain == HAB_CATALOG_ERROR ? HAB_EXIT_DATA
                                           : HAB_EXIT_CANT_CREATE;

  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  g_error_free (error);
  return status;
}

/* --- before anything is written --------------------------------------- */

static HabSeal *
open_key (const Options *options, HabCatalog *catalog, GError **error)
{
  guint64 count;

  if (options->key_file != NULL)
    return hab_seal_new_from_credential (options->key_file, error);
  if (!hab_catalog_count_sealed_keys (catalog, &count, error) || count == 0)
    return NULL;
  g_set_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_FILE,
      "the backup has %" G_GUINT64_FORMAT " content keys that open only with "
      "the master key it was made with: name its copy with --master-key",
      count);
  return NULL;
}

/* A backup that is not whole, or a key that is another one's, is told while
 * nothing has happened yet. */
static gboolean
check_backup (const Options *options, const gchar *source, GError **error)
{
  g_autofree gchar *path = g_build_filename (source, "catalog.sqlite", NULL);
  g_autoptr (HabCatalog) catalog = hab_catalog_open_for_reading (path, error);
  g_autoptr (HabSeal) seal = NULL;
  g_autoptr (GPtrArray) faults = NULL;
  HabCheck check = {
    .data_dir = source,
    .catalog = catalog,
    .alone = TRUE,
  };
  GError *failure = NULL;

  if (catalog == NULL)
    return FALSE;
  check.seal = seal = open_key (options, catalog, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  faults = hab_check_run (&check, error);
  if (faults == NULL)
    return FALSE;
  for (guint i = 0; i < faults->len; i++)
    g_printerr ("%s\n", ((HabFault *) g_ptr_array_index (faults, i))->text);
  if (faults->len == 0)
    return TRUE;
  g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_CORRUPT,
      "the backup %s is not whole, or the master key is another one's; nothing "
      "was restored", source);
  return FALSE;
}

/* --- writing ---------------------------------------------------------- */

static gboolean
copy_parts (const Options *options, const gchar *source, const gchar *draft,
    GError **error)
{
  g_autofree gchar *key = g_build_filename (draft, "master.key", NULL);

  return hab_copy_tree (source, draft, HAB_COPY_DEFAULT, error) &&
      (options->key_file == NULL ||
          hab_copy_file (options->key_file, key, HAB_COPY_DEFAULT, error));
}

/* An empty folder may be there: a service manager makes one. */
static gboolean
check_place (const gchar *data_dir, GError **error)
{
  if (!g_file_test (data_dir, G_FILE_TEST_EXISTS) || rmdir (data_dir) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
      "%s is there and not empty; move it away or name another folder with "
      "--data-dir", data_dir);
  return FALSE;
}

static gboolean
restore (const Options *options, const gchar *source, GError **error)
{
  g_autofree gchar *draft = g_strconcat (options->data_dir, ".partial", NULL);
  gint saved_errno;

  if (!check_backup (options, source, error) ||
      !check_place (options->data_dir, error))
    return FALSE;
  if (!copy_parts (options, source, draft, error)) {
    g_prefix_error (error, "%s is not complete and can be removed: ", draft);
    return FALSE;
  }
  if (g_rename (draft, options->data_dir) == 0)
    return TRUE;
  saved_errno = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "cannot rename %s: %s", draft, g_strerror (saved_errno));
  return FALSE;
}

HabExit
hab_cmd_restore (int argc, char **argv)
{
  Options options = { NULL };
  GError *error = NULL;
  const GOptionEntry entries[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.data_dir,
        "the folder to be made, or an empty one; ~/.local/share/haberdash by "
        "default", "DIR" },
    { "master-key", 0, 0, G_OPTION_ARG_FILENAME, &options.key_file,
        "copy of the master key; needed where content keys are in the backup",
        "FILE" },
    G_OPTION_ENTRY_NULL
  };
  HabExit status = HAB_EXIT_USAGE;

  if (hab_cmd_parse (&argc, &argv, "SRC",
          "Makes a data folder of a backup, which is checked first. Nothing is "
          "overwritten.",
          "Examples:\n"
          "  haberdash restore /backup/monday --master-key key.backup",
          entries, 1)) {
    hab_cmd_enter_data_dir (&options.data_dir);
    status = restore (&options, argv[1], &error) ? HAB_EXIT_OK : fail (error);
  }
  g_free (options.data_dir);
  g_free (options.key_file);
  return status;
}
