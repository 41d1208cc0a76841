/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

#include <errno.h>
#include <string.h>

G_DEFINE_QUARK (hab-catalog-error-quark, hab_catalog_error)

/* --- errors ---------------------------------------------------------- */

static HabCatalogError
error_code (sqlite3 *db, gint rc)
{
  switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return HAB_CATALOG_ERROR_EXISTS;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return HAB_CATALOG_ERROR_NOT_FOUND;
    /* The index of the log cannot grow. */
    case SQLITE_IOERR_SHMSIZE:
      return HAB_CATALOG_ERROR_NO_SPACE;
    default:
      break;
  }

  switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return HAB_CATALOG_ERROR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return HAB_CATALOG_ERROR_CORRUPT;
    case SQLITE_FULL:
      return HAB_CATALOG_ERROR_NO_SPACE;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (sqlite3_system_errno (db) == ENOSPC ||
          sqlite3_system_errno (db) == EDQUOT)
        return HAB_CATALOG_ERROR_NO_SPACE;
      return HAB_CATALOG_ERROR_FAILED;
    default:
      return HAB_CATALOG_ERROR_FAILED;
  }
}

gboolean
hab_catalog_fail (HabCatalog *catalog, gint rc, const gchar *what,
    GError **error)
{
  HabCatalogError code = error_code (catalog->db, rc);

  catalog->damaged |= code == HAB_CATALOG_ERROR_CORRUPT;
  g_set_error (error, HAB_CATALOG_ERROR, code, "cannot %s: %s", what,
      code == HAB_CATALOG_ERROR_NO_SPACE ? "the disk is full"
                                         : sqlite3_errmsg (catalog->db));
  return FALSE;
}

gboolean
hab_catalog_exec (HabCatalog *catalog, const gchar *sql, const gchar *what,
    GError **error)
{
  gint rc = sqlite3_exec (catalog->db, sql, NULL, NULL, NULL);

  return rc == SQLITE_OK || hab_catalog_fail (catalog, rc, what, error);
}

gboolean
hab_catalog_is_damaged (HabCatalog *catalog)
{
  return catalog->damaged;
}

void
hab_catalog_set_damaged (HabCatalog *catalog)
{
  catalog->damaged = TRUE;
}

/* --- statements ------------------------------------------------------ */

/* After some failures (a full disk) SQLite itself rolls back. What the caller
 * still believes to be in its transaction must not be kept alone. */
static gboolean
check_transaction (HabCatalog *catalog, GError **error)
{
  if (catalog->depth == 0 || !sqlite3_get_autocommit (catalog->db))
    return TRUE;

  g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_FAILED,
      "the transaction was rolled back after an earlier failure");
  return FALSE;
}

HabStatement *
hab_catalog_prepare (HabCatalog *catalog, const gchar *sql, GError **error)
{
  sqlite3_stmt *statement;
  gint rc;

  if (!check_transaction (catalog, error))
    return NULL;

  statement = g_hash_table_lookup (catalog->statements, sql);
  if (statement)
    return statement;

  rc = sqlite3_prepare_v3 (catalog->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
      &statement, NULL);
  if (rc != SQLITE_OK) {
    hab_catalog_fail (catalog, rc, "read or write the catalog", error);
    return NULL;
  }
  g_hash_table_insert (catalog->statements, (gpointer) sql, statement);

  return statement;
}

void
hab_statement_release (HabStatement *statement)
{
  /* The result is that of the last step, which was looked at. */
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
}

static gint
parameter (HabStatement *statement, const gchar *name)
{
  gint index = sqlite3_bind_parameter_index (statement, name);

  g_assert (index > 0);
  return index;
}

/* A bind to a parameter that exists fails only for want of memory, for which
 * GLib ends the program too. */
static void
check_bound (gint rc)
{
  if (rc != SQLITE_OK)
    g_error ("cannot bind a value: %s", sqlite3_errstr (rc));
}

void
hab_statement_bind_int (HabStatement *statement, const gchar *name,
    gint64 value)
{
  check_bound (
      sqlite3_bind_int64 (statement, parameter (statement, name), value));
}

void
hab_statement_bind_int_or_null (HabStatement *statement, const gchar *name,
    gint64 value, gint64 null_value)
{
  if (value == null_value)
    check_bound (sqlite3_bind_null (statement, parameter (statement, name)));
  else
    hab_statement_bind_int (statement, name, value);
}

void
hab_statement_bind_double (HabStatement *statement, const gchar *name,
    gdouble value)
{
  check_bound (
      sqlite3_bind_double (statement, parameter (statement, name), value));
}

void
hab_statement_bind_text (HabStatement *statement, const gchar *name,
    const gchar *text)
{
  check_bound (sqlite3_bind_text (statement, parameter (statement, name), text,
      -1, SQLITE_STATIC));
}

gint64
hab_statement_get_int_or (HabStatement *statement, gint column,
    gint64 null_value)
{
  if (sqlite3_column_type (statement, column) == SQLITE_NULL)
    return null_value;
  return sqlite3_column_int64 (statement, column);
}

gchar *
hab_statement_dup_text (HabStatement *statement, gint column)
{
  return g_strdup ((const gchar *) sqlite3_column_text (statement, column));
}

HabStep
hab_catalog_step (HabCatalog *catalog, HabStatement *statement,
    const gchar *what, GError **error)
{
  gint rc = sqlite3_step (statement);

  if (rc == SQLITE_ROW)
    return HAB_STEP_ROW;
  if (rc == SQLITE_DONE)
    return HAB_STEP_DONE;
  hab_catalog_fail (catalog, rc, what, error);
  return HAB_STEP_FAILED;
}

gboolean
hab_catalog_run (HabCatalog *catalog, HabStatement *statement,
    const gchar *what, GError **error)
{
  HabStep step;

  do
    step = hab_catalog_step (catalog, statement, what, error);
  while (step == HAB_STEP_ROW);
  sqlite3_reset (statement);

  return step == HAB_STEP_DONE;
}

gboolean
hab_catalog_read_count (HabCatalog *catalog, const gchar *sql, gint64 id,
    guint64 *count, GError **error)
{
  g_autoptr (HabStatement) statement =
      hab_catalog_prepare (catalog, sql, error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  if (hab_catalog_step (catalog, statement, "count rows", error) !=
      HAB_STEP_ROW)
    return FALSE;
  *count = sqlite3_column_int64 (statement, 0);

  return TRUE;
}

gboolean
hab_catalog_read_number (HabCatalog *catalog, const gchar *sql, gint64 *number,
    GError **error)
{
  g_autoptr (HabStatement) statement =
      hab_catalog_prepare (catalog, sql, error);

  if (!statement)
    return FALSE;
  if (hab_catalog_step (catalog, statement, "read the catalog", error) !=
      HAB_STEP_ROW)
    return FALSE;
  *number = hab_statement_get_int_or (statement, 0, 0);

  return TRUE;
}

GArray *
hab_catalog_read_rows (HabCatalog *catalog, HabStatement *statement,
    const gchar *what, guint row_size, HabReadRow read, GDestroyNotify clear,
    GError **error)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, row_size);
  HabStep step;

  g_array_set_clear_func (rows, clear);
  while ((step = hab_catalog_step (catalog, statement, what, error)) ==
      HAB_STEP_ROW) {
    g_array_set_size (rows, rows->len + 1);
    read (statement, rows->data + (gsize) (rows->len - 1) * row_size);
  }

  return step == HAB_STEP_DONE ? g_steal_pointer (&rows) : NULL;
}

GArray *
hab_catalog_read_history (HabCatalog *catalog, HabStatement *statement,
    GError **error)
{
  g_autoptr (GArray) history =
      g_array_new (FALSE, FALSE, sizeof (HabStatusChange));
  HabStep step;

  while ((step = hab_catalog_step (catalog, statement, "read the history",
      error)) == HAB_STEP_ROW) {
    HabStatusChange change = { .at_us = sqlite3_column_int64 (statement, 1) };

    if (hab_status_from_string (
            (const gchar *) sqlite3_column_text (statement, 0), &change.status))
      g_array_append_val (history, change);
  }

  return step == HAB_STEP_DONE ? g_steal_pointer (&history) : NULL;
}

/* --- transactions ---------------------------------------------------- */

gboolean
hab_catalog_begin (HabCatalog *catalog, GError **error)
{
  /* Immediate: a transaction that reads first and then wants to write could
   * find that another one was faster, and no timeout helps that. */
  const gchar *sql =
      catalog->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT inner";

  if (!check_transaction (catalog, error) ||
      !hab_catalog_exec (catalog, sql, "begin a transaction", error))
    return FALSE;
  catalog->depth++;

  return TRUE;
}

gboolean
hab_catalog_begin_reading (HabCatalog *catalog, GError **error)
{
  g_autoptr (HabStatement) statement = NULL;

  g_return_val_if_fail (catalog->depth == 0, FALSE);

  statement = hab_catalog_prepare (catalog, "BEGIN", error);
  if (!statement ||
      !hab_catalog_run (catalog, statement, "begin a transaction", error))
    return FALSE;
  catalog->depth++;

  return TRUE;
}

gboolean
hab_catalog_commit (HabCatalog *catalog, GError **error)
{
  const gchar *sql = catalog->depth == 1 ? "COMMIT" : "RELEASE inner";

  g_return_val_if_fail (catalog->depth > 0, FALSE);

  if (!hab_catalog_exec (catalog, sql, "commit", error)) {
    hab_catalog_rollback (catalog);
    return FALSE;
  }
  catalog->depth--;

  return TRUE;
}

void
hab_catalog_rollback (HabCatalog *catalog)
{
  g_return_if_fail (catalog->depth > 0);

  /* Fails only where SQLite has rolled back the whole transaction itself. */
  if (!sqlite3_get_autocommit (catalog->db))
    sqlite3_exec (catalog->db,
        catalog->depth == 1 ? "ROLLBACK" : "ROLLBACK TO inner; RELEASE inner",
        NULL, NULL, NULL);
  catalog->depth--;
}
