/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

/* Opening a catalog: whose database it is, the modes it is used in, and the way
 * from the schema that it has to the newest one. */

#define BUSY_POLL_MS 10

/* PRAGMA application_id of a catalog: "HabD" */
#define APPLICATION_ID 0x48616244

/* --- whose it is ---------------------------------------------------------- */

static gboolean
check_origin_row (HabStatement *statement, GError **error)
{
  gint64 version = sqlite3_column_int64 (statement, 0);
  gint64 application_id = sqlite3_column_int64 (statement, 1);
  gint64 n_objects = sqlite3_column_int64 (statement, 2);

  if (version < 0 || (n_objects > 0 && application_id != APPLICATION_ID)) {
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_FAILED,
        "the file is a database of another program");
    return FALSE;
  }
  if (version > hab_catalog_n_migrations) {
    g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NEWER,
        "made by a later version of the program (schema %" G_GINT64_FORMAT
        ", known up to %u): use that version or restore a backup",
        version, hab_catalog_n_migrations);
    return FALSE;
  }

  return TRUE;
}

/* Looks before anything is written. One statement, so that what another
 * process does to a new file meanwhile is seen whole or not at all. */
static gboolean
check_origin (HabCatalog *catalog, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT user_version, application_id, "
      "(SELECT count(*) FROM sqlite_schema) "
      "FROM pragma_user_version, pragma_application_id", error);

  return statement &&
      hab_catalog_step (catalog, statement, "read the catalog", error) ==
      HAB_STEP_ROW &&
      check_origin_row (statement, error);
}

/* --- write-ahead logging -------------------------------------------------- */

static gboolean
try_wal (HabCatalog *catalog, gboolean *is_wal, GError **error)
{
  g_autoptr (HabStatement) statement =
      hab_catalog_prepare (catalog, "PRAGMA journal_mode = WAL", error);
  const gchar *mode;

  if (!statement)
    return FALSE;
  if (hab_catalog_step (catalog, statement, "switch to write-ahead logging",
      error) != HAB_STEP_ROW)
    return FALSE;
  mode = (const gchar *) sqlite3_column_text (statement, 0);
  *is_wal = g_strcmp0 (mode, "wal") == 0;

  return TRUE;
}

/* The switch does not wait as other statements do when another connection
 * makes it at the same time. */
static gboolean
use_wal (HabCatalog *catalog, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + HAB_CATALOG_BUSY_MS * 1000;

  while (TRUE) {
    g_autoptr (GError) local_error = NULL;
    gboolean is_wal = FALSE;

    if (try_wal (catalog, &is_wal, &local_error)) {
      if (is_wal)
        return TRUE;
      g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_FAILED,
          "write-ahead logging does not work here: put the catalog on a "
          "local file system");
      return FALSE;
    }

    if (!g_error_matches (
            local_error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_BUSY) ||
        g_get_monotonic_time () > deadline) {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
    g_usleep (BUSY_POLL_MS * 1000);
  }
}

/* --- migrations ----------------------------------------------------------- */

static gboolean
read_version (HabCatalog *catalog, gint64 *version, GError **error)
{
  return hab_catalog_read_number (catalog, "PRAGMA user_version", version,
      error);
}

static gboolean
migrate_step (HabCatalog *catalog, guint version, GError **error)
{
  g_autofree gchar *set_version =
      g_strdup_printf ("PRAGMA user_version = %u", version + 1);

  return hab_catalog_exec (catalog, hab_catalog_migrations[version],
             "migrate the catalog", error) &&
      hab_catalog_exec (catalog, set_version, "migrate the catalog", error);
}

/* The version is read inside the transaction: another process may be
 * migrating, too. */
static gboolean
migrate (HabCatalog *catalog, GError **error)
{
  gint64 version;

  do {
    if (!hab_catalog_begin (catalog, error))
      return FALSE;
    if (!read_version (catalog, &version, error) ||
        (version < hab_catalog_n_migrations &&
            !migrate_step (catalog, version, error))) {
      hab_catalog_rollback (catalog);
      return FALSE;
    }
    if (!hab_catalog_commit (catalog, error))
      return FALSE;
  } while (version + 1 < hab_catalog_n_migrations);

  return TRUE;
}

static gboolean
bring_up_to_date (HabCatalog *catalog, GError **error)
{
  gint64 version;

  if (!read_version (catalog, &version, error))
    return FALSE;
  return version == hab_catalog_n_migrations || migrate (catalog, error);
}

/* --- one that is opened --------------------------------------------------- */

/* References are looked after once the tables are as they should be: one that
 * is made anew must not take with it what refers to it. What is deleted is
 * overwritten: sealed keys are among it. */
static gboolean
set_up (HabCatalog *catalog, GError **error)
{
  sqlite3_busy_timeout (catalog->db, HAB_CATALOG_BUSY_MS);

  return check_origin (catalog, error) && use_wal (catalog, error) &&
      hab_catalog_exec (catalog,
          "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; "
          "PRAGMA foreign_keys = OFF", "set up the catalog", error) &&
      bring_up_to_date (catalog, error) &&
      hab_catalog_exec (catalog, "PRAGMA foreign_keys = ON",
          "set up the catalog", error);
}

/* As it is, or not at all: it may be somebody else's to change. */
static gboolean
set_up_for_reading (HabCatalog *catalog, GError **error)
{
  gint64 version;

  sqlite3_busy_timeout (catalog->db, HAB_CATALOG_BUSY_MS);

  if (!check_origin (catalog, error) ||
      !read_version (catalog, &version, error))
    return FALSE;
  if (version == hab_catalog_n_migrations)
    return TRUE;
  g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_FAILED,
      "made by an earlier version of the program: start the service once, "
      "which brings it up to date");
  return FALSE;
}

static void
finalize_statement (gpointer statement)
{
  /* As on release: the result is that of the last step. */
  sqlite3_finalize (statement);
}

static HabCatalog *
open_with (const gchar *path, gint flags,
    gboolean (*prepare) (HabCatalog *catalog, GError **error), GError **error)
{
  g_autoptr (HabCatalog) catalog = g_new0 (HabCatalog, 1);
  gint rc;

  catalog->statements = g_hash_table_new_full (g_direct_hash, g_direct_equal,
      NULL, finalize_statement);

  rc = sqlite3_open_v2 (path, &catalog->db,
      flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, NULL);
  if (rc != SQLITE_OK) {
    hab_catalog_fail (catalog, rc, "open the file", error);
  } else if (hab_catalog_add_functions (catalog, error) &&
      prepare (catalog, error)) {
    return g_steal_pointer (&catalog);
  }
  g_prefix_error (error, "catalog %s: ", path);

  return NULL;
}

HabCatalog *
hab_catalog_open (const gchar *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  return open_with (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, set_up,
      error);
}

HabCatalog *
hab_catalog_open_for_reading (const gchar *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
        "there is no catalog %s", path);
    return NULL;
  }
  return open_with (path, SQLITE_OPEN_READONLY, set_up_for_reading, error);
}

void
hab_catalog_close (HabCatalog *catalog)
{
  if (!catalog)
    return;

  g_hash_table_unref (catalog->statements);
  /* With no statement left this cannot fail; an open transaction is rolled
   * back. */
  sqlite3_close (catalog->db);
  g_free (catalog);
}
