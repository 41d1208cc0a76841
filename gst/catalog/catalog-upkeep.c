/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* What the operator does with a catalog: looking whether it is whole, copying
 * it while it is used; and its room on a full disk. */

#include "catalog-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PAGES_AT_A_TIME 1000
#define BUSY_MS 50
/* How long somebody may write before it is told. */
#define TRY_MS 1000

/* --- whether it is whole ---------------------------------------------- */

/* SQLite says "ok" in one row where nothing is wrong. */
static gboolean
check_integrity (HabCatalog *catalog, GPtrArray *faults, GError **error)
{
  g_autoptr (HabStatement) statement =
      hab_catalog_prepare (catalog, "PRAGMA integrity_check (20)", error);
  HabStep step;

  if (!statement)
    return FALSE;
  while ((step = hab_catalog_step (catalog, statement, "check the catalog",
              error)) == HAB_STEP_ROW) {
    g_autofree gchar *text = hab_statement_dup_text (statement, 0);

    if (g_strcmp0 (text, "ok") != 0)
      g_ptr_array_add (faults, g_strconcat ("the database is damaged: ",
          text, NULL));
  }
  return step == HAB_STEP_DONE;
}

static gboolean
check_references (HabCatalog *catalog, GPtrArray *faults, GError **error)
{
  g_autoptr (HabStatement) statement =
      hab_catalog_prepare (catalog, "PRAGMA foreign_key_check", error);
  HabStep step;

  if (!statement)
    return FALSE;
  while ((step = hab_catalog_step (catalog, statement, "check the catalog",
              error)) == HAB_STEP_ROW)
    g_ptr_array_add (faults, g_strdup_printf (
        "row %" G_GINT64_FORMAT " of the table %s refers to a row of %s that "
        "is not there", (gint64) sqlite3_column_int64 (statement, 1),
        (const gchar *) sqlite3_column_text (statement, 0),
        (const gchar *) sqlite3_column_text (statement, 2)));
  return step == HAB_STEP_DONE;
}

gboolean
hab_catalog_check (HabCatalog *catalog, GPtrArray *faults, GError **error)
{
  return check_integrity (catalog, faults, error) &&
      check_references (catalog, faults, error);
}

gboolean
hab_catalog_try (HabCatalog *catalog, GError **error)
{
  gint rc;

  if (catalog->damaged) {
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_CORRUPT,
        "the catalog is damaged");
    return FALSE;
  }
  sqlite3_busy_timeout (catalog->db, TRY_MS);
  rc = sqlite3_exec (catalog->db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL,
      NULL);
  sqlite3_busy_timeout (catalog->db, HAB_CATALOG_BUSY_MS);
  return rc == SQLITE_OK ||
      hab_catalog_fail (catalog, rc, "write to the catalog", error);
}

/* --- copying ---------------------------------------------------------- */

/* A step at a time, so that those who write meanwhile need not wait. */
static gint
copy_pages (sqlite3_backup *backup)
{
  gint rc;

  do {
    rc = sqlite3_backup_step (backup, PAGES_AT_A_TIME);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
      sqlite3_sleep (BUSY_MS);
  } while (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One file: no log beside it. */
static gint
copy_into (HabCatalog *catalog, sqlite3 *copy)
{
  sqlite3_backup *backup =
      sqlite3_backup_init (copy, "main", catalog->db, "main");
  gint rc = backup != NULL ? copy_pages (backup) : sqlite3_errcode (copy);
  gint finished = sqlite3_backup_finish (backup);

  if (rc == SQLITE_OK)
    rc = finished;
  if (rc == SQLITE_OK)
    rc = sqlite3_exec (copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
  return rc;
}

gboolean
hab_catalog_copy (HabCatalog *catalog, const gchar *path, GError **error)
{
  sqlite3 *copy = NULL;
  gint rc = sqlite3_open_v2 (path, &copy, SQLITE_OPEN_READWRITE |
          SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, NULL);

  if (rc == SQLITE_OK)
    rc = copy_into (catalog, copy);
  sqlite3_close (copy);
  if (rc == SQLITE_OK)
    return TRUE;
  g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_FAILED,
      "cannot copy the catalog to %s: %s", path, sqlite3_errstr (rc));
  return FALSE;
}

/* --- its room --------------------------------------------------------- */

/* SQLite has no lock on this file, which closing it would take away, and reads
 * its log as far as it was written. Where there is none yet it is made by the
 * first who reads, which opening the catalog does. */
gboolean
hab_catalog_reserve (HabCatalog *catalog, GError **error)
{
  const gchar *log =
      sqlite3_filename_wal (sqlite3_db_filename (catalog->db, "main"));
  int fd = open (log, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  int code = fd >= 0 ? posix_fallocate (fd, 0, HAB_CATALOG_RESERVE_BYTES)
                     : errno;

  if (fd >= 0)
    close (fd);
  if (code == 0)
    return TRUE;
  g_set_error (error, HAB_CATALOG_ERROR,
      code == ENOSPC || code == EDQUOT ? HAB_CATALOG_ERROR_NO_SPACE
                                       : HAB_CATALOG_ERROR_FAILED,
      "no room can be kept for the catalog's log: %s", g_strerror (code));
  return FALSE;
}

/* --- what a copy needs ------------------------------------------------ */

gboolean
hab_catalog_count_sealed_keys (HabCatalog *catalog, guint64 *count,
    GError **error)
{
  gint64 number;

  if (!hab_catalog_read_number (catalog,
          "SELECT count (*) FROM package_keys WHERE sealed_key IS NOT NULL",
          &number, error))
    return FALSE;
  *count = number;
  return TRUE;
}
