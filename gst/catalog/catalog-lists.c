/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

/* Lists that are searched and sorted, for those who look through them. Statements
 * have no more conditions than what is asked for needs, so that SQLite answers
 * from an index alone which rows they are (tests/gst/catalog-lists.c), however
 * many there are; those of the page are then read one by one. */

/* --- searching --------------------------------------------------------- */

static guchar
fold (guchar c)
{
  return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static gboolean
begins_with (const guchar *text, const guchar *part, gsize size)
{
  gsize i = 0;

  while (i < size && fold (text[i]) == fold (part[i]))
    i++;
  return i == size;
}

/* contains (text, part): letters A to Z count as a to z. SQLite's own ways make
 * a copy of each text, or have wildcards. */
static void
contains (sqlite3_context *context, gint n_values, sqlite3_value **values)
{
  const guchar *text = sqlite3_value_text (values[0]);
  const guchar *part = sqlite3_value_text (values[1]);
  gsize size = sqlite3_value_bytes (values[0]);
  gsize part_size = sqlite3_value_bytes (values[1]);
  gboolean found = FALSE;

  for (gsize i = 0; text && part && !found && i + part_size <= size; i++)
    found = begins_with (text + i, part, part_size);
  sqlite3_result_int (context, found);
}

gboolean
hab_catalog_add_functions (HabCatalog *catalog, GError **error)
{
  gint rc = sqlite3_create_function (catalog->db, "contains", 2,
      SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, contains, NULL, NULL);

  return rc == SQLITE_OK ||
      hab_catalog_fail (catalog, rc, "set up the catalog", error);
}

/* --- what all lists share ---------------------------------------------- */

typedef struct
{
  const gchar *table;
  const gchar *name;    /* of the column that is searched */
  const gchar *listed;  /* which rows are in the list at all, or NULL */
  const gchar *seen;    /* which of them :owner may see */
  /* by HabSort, and then from the first to the last or back */
  const gchar *orders[4][2];
} List;

static const List input_list = {
  .table = "inputs",
  .name = "name",
  /* The plus keeps SQLite from an index of such rows that has not all columns. */
  .listed = "+state <> 'replaced'",
  .seen = "(owner = :owner OR source = 'media-dir')",
  .orders = {
    [HAB_SORT_ID] = { "id", "id DESC" },
    [HAB_SORT_NAME] = {
      "name COLLATE NOCASE, id", "name COLLATE NOCASE DESC, id DESC"
    },
    [HAB_SORT_DURATION] = { "duration_ns, id", "duration_ns DESC, id DESC" },
    [HAB_SORT_SIZE] = { "size_bytes, id", "size_bytes DESC, id DESC" },
  },
};

static const List package_list = {
  .table = "packages",
  .name = "input_name",
  .seen = "owner = :owner",
  .orders = {
    [HAB_SORT_ID] = { "id", "id DESC" },
    [HAB_SORT_NAME] = {
      "input_name COLLATE NOCASE, id",
      "input_name COLLATE NOCASE DESC, id DESC"
    },
  },
};

/* The first begins the clause. */
static void
add_condition (GString *sql, gboolean *any, const gchar *format, ...)
{
  va_list arguments;

  g_string_append (sql, *any ? " AND " : " WHERE ");
  *any = TRUE;
  va_start (arguments, format);
  g_string_append_vprintf (sql, format, arguments);
  va_end (arguments);
}

/* after: (nullable) the column that :after is of. */
static void
add_conditions (GString *sql, const List *list, const HabListQuery *query,
    const gchar *after)
{
  gboolean any = FALSE;

  if (list->listed)
    add_condition (sql, &any, "%s", list->listed);
  if (query->owner)
    add_condition (sql, &any, "%s", list->seen);
  if (query->inputs)
    add_condition (sql, &any, g_str_equal (query->inputs, "[]")
        ? "input_id IS NULL"
        : "input_id IN (SELECT value FROM json_each (:inputs))");
  if (query->search)
    add_condition (sql, &any, "contains (%s, :search)", list->name);
  if (after && query->after > 0)
    add_condition (sql, &any, "%s > :after", after);
}

/* Kept for the next that is asked the same: there are some dozens. */
static HabStatement *
prepare (HabCatalog *catalog, const GString *sql, const HabListQuery *query,
    GError **error)
{
  HabStatement *statement =
      hab_catalog_prepare (catalog, g_intern_string (sql->str), error);

  if (!statement)
    return NULL;
  if (query->owner)
    hab_statement_bind_text (statement, ":owner", query->owner);
  if (query->inputs && !g_str_equal (query->inputs, "[]"))
    hab_statement_bind_text (statement, ":inputs", query->inputs);
  if (query->search)
    hab_statement_bind_text (statement, ":search", query->search);
  return statement;
}

static gboolean
count (HabCatalog *catalog, const List *list, const HabListQuery *query,
    guint64 *total, GError **error)
{
  g_autoptr (GString) sql = g_string_new (NULL);
  g_autoptr (HabStatement) statement = NULL;

  g_string_printf (sql, "SELECT count (*) FROM %s", list->table);
  add_conditions (sql, list, query, NULL);
  statement = prepare (catalog, sql, query, error);
  if (!statement || hab_catalog_step (catalog, statement, "count a list",
      error) != HAB_STEP_ROW)
    return FALSE;
  *total = sqlite3_column_int64 (statement, 0);
  return TRUE;
}

/* Of a search by id, the plus keeps SQLite from going through the rows
 * themselves, which are in that order but ten times as large as an index. */
static void
build_page (GString *sql, const List *list, const HabListQuery *query)
{
  gboolean by_index = query->search && query->sort == HAB_SORT_ID;

  g_string_printf (sql, "SELECT id FROM %s", list->table);
  add_conditions (sql, list, query, by_index ? "+id" : "id");
  g_string_append_printf (sql, " ORDER BY %s%s LIMIT :limit OFFSET :offset",
      by_index ? "+" : "", list->orders[query->sort][query->descending ? 1 : 0]);
}

static void
read_id (HabStatement *statement, gpointer row)
{
  gint64 *id = row;

  *id = sqlite3_column_int64 (statement, 0);
}

/* (element-type gint64): which rows the page has. */
static GArray *
find_page (HabCatalog *catalog, const List *list, const HabListQuery *query,
    GError **error)
{
  g_autoptr (GString) sql = g_string_new (NULL);
  g_autoptr (HabStatement) statement = NULL;

  build_page (sql, list, query);
  statement = prepare (catalog, sql, query, error);
  if (!statement)
    return NULL;
  if (query->after > 0)
    hab_statement_bind_int (statement, ":after", query->after);
  hab_statement_bind_int (statement, ":limit", query->limit);
  hab_statement_bind_int (statement, ":offset", query->offset);
  return hab_catalog_read_rows (catalog, statement, "read a list",
      sizeof (gint64), read_id, NULL, error);
}

typedef gpointer (*GetRow) (HabCatalog *catalog, gint64 id, GError **error);

static GPtrArray *
find (HabCatalog *catalog, const List *list, const HabListQuery *query,
    GetRow get, GDestroyNotify free_row, guint64 *total, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (free_row);
  g_autoptr (GArray) ids = NULL;

  g_return_val_if_fail (list->orders[query->sort][0] != NULL, NULL);

  if (count (catalog, list, query, total, error))
    ids = find_page (catalog, list, query, error);
  for (guint i = 0; ids && i < ids->len; i++) {
    gpointer row = get (catalog, g_array_index (ids, gint64, i), error);

    if (!row)
      return NULL;
    g_ptr_array_add (rows, row);
  }
  return ids ? g_steal_pointer (&rows) : NULL;
}

GPtrArray *
hab_catalog_find_inputs (HabCatalog *catalog, const HabListQuery *query,
    guint64 *total, GError **error)
{
  return find (catalog, &input_list, query, (GetRow) hab_catalog_get_input,
      (GDestroyNotify) hab_input_free, total, error);
}

GPtrArray *
hab_catalog_find_packages (HabCatalog *catalog, const HabListQuery *query,
    guint64 *total, GError **error)
{
  return find (catalog, &package_list, query, (GetRow) hab_catalog_get_package,
      (GDestroyNotify) hab_package_free, total, error);
}

/* --- names of files ----------------------------------------------------- */

static void
read_text (HabStatement *statement, gpointer row)
{
  gchar **text = row;

  *text = hab_statement_dup_text (statement, 0);
}

static void
clear_text (gpointer row)
{
  g_free (*(gchar **) row);
}

static GArray *
list_texts (HabCatalog *catalog, const gchar *sql, GError **error)
{
  g_autoptr (HabStatement) statement =
      hab_catalog_prepare (catalog, sql, error);

  return statement
      ? hab_catalog_read_rows (catalog, statement, "read a list",
            sizeof (gchar *), read_text, clear_text, error)
      : NULL;
}

GArray *
hab_catalog_list_storages (HabCatalog *catalog, GError **error)
{
  return list_texts (catalog,
      "SELECT storage FROM inputs WHERE state <> 'replaced'", error);
}

GArray *
hab_catalog_list_ready_codes (HabCatalog *catalog, GError **error)
{
  return list_texts (catalog,
      "SELECT code FROM packages WHERE status = 'Ready'", error);
}
