/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

/* Lists that are searched and sorted, for those who look through them. */

/* --- what all statements share ---------------------------------------- */

#define PART " LIMIT :limit OFFSET :offset"

static void
bind_filters (HabStatement *statement, const HabListQuery *query)
{
  hab_statement_bind_text (statement, ":owner", query->owner);
  hab_statement_bind_text (statement, ":search", query->search);
}

static void
bind_part (HabStatement *statement, const HabListQuery *query)
{
  hab_statement_bind_int (statement, ":after", query->after);
  hab_statement_bind_int (statement, ":limit", query->limit);
  hab_statement_bind_int (statement, ":offset", query->offset);
}

static gboolean
read_total (HabCatalog *catalog, HabStatement *statement, guint64 *total,
    GError **error)
{
  if (hab_catalog_step (catalog, statement, "count a list", error) !=
      HAB_STEP_ROW)
    return FALSE;
  *total = sqlite3_column_int64 (statement, 0);
  return TRUE;
}

/* --- inputs ------------------------------------------------------------ */

/* instr () and not LIKE: what is searched for has no wildcards. */
#define INPUTS_FOUND \
  " WHERE id > :after AND state <> 'replaced' AND " HAB_INPUT_IS_SEEN \
  " AND (:search IS NULL OR instr (lower (name), lower (:search)) > 0)"
#define SELECT_INPUTS(order) \
  "SELECT id FROM inputs" INPUTS_FOUND " ORDER BY " order PART

/* By key, and then from the first to the last or back. */
static const gchar *const input_lists[][2] = {
  [HAB_SORT_ID] = { SELECT_INPUTS ("id"), SELECT_INPUTS ("id DESC") },
  [HAB_SORT_NAME] = {
    SELECT_INPUTS ("name COLLATE NOCASE, id"),
    SELECT_INPUTS ("name COLLATE NOCASE DESC, id DESC"),
  },
  [HAB_SORT_DURATION] = {
    SELECT_INPUTS ("duration_ns, id"),
    SELECT_INPUTS ("duration_ns DESC, id DESC"),
  },
  [HAB_SORT_SIZE] = {
    SELECT_INPUTS ("size_bytes, id"),
    SELECT_INPUTS ("size_bytes DESC, id DESC"),
  },
};

static gboolean
count_inputs (HabCatalog *catalog, const HabListQuery *query, guint64 *total,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT count(*) FROM inputs" INPUTS_FOUND, error);

  if (!statement)
    return FALSE;
  bind_filters (statement, query);
  hab_statement_bind_int (statement, ":after", 0);
  return read_total (catalog, statement, total, error);
}

static void
read_id (HabStatement *statement, gpointer row)
{
  gint64 *id = row;

  *id = sqlite3_column_int64 (statement, 0);
}

static GArray *
find_input_ids (HabCatalog *catalog, const HabListQuery *query,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      input_lists[query->sort][query->descending ? 1 : 0], error);

  if (!statement)
    return NULL;
  bind_filters (statement, query);
  bind_part (statement, query);
  return hab_catalog_read_rows (catalog, statement, "list the inputs",
      sizeof (gint64), read_id, NULL, error);
}

GPtrArray *
hab_catalog_find_inputs (HabCatalog *catalog, const HabListQuery *query,
    guint64 *total, GError **error)
{
  g_autoptr (GPtrArray) inputs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_input_free);
  g_autoptr (GArray) ids = NULL;

  if (!count_inputs (catalog, query, total, error))
    return NULL;
  ids = find_input_ids (catalog, query, error);
  for (guint i = 0; ids && i < ids->len; i++) {
    HabInput *input = hab_catalog_get_input (catalog,
        g_array_index (ids, gint64, i), error);

    if (!input)
      return NULL;
    g_ptr_array_add (inputs, input);
  }
  return ids ? g_steal_pointer (&inputs) : NULL;
}

/* --- packages ---------------------------------------------------------- */

#define PACKAGES_FOUND \
  " WHERE id > :after AND (:owner IS NULL OR owner = :owner)" \
  " AND (:search IS NULL OR instr (lower (input_name), lower (:search)) > 0)" \
  " AND (:inputs IS NULL OR input_id IN (SELECT value FROM json_each (:inputs))" \
  " OR (:inputs = '[]' AND input_id IS NULL))"
#define SELECT_PACKAGES(order) \
  "SELECT " HAB_PACKAGE_COLUMNS " FROM packages" PACKAGES_FOUND \
  " ORDER BY " order PART

static const gchar *const package_lists[][2] = {
  [HAB_SORT_ID] = { SELECT_PACKAGES ("id"), SELECT_PACKAGES ("id DESC") },
  [HAB_SORT_NAME] = {
    SELECT_PACKAGES ("input_name COLLATE NOCASE, id"),
    SELECT_PACKAGES ("input_name COLLATE NOCASE DESC, id DESC"),
  },
};

static gboolean
count_packages (HabCatalog *catalog, const HabListQuery *query,
    guint64 *total, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT count(*) FROM packages" PACKAGES_FOUND, error);

  if (!statement)
    return FALSE;
  bind_filters (statement, query);
  hab_statement_bind_text (statement, ":inputs", query->inputs);
  hab_statement_bind_int (statement, ":after", 0);
  return read_total (catalog, statement, total, error);
}

GPtrArray *
hab_catalog_find_packages (HabCatalog *catalog, const HabListQuery *query,
    guint64 *total, GError **error)
{
  g_autoptr (HabStatement) statement = NULL;

  g_return_val_if_fail (query->sort < G_N_ELEMENTS (package_lists), NULL);

  if (!count_packages (catalog, query, total, error))
    return NULL;
  statement = hab_catalog_prepare (catalog,
      package_lists[query->sort][query->descending ? 1 : 0], error);
  if (!statement)
    return NULL;
  bind_filters (statement, query);
  bind_part (statement, query);
  hab_statement_bind_text (statement, ":inputs", query->inputs);
  return hab_catalog_read_packages (catalog, statement, error);
}
