/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* How much there is of what. */

#include "catalog-private.h"

static gboolean
count_packages (HabCatalog *catalog, HabStatistics *statistics,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT status, count (*), sum (status = 'Queued' AND claimed = 0)"
      " FROM packages GROUP BY status", error);
  HabStep step;

  if (!statement)
    return FALSE;
  while ((step = hab_catalog_step (catalog, statement, "count packages",
              error)) == HAB_STEP_ROW) {
    HabStatus status;

    if (!hab_status_from_string (
            (const gchar *) sqlite3_column_text (statement, 0), &status))
      continue;
    statistics->packages[status] = sqlite3_column_int64 (statement, 1);
    statistics->waiting += sqlite3_column_int64 (statement, 2);
  }
  return step == HAB_STEP_DONE;
}

gboolean
hab_catalog_get_statistics (HabCatalog *catalog, HabStatistics *statistics,
    GError **error)
{
  gint64 inputs;

  *statistics = (HabStatistics) { 0 };
  if (!count_packages (catalog, statistics, error) ||
      !hab_catalog_read_number (catalog, "SELECT count (*) FROM inputs "
          "WHERE state <> 'replaced'",
          &inputs, error))
    return FALSE;
  statistics->inputs = inputs;
  return TRUE;
}
