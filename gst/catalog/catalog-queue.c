/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The packages as a queue: which is made next, what becomes of it, and what of
 * that somebody has not seen yet. */

#include "catalog-private.h"

#include "clock.h"

/* --- the queue ------------------------------------------------------- */

HabPackage *
hab_catalog_claim_package (HabCatalog *catalog, GError **error)
{
  g_autoptr (HabPackage) package = NULL;
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE packages SET claimed = 1, attempts = attempts + 1, "
      "not_before_us = NULL, reason = NULL, updated_us = :now "
      "WHERE id = (SELECT id FROM packages "
      "  WHERE status = 'Queued' AND claimed = 0 "
      "  AND (coalesce (not_before_us, 0) <= :now "
      "    OR not_before_us > :now + :longest) "
      "  ORDER BY priority DESC, id LIMIT 1) "
      "RETURNING " HAB_PACKAGE_COLUMNS, error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":now", hab_clock_now ());
  hab_statement_bind_int (statement, ":longest", HAB_CATALOG_MAX_WAIT_US);

  if (hab_catalog_step (catalog, statement, "take a package from the queue",
      error) != HAB_STEP_ROW)
    return NULL;
  package = hab_catalog_read_package (statement, error);

  /* The change is kept only when the statement has come to its end. */
  if (!package ||
      hab_catalog_step (catalog, statement, "take a package from the queue",
          error) == HAB_STEP_FAILED)
    return NULL;

  return g_steal_pointer (&package);
}

static gboolean
check_order (HabStatus from, HabStatus to, GError **error)
{
  gboolean is_stage = to > HAB_STATUS_QUEUED && to <= HAB_STATUS_READY;
  gboolean is_end = to == HAB_STATUS_FAILED || to == HAB_STATUS_CANCELLED;

  if (!hab_status_is_final (from) && (is_end || (is_stage && to > from)))
    return TRUE;

  g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_STATE,
      "a package that is %s cannot become %s", hab_status_to_string (from),
      hab_status_to_string (to));
  return FALSE;
}

static gboolean
update_status (HabCatalog *catalog, gint64 id, HabStatus status,
    const gchar *reason, const gchar *output_file_path, gint64 now,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE packages SET status = :status, reason = :reason, "
      "output_file_path = coalesce (:output_file_path, output_file_path), "
      "progress = CASE :status WHEN 'Ready' THEN 1.0 ELSE progress END, "
      "not_before_us = NULL, "
      "expected_end_us = iif (:is_final, NULL, expected_end_us), "
      "updated_us = :now WHERE id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  hab_statement_bind_text (statement, ":status", hab_status_to_string (status));
  hab_statement_bind_text (statement, ":reason", reason);
  hab_statement_bind_text (statement, ":output_file_path", output_file_path);
  hab_statement_bind_int (
      statement, ":is_final", hab_status_is_final (status));
  hab_statement_bind_int (statement, ":now", now);

  return hab_catalog_run (catalog, statement, "record a status", error);
}

/* In the transaction of the status, so that a callback is never lost. */
static gboolean
make_callback_due (HabCatalog *catalog, gint64 id, gint64 now, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE callbacks SET due_us = :now WHERE package_id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  hab_statement_bind_int (statement, ":now", now);
  return hab_catalog_run (catalog, statement, "record a callback", error);
}

static gboolean
change_status (HabCatalog *catalog, gint64 id, HabStatus status,
    const gchar *reason, const gchar *output_file_path, GError **error)
{
  gint64 now = hab_clock_now ();
  g_autoptr (HabPackage) package = hab_catalog_get_package (catalog, id, error);

  return package && check_order (package->status, status, error) &&
      update_status (
          catalog, id, status, reason, output_file_path, now, error) &&
      hab_catalog_add_change (catalog, id, status, now, error) &&
      (!hab_status_is_final (status) ||
          make_callback_due (catalog, id, now, error));
}

gboolean
hab_catalog_set_status (HabCatalog *catalog, gint64 package_id,
    HabStatus status, const gchar *reason, const gchar *output_file_path,
    GError **error)
{
  if (!hab_catalog_begin (catalog, error))
    return FALSE;

  if (!change_status (
          catalog, package_id, status, reason, output_file_path, error)) {
    hab_catalog_rollback (catalog);
    return FALSE;
  }

  return hab_catalog_commit (catalog, error);
}

static gboolean
update_progress (HabCatalog *catalog, gint64 package_id,
    const HabProgress *progress, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE packages SET progress = max (progress, :progress), "
      "speed = nullif (:speed, 0), "
      "bytes_per_second = nullif (:bytes_per_second, 0), "
      "expected_end_us = nullif (:expected_end_us, 0), updated_us = :now "
      "WHERE id = :id AND status NOT IN ('Ready', 'Failed', 'Cancelled')",
      error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", package_id);
  hab_statement_bind_double (
      statement, ":progress", CLAMP (progress->fraction, 0, 1));
  hab_statement_bind_double (statement, ":speed", progress->speed);
  hab_statement_bind_double (
      statement, ":bytes_per_second", progress->bytes_per_second);
  hab_statement_bind_int (
      statement, ":expected_end_us", progress->expected_end_us);
  hab_statement_bind_int (statement, ":now", hab_clock_now ());

  return hab_catalog_run (catalog, statement, "record the progress", error);
}

/* After an UPDATE that found no row. Always FALSE. */
static gboolean
fail_state (HabCatalog *catalog, gint64 package_id, const gchar *what,
    GError **error)
{
  g_autoptr (HabPackage) package =
      hab_catalog_get_package (catalog, package_id, error);

  if (package)
    g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_STATE, "%s (%s)",
        what, hab_status_to_string (package->status));
  return FALSE;
}

gboolean
hab_catalog_set_progress (HabCatalog *catalog, gint64 package_id,
    const HabProgress *progress, GError **error)
{
  if (!update_progress (catalog, package_id, progress, error))
    return FALSE;
  return sqlite3_changes (catalog->db) > 0 ||
      fail_state (catalog, package_id, "the package has ended", error);
}

static gboolean
update_notes (HabCatalog *catalog, gint64 package_id, const gchar *notes,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE packages SET notes = :notes, updated_us = :now "
      "WHERE id = :id AND status NOT IN ('Ready', 'Failed', 'Cancelled')",
      error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", package_id);
  hab_statement_bind_text (statement, ":notes", notes);
  hab_statement_bind_int (statement, ":now", hab_clock_now ());
  return hab_catalog_run (catalog, statement, "store the notes", error);
}

gboolean
hab_catalog_set_notes (HabCatalog *catalog, gint64 package_id,
    const gchar *notes, GError **error)
{
  if (!update_notes (catalog, package_id, notes, error))
    return FALSE;
  return sqlite3_changes (catalog->db) > 0 ||
      fail_state (catalog, package_id, "the package has ended", error);
}

static gboolean
update_priority (HabCatalog *catalog, gint64 package_id, gint priority,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE packages SET priority = :priority, updated_us = :now "
      "WHERE id = :id AND status = 'Queued' AND claimed = 0", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", package_id);
  hab_statement_bind_int (statement, ":priority", priority);
  hab_statement_bind_int (statement, ":now", hab_clock_now ());
  return hab_catalog_run (catalog, statement, "set the priority", error);
}

gboolean
hab_catalog_set_priority (HabCatalog *catalog, gint64 package_id,
    gint priority, GError **error)
{
  if (!update_priority (catalog, package_id, priority, error))
    return FALSE;
  return sqlite3_changes (catalog->db) > 0 ||
      fail_state (catalog, package_id,
          "the package waits no more: it is being made, or has ended", error);
}

/* not_before_us 0: at once */
static gboolean
put_back (HabCatalog *catalog, gint64 id, gint64 not_before_us,
    const gchar *reason, GError **error)
{
  gint64 now = hab_clock_now ();
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE packages SET status = 'Queued', claimed = 0, progress = 0, "
      "reason = :reason, not_before_us = :not_before_us, "
      "output_file_path = NULL, speed = NULL, bytes_per_second = NULL, "
      "expected_end_us = NULL, updated_us = :now WHERE id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  hab_statement_bind_int_or_null (
      statement, ":not_before_us", not_before_us, 0);
  hab_statement_bind_text (statement, ":reason", reason);
  hab_statement_bind_int (statement, ":now", now);

  return hab_catalog_run (catalog, statement, "put a package back", error) &&
      hab_catalog_add_change (catalog, id, HAB_STATUS_QUEUED, now, error);
}

static gboolean
check_not_final (HabCatalog *catalog, gint64 id, GError **error)
{
  g_autoptr (HabPackage) package = hab_catalog_get_package (catalog, id, error);

  if (!package)
    return FALSE;
  if (!hab_status_is_final (package->status))
    return TRUE;

  g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_STATE,
      "a package that is %s cannot be queued again",
      hab_status_to_string (package->status));
  return FALSE;
}

static gboolean
forget_attempt (HabCatalog *catalog, gint64 id, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE packages SET attempts = max (attempts - 1, 0) WHERE id = :id",
      error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  return hab_catalog_run (catalog, statement, "forget an attempt", error);
}

gboolean
hab_catalog_requeue_package (HabCatalog *catalog, gint64 package_id,
    gboolean forgive, GError **error)
{
  if (!hab_catalog_begin (catalog, error))
    return FALSE;

  if (!check_not_final (catalog, package_id, error) ||
      !put_back (catalog, package_id, 0, NULL, error) ||
      (forgive && !forget_attempt (catalog, package_id, error))) {
    hab_catalog_rollback (catalog);
    return FALSE;
  }

  return hab_catalog_commit (catalog, error);
}

gboolean
hab_catalog_retry_package (HabCatalog *catalog, gint64 package_id,
    gint64 not_before_us, const gchar *reason, GError **error)
{
  if (!hab_catalog_begin (catalog, error))
    return FALSE;

  if (!check_not_final (catalog, package_id, error) ||
      !put_back (catalog, package_id, not_before_us, reason, error)) {
    hab_catalog_rollback (catalog);
    return FALSE;
  }

  return hab_catalog_commit (catalog, error);
}

gboolean
hab_catalog_get_next_attempt (HabCatalog *catalog, gint64 *at_us,
    GError **error)
{
  return hab_catalog_read_number (catalog,
      "SELECT min (not_before_us) FROM packages "
      "WHERE status = 'Queued' AND claimed = 0", at_us, error);
}

/* --- after a start --------------------------------------------------- */

static GPtrArray *
list_claimed (HabCatalog *catalog, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_PACKAGE_COLUMNS " FROM packages WHERE claimed = 1 "
      "AND status NOT IN ('Ready', 'Failed', 'Cancelled') ORDER BY id", error);

  return statement ? hab_catalog_read_packages (catalog, statement, error) :
                     NULL;
}

/* manifest: of a package that is whole, NULL of others */
static gboolean
recover_package (HabCatalog *catalog, const HabPackage *package,
    const gchar *manifest, GError **error)
{
  return manifest ? hab_catalog_set_status (catalog, package->id,
                        HAB_STATUS_READY, NULL, manifest, error) :
                    put_back (catalog, package->id, 0, NULL, error);
}

/* How many wait again, -1 on failure. */
static gint
recover_packages (HabCatalog *catalog, HabFindOutputFunc find_output,
    gpointer data, GError **error)
{
  g_autoptr (GPtrArray) packages = list_claimed (catalog, error);
  gint n_waiting = 0;

  if (!packages)
    return -1;
  for (guint i = 0; i < packages->len; i++) {
    const HabPackage *package = packages->pdata[i];
    g_autofree gchar *manifest =
        find_output ? find_output (package, data) : NULL;

    if (!recover_package (catalog, package, manifest, error))
      return -1;
    n_waiting += manifest == NULL;
  }
  return n_waiting;
}

gint
hab_catalog_recover (HabCatalog *catalog, HabFindOutputFunc find_output,
    gpointer data, GError **error)
{
  gint n_waiting;

  if (!hab_catalog_begin (catalog, error))
    return -1;

  n_waiting = recover_packages (catalog, find_output, data, error);
  if (n_waiting < 0) {
    hab_catalog_rollback (catalog);
    return -1;
  }

  return hab_catalog_commit (catalog, error) ? n_waiting : -1;
}

/* --- changes ---------------------------------------------------------- */

gboolean
hab_catalog_get_last_change (HabCatalog *catalog, gint64 *change,
    GError **error)
{
  return hab_catalog_read_number (catalog,
      "SELECT max (seq) FROM sqlite_sequence "
      "WHERE name = 'package_history'", change, error);
}

static void
read_change (HabStatement *statement, gpointer row)
{
  HabPackageChange *change = row;

  *change = (HabPackageChange) { sqlite3_column_int64 (statement, 0),
    sqlite3_column_int64 (statement, 1) };
}

static GArray *
read_changes (HabCatalog *catalog, HabStatement *statement, guint limit,
    GError **error)
{
  hab_statement_bind_int (statement, ":limit", limit);
  return hab_catalog_read_rows (catalog, statement, "read the changes",
      sizeof (HabPackageChange), read_change, NULL, error);
}

GArray *
hab_catalog_list_changes (HabCatalog *catalog, gint64 package_id,
    gint64 after, guint limit, GError **error)
{
  g_autoptr (HabStatement) statement = NULL;

  if (package_id == 0)
    statement = hab_catalog_prepare (catalog,
        "SELECT package_id, max (id) FROM package_history WHERE id > :after "
        "GROUP BY package_id ORDER BY max (id) LIMIT :limit", error);
  else
    statement = hab_catalog_prepare (catalog,
        "SELECT package_id, max (id) FROM package_history "
        "WHERE package_id = :package_id GROUP BY package_id "
        "HAVING max (id) > :after LIMIT :limit", error);
  if (!statement)
    return NULL;
  if (package_id != 0)
    hab_statement_bind_int (statement, ":package_id", package_id);
  hab_statement_bind_int (statement, ":after", after);
  return read_changes (catalog, statement, limit, error);
}

GArray *
hab_catalog_list_unfinished (HabCatalog *catalog, const gchar *owner,
    guint limit, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT packages.id, max (package_history.id) FROM packages "
      "JOIN package_history ON package_history.package_id = packages.id "
      "WHERE packages.status NOT IN ('Ready', 'Failed', 'Cancelled') "
      "AND (:owner IS NULL OR packages.owner = :owner) "
      "GROUP BY packages.id ORDER BY max (package_history.id) LIMIT :limit",
      error);

  if (statement)
    hab_statement_bind_text (statement, ":owner", owner);
  return statement ? read_changes (catalog, statement, limit, error) : NULL;
}
