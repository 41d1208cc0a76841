/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* What nobody has needed for how long. */

#include "catalog-private.h"

static void
unused_input_clear (gpointer data)
{
  g_free (((HabUnusedInput *) data)->storage);
}

static void
read_unused_input (HabStatement *statement, gpointer row)
{
  HabUnusedInput *input = row;

  *input = (HabUnusedInput) {
    .id = sqlite3_column_int64 (statement, 0),
    .storage = hab_statement_dup_text (statement, 1),
    .size_bytes = sqlite3_column_int64 (statement, 2),
    .used_us = sqlite3_column_int64 (statement, 3),
  };
}

GArray *
hab_catalog_list_unused_inputs (HabCatalog *catalog, guint64 *total_bytes,
    GError **error)
{
  g_autoptr (HabStatement) statement = NULL;
  gint64 total;

  if (!hab_catalog_read_number (catalog, "SELECT sum(size_bytes) FROM inputs "
          "WHERE source = 'upload'", &total, error))
    return NULL;
  *total_bytes = total;
  statement = hab_catalog_prepare (catalog,
      "SELECT id, storage, size_bytes, max (created_us, coalesce (("
      "  SELECT max (packages.created_us) FROM packages"
      "  WHERE input_id = inputs.id), 0)) AS used_us"
      " FROM inputs WHERE source = 'upload' AND NOT EXISTS (SELECT 1 FROM packages"
      "  WHERE input_id = inputs.id"
      "  AND status NOT IN ('Ready', 'Failed', 'Cancelled'))"
      " ORDER BY used_us, id", error);
  if (!statement)
    return NULL;
  return hab_catalog_read_rows (catalog, statement, "list inputs",
      sizeof (HabUnusedInput), read_unused_input, unused_input_clear, error);
}
