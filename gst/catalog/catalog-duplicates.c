/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Inputs of the same bytes under other names. */

#include "catalog-private.h"

#include "clock.h"

gint64
hab_catalog_find_input_by_sha256 (HabCatalog *catalog, const gchar *sha256,
    gchar **storage, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT id, storage FROM inputs WHERE sha256 = :sha256 AND indexed = 1 "
      "ORDER BY id LIMIT 1", error);

  *storage = NULL;
  if (!statement)
    return 0;
  hab_statement_bind_text (statement, ":sha256", sha256);
  if (hab_catalog_step (catalog, statement, "find an input", error) !=
      HAB_STEP_ROW)
    return 0;
  *storage = hab_statement_dup_text (statement, 1);
  return sqlite3_column_int64 (statement, 0);
}

static gboolean
copy_row (HabCatalog *catalog, gint64 id, const HabInput *input,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO inputs (owner, name, source, storage, size_bytes, sha256, "
      "duration_ns, video_track_number, indexed, created_us) "
      "SELECT coalesce (:owner, ''), :name, :source, :storage, size_bytes, "
      "sha256, duration_ns, video_track_number, indexed, :now "
      "FROM inputs WHERE id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_text (statement, ":owner", input->owner);
  hab_statement_bind_text (statement, ":name", input->name);
  hab_statement_bind_text (statement, ":source",
      hab_input_source_to_string (input->source));
  hab_statement_bind_text (statement, ":storage", input->storage);
  hab_statement_bind_int (statement, ":now", hab_clock_now ());
  hab_statement_bind_int (statement, ":id", id);
  if (!hab_catalog_run (catalog, statement, "add an input", error))
    return FALSE;

  if (sqlite3_changes (catalog->db) > 0)
    return TRUE;
  g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
      "there is no such input");
  return FALSE;
}

/* sql: copies what belongs to :from to :to, made at :now. */
static gboolean
copy_contents (HabCatalog *catalog, const gchar *sql, gint64 from, gint64 to,
    GError **error)
{
  g_autoptr (HabStatement) statement =
      hab_catalog_prepare (catalog, sql, error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":from", from);
  hab_statement_bind_int (statement, ":to", to);
  return hab_catalog_run (catalog, statement, "add an input", error);
}

static gboolean
copy_all_contents (HabCatalog *catalog, gint64 from, gint64 to,
    GError **error)
{
  return copy_contents (catalog,
             "INSERT INTO input_history (input_id, status, at_us) "
             "SELECT id, 'Ingested', created_us FROM inputs "
             "WHERE id = :to AND :from > 0", from, to, error) &&
      copy_contents (catalog,
          "INSERT INTO tracks (input_id, " HAB_TRACK_COLUMNS ") "
          "SELECT :to, " HAB_TRACK_COLUMNS " FROM tracks "
          "WHERE input_id = :from", from, to, error) &&
      copy_contents (catalog,
          "INSERT INTO gops (input_id, track_number, " HAB_GOP_COLUMNS ") "
          "SELECT :to, track_number, " HAB_GOP_COLUMNS " FROM gops "
          "WHERE input_id = :from", from, to, error) &&
      copy_contents (catalog,
          "INSERT INTO iframes (input_id, number, " HAB_IFRAME_COLUMNS ") "
          "SELECT :to, number, " HAB_IFRAME_COLUMNS " FROM iframes "
          "WHERE input_id = :from", from, to, error);
}

gint64
hab_catalog_copy_input (HabCatalog *catalog, gint64 id, const HabInput *input,
    GError **error)
{
  gint64 copy;

  if (!hab_catalog_begin (catalog, error))
    return 0;
  if (copy_row (catalog, id, input, error)) {
    copy = sqlite3_last_insert_rowid (catalog->db);
    if (copy_all_contents (catalog, id, copy, error))
      return hab_catalog_commit (catalog, error) ? copy : 0;
  }
  hab_catalog_rollback (catalog);
  return 0;
}
