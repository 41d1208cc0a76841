/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists that are searched and sorted: what is in them, and that SQLite finds it
 * out by indices, since a list of ten thousand must not be gone through. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

#include "folder.h"

#include <string.h>

typedef struct
{
  gchar *dir;
  HabCatalog *catalog;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree gchar *path = NULL;
  g_autoptr (GError) error = NULL;

  fixture->dir = g_dir_make_tmp ("hab-lists-XXXXXX", NULL);
  path = g_build_filename (fixture->dir, "catalog.sqlite", NULL);
  fixture->catalog = hab_catalog_open (path, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  hab_catalog_close (fixture->catalog);
  remove_all (fixture->dir);
  g_free (fixture->dir);
}

static void
add_pair (HabCatalog *catalog, const gchar *owner, const gchar *name)
{
  g_autofree gchar *storage = g_strdup_printf ("%s-%s", owner, name);
  g_autofree gchar *sha256 = g_strnfill (64, '0');
  HabInput input = { .owner = (gchar *) owner, .name = (gchar *) name,
    .storage = storage, .sha256 = sha256, .duration_ns = -1,
    .size_bytes = strlen (name) };
  g_autoptr (GError) error = NULL;
  gint64 id =
      hab_catalog_add_input (catalog, &input, NULL, 0, NULL, NULL, &error);
  g_autofree gchar *code = g_strdup_printf ("CODE%02u", (guint) id);
  HabPackage package = { .owner = (gchar *) owner, .input_id = id,
    .code = code, .encrypt = (gchar *) "none",
    .segment_duration_ns = 4000000000, .url = (gchar *) "http://localhost/" };

  g_assert_no_error (error);
  g_assert_cmpint (hab_catalog_add_package (catalog, &package, &error), >, 0);
  g_assert_no_error (error);
}

/* --- what is in a list -------------------------------------------------- */

/* The names of packages, each with a comma behind; total as it is told. */
static gchar *
list_packages (HabCatalog *catalog, const HabListQuery *query, guint64 *total)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) packages =
      hab_catalog_find_packages (catalog, query, total, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < packages->len; i++)
    g_string_append_printf (names, "%s,",
        ((HabPackage *) g_ptr_array_index (packages, i))->input_name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
test_rows (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    HabListQuery query;
    const gchar *names;
    guint total;
  } rows[] = {
    { { .limit = 9 }, "Beta.mp4,alpha.mp4,ALPHABET.mp4,\xc3\x84% _.mp4,", 4 },
    { { .limit = 9, .search = "" },
        "Beta.mp4,alpha.mp4,ALPHABET.mp4,\xc3\x84% _.mp4,", 4 },
    { { .limit = 9, .search = "aLPha" }, "alpha.mp4,ALPHABET.mp4,", 2 },
    { { .limit = 1, .search = "a", .sort = HAB_SORT_NAME, .offset = 1 },
        "ALPHABET.mp4,", 3 },
    { { .limit = 9, .search = "a", .after = 2, .descending = TRUE },
        "ALPHABET.mp4,", 3 },
    { { .limit = 9, .search = "% " }, "\xc3\x84% _.mp4,", 1 },
    { { .limit = 9, .search = "_" }, "\xc3\x84% _.mp4,", 1 },
    { { .limit = 9, .search = "\xc3\x84" }, "\xc3\x84% _.mp4,", 1 },
    { { .limit = 9, .search = "\xc3\xa4" }, "", 0 },
    { { .limit = 9, .search = "ALPHABET.mp4 and more" }, "", 0 },
    { { .limit = 9, .owner = "her" }, "alpha.mp4,\xc3\x84% _.mp4,", 2 },
    { { .limit = 9, .owner = "her", .sort = HAB_SORT_NAME,
        .descending = TRUE }, "\xc3\x84% _.mp4,alpha.mp4,", 2 },
    { { .limit = 9, .owner = "her", .search = "bet" }, "", 0 },
    { { .limit = 9, .inputs = "[1,3]", .search = "BET" },
        "Beta.mp4,ALPHABET.mp4,", 2 },
    { { .limit = 9, .inputs = "[]" }, "", 0 },
  };

  add_pair (fixture->catalog, "him", "Beta.mp4");
  add_pair (fixture->catalog, "her", "alpha.mp4");
  add_pair (fixture->catalog, "him", "ALPHABET.mp4");
  add_pair (fixture->catalog, "her", "\xc3\x84% _.mp4");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint64 total;
    g_autofree gchar *names =
        list_packages (fixture->catalog, &rows[i].query, &total);

    g_test_message ("row %u", i);
    g_assert_cmpstr (names, ==, rows[i].names);
    g_assert_cmpuint (total, ==, rows[i].total);
  }
}

/* --- how they are found ------------------------------------------------- */

/* Calls of every list that can be asked for. */
static void
ask_all (HabCatalog *catalog)
{
  static const gchar *const owners[] = { NULL, "her" };
  static const gchar *const searches[] = { NULL, "a" };
  static const gchar *const inputs[] = { NULL, "[]", "[1]" };
  const guint n = 2 * 2 * 3 * 2 * 2 * 4;

  for (guint i = 0; i < n; i++) {
    HabListQuery query = { .owner = owners[i % 2],
      .search = searches[i / 2 % 2], .descending = i / 4 % 2,
      .after = i / 8 % 2, .sort = i / 16 % 4, .inputs = inputs[i / 64],
      .limit = 1 };
    g_autoptr (GPtrArray) found = NULL;
    g_autoptr (GError) error = NULL;
    guint64 total;

    if (query.sort <= HAB_SORT_NAME)
      found = hab_catalog_find_packages (catalog, &query, &total, &error);
    g_assert_no_error (error);
    g_clear_pointer (&found, g_ptr_array_unref);
    if (query.inputs == NULL)
      found = hab_catalog_find_inputs (catalog, &query, &total, &error);
    g_assert_no_error (error);
  }
}

/* Rows themselves are gone through in the order of their ids only, where the first
 * of them are the page; else an index has all that is needed. */
static void
check_step (const gchar *sql, const gchar *step)
{
  gboolean ends_early = strstr (sql, "ORDER BY id") != NULL &&
      strstr (sql, "contains") == NULL;

  g_test_message ("%s: %s", sql, step);
  if (g_str_has_prefix (step, "SCAN ") &&
      !g_str_has_prefix (step, "SCAN json_each"))
    g_assert_true (ends_early || strstr (step, "COVERING INDEX") != NULL);
  /* What is sorted has been narrowed down, or is ids that were searched. */
  if (strstr (step, "TEMP B-TREE") != NULL)
    g_assert_true (strstr (sql, "owner") != NULL ||
        strstr (sql, "input_id") != NULL || strstr (sql, "+id") != NULL);
}

static void
check_plan (HabCatalog *catalog, const gchar *sql)
{
  g_autofree gchar *explain = g_strconcat ("EXPLAIN QUERY PLAN ", sql, NULL);
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_prepare_v2 (catalog->db, explain, -1, &statement,
      NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    check_step (sql, (const gchar *) sqlite3_column_text (statement, 3));
  sqlite3_finalize (statement);
}

static void
test_plans (Fixture *fixture, gconstpointer data)
{
  GHashTableIter iter;
  gpointer sql;
  guint n_lists = 0;

  add_pair (fixture->catalog, "her", "a.mp4");
  ask_all (fixture->catalog);
  g_hash_table_iter_init (&iter, fixture->catalog->statements);
  while (g_hash_table_iter_next (&iter, &sql, NULL)) {
    if (!g_str_has_prefix (sql, "SELECT id FROM ") &&
        !g_str_has_prefix (sql, "SELECT count (*) FROM "))
      continue;
    check_plan (fixture->catalog, sql);
    n_lists++;
  }
  /* Of packages 2 * 2 * 3 counts and so many pages of 2 orders, two ways, from
   * the first on or not; of inputs 2 * 2 counts and pages of 4 orders. */
  g_assert_cmpuint (n_lists, ==, 12 + 12 * 8 + 4 + 4 * 16);
}

/* What the service asks at each start, and whoever watches it. */
static void
test_other_plans (Fixture *fixture, gconstpointer data)
{
  static const gchar *const statements[] = {
    "SELECT code FROM packages WHERE status = 'Ready'",
    "SELECT status, count (*), sum (status = 'Queued' AND claimed = 0)"
    " FROM packages GROUP BY status",
    "SELECT count (*) FROM inputs WHERE state <> 'replaced'",
  };
  HabStatistics statistics;
  g_autoptr (GArray) codes = NULL;
  GHashTableIter iter;
  gpointer sql;
  guint n_found = 0;

  codes = hab_catalog_list_ready_codes (fixture->catalog, NULL);
  g_assert_cmpuint (codes->len, ==, 0);
  g_assert_true (
      hab_catalog_get_statistics (fixture->catalog, &statistics, NULL));
  g_hash_table_iter_init (&iter, fixture->catalog->statements);
  while (g_hash_table_iter_next (&iter, &sql, NULL))
    for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
      if (g_str_equal (sql, statements[i])) {
        check_plan (fixture->catalog, sql);
        n_found++;
      }
  g_assert_cmpuint (n_found, ==, G_N_ELEMENTS (statements));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) \
  g_test_add ("/catalog-lists/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("rows", test_rows);
  ADD ("plans", test_plans);
  ADD ("other-plans", test_other_plans);
#undef ADD
  return g_test_run ();
}
