/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Who is to be told of a package's end. */

#include "catalog-private.h"

#include "clock.h"

static const gchar *const status_words[] = {
  [HAB_CALLBACK_WAITING] = "waiting",
  [HAB_CALLBACK_DELIVERED] = "delivered",
  [HAB_CALLBACK_FAILED] = "failed",
};

const gchar *
hab_callback_status_to_string (HabCallbackStatus status)
{
  g_return_val_if_fail (status < G_N_ELEMENTS (status_words), NULL);

  return status_words[status];
}

void
hab_callback_free (HabCallback *callback)
{
  if (!callback)
    return;

  g_free (callback->url);
  g_free (callback->reason);
  g_free (callback);
}

#define CALLBACK_COLUMNS "package_id, url, status, attempts, due_us, reason"

static HabCallback *
read_callback (HabStatement *statement)
{
  HabCallback *callback = g_new0 (HabCallback, 1);
  const gchar *status = (const gchar *) sqlite3_column_text (statement, 2);

  callback->package_id = sqlite3_column_int64 (statement, 0);
  callback->url = hab_statement_dup_text (statement, 1);
  for (guint i = 0; i < G_N_ELEMENTS (status_words); i++) {
    if (g_strcmp0 (status, status_words[i]) == 0)
      callback->status = i;
  }
  callback->attempts = sqlite3_column_int64 (statement, 3);
  callback->due_us = sqlite3_column_int64 (statement, 4);
  callback->reason = hab_statement_dup_text (statement, 5);
  return callback;
}

HabCallback *
hab_catalog_get_callback (HabCatalog *catalog, gint64 package_id,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " CALLBACK_COLUMNS " FROM callbacks WHERE package_id = :id",
      error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", package_id);
  switch (hab_catalog_step (catalog, statement, "read a callback", error)) {
    case HAB_STEP_ROW:
      return read_callback (statement);
    case HAB_STEP_DONE:
      g_set_error_literal (error, HAB_CATALOG_ERROR,
          HAB_CATALOG_ERROR_NOT_FOUND, "nobody asked to be told");
      return NULL;
    default:
      return NULL;
  }
}

HabCallback *
hab_catalog_claim_callback (HabCatalog *catalog, gint64 lease_us,
    GError **error)
{
  g_autoptr (HabCallback) callback = NULL;
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE callbacks SET attempts = attempts + 1, due_us = :now + :lease "
      "WHERE package_id = (SELECT package_id FROM callbacks "
      "  WHERE status = 'waiting' "
      "  AND (due_us <= :now OR due_us > :now + :longest) "
      "  ORDER BY due_us LIMIT 1) "
      "RETURNING " CALLBACK_COLUMNS, error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":now", hab_clock_now ());
  hab_statement_bind_int (statement, ":longest", HAB_CATALOG_MAX_WAIT_US);
  hab_statement_bind_int (statement, ":lease", lease_us);
  if (hab_catalog_step (catalog, statement, "take a callback", error) !=
      HAB_STEP_ROW)
    return NULL;
  callback = read_callback (statement);
  /* The change is kept only when the statement has come to its end. */
  if (hab_catalog_step (catalog, statement, "take a callback", error) ==
      HAB_STEP_FAILED)
    return NULL;
  return g_steal_pointer (&callback);
}

gboolean
hab_catalog_set_callback (HabCatalog *catalog, gint64 package_id,
    HabCallbackStatus status, gint64 due_us, const gchar *reason,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE callbacks SET status = :status, due_us = :due, "
      "reason = :reason WHERE package_id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", package_id);
  hab_statement_bind_text (
      statement, ":status", hab_callback_status_to_string (status));
  hab_statement_bind_int_or_null (statement, ":due", due_us, 0);
  hab_statement_bind_text (statement, ":reason", reason);
  return hab_catalog_run (catalog, statement, "record a callback", error);
}

gboolean
hab_catalog_get_next_callback (HabCatalog *catalog, gint64 *at_us,
    GError **error)
{
  return hab_catalog_read_number (catalog,
      "SELECT min (due_us) FROM callbacks WHERE status = 'waiting'", at_us,
      error);
}
