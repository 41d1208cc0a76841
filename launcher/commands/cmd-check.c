/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif


#include "check.h"
#include "commands.h"
#include "master-key.h"

/* Between two looks while a service works. */
#define SETTLE_US (2 * G_USEC_PER_SEC)

typedef struct
{
  gchar *data_dir;
  gboolean repair, deep;
} Options;

static HabExit
fail (GError *error)
{
  HabExit status = error->domain == HAB_SEAL_ERROR ? HAB_EXIT_CONFIG
      : g_error_matches (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND)
      ? HAB_EXIT_NO_INPUT
      : g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY)
      ? HAB_EXIT_UNAVAILABLE
      : HAB_EXIT_DATA;

  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  g_error_free (error);
  return status;
}

/* (nullable): without an error where there is no key. */
static HabSeal *
open_seal (const gchar *data_dir, GError **error)
{
  gboolean own;
  g_autofree gchar *path = hab_master_key_find (data_dir, &own);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  return own ? hab_seal_new (path, FALSE, error)
             : hab_seal_new_from_credential (path, error);
}

static gboolean
has_text (GPtrArray *faults, const gchar *text)
{
  for (guint i = 0; i < faults->len; i++)
    if (g_str_equal (((HabFault *) g_ptr_array_index (faults, i))->text, text))
      return TRUE;
  return FALSE;
}

/* While a service works, what is moved or removed between two looks of ours is
 * no fault: only what stays is told. */
static GPtrArray *
run_twice (const HabCheck *check, GError **error)
{
  g_autoptr (GPtrArray) first = hab_check_run (check, error);
  GPtrArray *second;

  if (first == NULL)
    return NULL;
  if (first->len == 0)
    return g_steal_pointer (&first);
  g_usleep (SETTLE_US);
  second = hab_check_run (check, error);
  for (guint i = second != NULL ? second->len : 0; i > 0; i--)
    if (!has_text (first, ((HabFault *) second->pdata[i - 1])->text))
      g_ptr_array_remove_index (second, i - 1);
  return second;
}

/* Says what there is; how many were not repaired. */
static guint
tell (GPtrArray *faults, HabCatalog *catalog, HabDataDir *dir)
{
  guint left = 0;

  for (guint i = 0; i < faults->len; i++) {
    const HabFault *fault = g_ptr_array_index (faults, i);
    g_autoptr (GError) error = NULL;
    gboolean repaired = catalog != NULL &&
        hab_check_repair (fault, catalog, dir, &error);

    g_print ("%s%s\n", fault->text, repaired ? " (repaired)" : "");
    left += !repaired;
  }
  return left;
}

static HabExit
check_folder (const Options *options, HabDataDir *dir, GError **error)
{
  g_autofree gchar *path =
      g_build_filename (options->data_dir, "catalog.sqlite", NULL);
  g_autoptr (HabCatalog) catalog = hab_catalog_open_for_reading (path, error);
  g_autoptr (HabCatalog) writable = NULL;
  g_autoptr (HabSeal) seal = NULL;
  g_autoptr (GPtrArray) faults = NULL;
  HabCheck check = {
    .data_dir = options->data_dir,
    .catalog = catalog,
    .deep = options->deep,
  };
  GError *failure = NULL;

  if (catalog == NULL)
    return HAB_EXIT_DATA;
  check.seal = seal = open_seal (options->data_dir, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return HAB_EXIT_CONFIG;
  }
  faults = dir != NULL ? hab_check_run (&check, error)
                       : run_twice (&check, error);
  if (faults == NULL)
    return HAB_EXIT_DATA;
  if (options->repair && faults->len > 0) {
    writable = hab_catalog_open (path, error);
    if (writable == NULL)
      return HAB_EXIT_DATA;
  }
  return tell (faults, writable, dir) > 0 ? HAB_EXIT_DATA : HAB_EXIT_OK;
}

static HabExit
check (const Options *options)
{
  g_autofree gchar *path =
      g_build_filename (options->data_dir, "catalog.sqlite", NULL);
  g_autoptr (HabDataDir) dir = NULL;
  GError *error = NULL;
  HabExit status;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_printerr ("%s: there is no catalog %s\n", g_get_prgname (), path);
    return HAB_EXIT_NO_INPUT;
  }
  dir = hab_data_dir_open (options->data_dir, &error);
  if (dir == NULL && (options->repair ||
                         !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY)))
    return fail (error);
  g_clear_error (&error);
  status = check_folder (options, dir, &error);
  return error != NULL ? fail (error) : status;
}

HabExit
hab_cmd_check (int argc, char **argv)
{
  Options options = { NULL };
  const GOptionEntry entries[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.data_dir,
        "the service's folder; ~/.local/share/haberdash by default", "DIR" },
    { "repair", 0, 0, G_OPTION_ARG_NONE, &options.repair,
        "remove files that nobody knows, and forget what has lost its files; "
        "not while a service runs", NULL },
    { "deep", 0, 0, G_OPTION_ARG_NONE, &options.deep,
        "read everything: the hashes of inputs and each segment of packages",
        NULL },
    G_OPTION_ENTRY_NULL
  };
  HabExit status = HAB_EXIT_USAGE;

  if (hab_cmd_parse (&argc, &argv, "",
          "Compares the catalog with the files of the data folder. Each fault "
          "is a line on the standard output; the exit code is 0 where there is "
          "none or all were repaired, else 65.",
          "Examples:\n  haberdash check --data-dir /var/lib/haberdash --deep",
          entries, 0)) {
    hab_cmd_enter_data_dir (&options.data_dir);
    status = check (&options);
  }
  g_free (options.data_dir);
  return status;
}
