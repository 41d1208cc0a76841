/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"

#include <sqlite3.h>

#include "catalog-columns.h"

G_BEGIN_DECLS

/* What the catalog's own files share: statements, errors, rows. */

/* How long another process may hold the lock. */
#define HAB_CATALOG_BUSY_MS 5000

struct _HabCatalog
{
  sqlite3 *db;
  GHashTable *statements; /* SQL by its address -> sqlite3_stmt */
  guint depth;            /* of transactions */
  gboolean damaged;       /* something that was read was */
};

/* The steps from an empty database to the newest version; user_version says
 * how many of them ran. Steps that were released never change. */
extern const gchar *const hab_catalog_migrations[];
extern const guint hab_catalog_n_migrations;

/* What statements may call beside SQLite's own functions. */
gboolean hab_catalog_add_functions (HabCatalog *catalog, GError **error);

/* --- statements --------------------------------------------------------- */

/* A prepared statement on loan: back in its initial state at the end of the
 * scope. */
typedef sqlite3_stmt HabStatement;
void hab_statement_release (HabStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabStatement, hab_statement_release)

/* sql is a string literal or interned: its address is the key under which the
 * statement is kept. */
HabStatement *hab_catalog_prepare (HabCatalog *catalog, const gchar *sql,
    GError **error);

/* Text is not copied: it must live until the statement is released. NULL and,
 * for the _or_null kind, the given value become SQL's NULL. */
void hab_statement_bind_int (HabStatement *statement, const gchar *name,
    gint64 value);
void hab_statement_bind_int_or_null (HabStatement *statement,
    const gchar *name, gint64 value, gint64 null_value);
void hab_statement_bind_double (HabStatement *statement, const gchar *name,
    gdouble value);
void hab_statement_bind_text (HabStatement *statement, const gchar *name,
    const gchar *text);

gint64 hab_statement_get_int_or (HabStatement *statement, gint column,
    gint64 null_value);
gchar *hab_statement_dup_text (HabStatement *statement, gint column);

typedef enum
{
  HAB_STEP_FAILED,
  HAB_STEP_ROW,
  HAB_STEP_DONE,
} HabStep;

/* what: what was being done, for the error ("cannot <what>: ..."). */
HabStep hab_catalog_step (HabCatalog *catalog, HabStatement *statement,
    const gchar *what, GError **error);
/* To the end, ignoring rows, and back to the start for other bindings. */
gboolean hab_catalog_run (HabCatalog *catalog, HabStatement *statement,
    const gchar *what, GError **error);

/* Statements without parameters and rows, at once. */
gboolean hab_catalog_exec (HabCatalog *catalog, const gchar *sql,
    const gchar *what, GError **error);

/* The one place that turns SQLite's result codes into errors. Always FALSE. */
gboolean hab_catalog_fail (HabCatalog *catalog, gint rc, const gchar *what,
    GError **error);

/* All rows that are left: read fills an element, zeroed before, of row_size
 * bytes; clear (nullable) frees what is in one. what: as of hab_catalog_step (). */
typedef void (*HabReadRow) (HabStatement *statement, gpointer row);
GArray *hab_catalog_read_rows (HabCatalog *catalog, HabStatement *statement,
    const gchar *what, guint row_size, HabReadRow read, GDestroyNotify clear,
    GError **error);

/* (element-type HabStatusChange): rows of status and time. */
GArray *hab_catalog_read_history (HabCatalog *catalog,
    HabStatement *statement, GError **error);
/* A statement whose one row is one number, of what has this :id. */
gboolean hab_catalog_read_count (HabCatalog *catalog, const gchar *sql,
    gint64 id, guint64 *count, GError **error);
/* A statement whose first row is one number; NULL counts as 0. */
gboolean hab_catalog_read_number (HabCatalog *catalog, const gchar *sql,
    gint64 *number, GError **error);

/* --- rows -------------------------------------------------------------- */

HabPackage *hab_catalog_read_package (HabStatement *statement,
    GError **error);
/* (element-type HabPackage) */
GPtrArray *hab_catalog_read_packages (HabCatalog *catalog,
    HabStatement *statement, GError **error);
/* number: of the I-frame in its input, from 0 on. */
gboolean hab_catalog_add_iframe (HabCatalog *catalog, gint64 input_id,
    guint number, const HabIFrame *iframe, GError **error);

/* "present", "missing", "replaced" */
const gchar *hab_input_state_to_string (HabInputState state);

/* Adds to the history of a package. */
gboolean hab_catalog_add_change (HabCatalog *catalog, gint64 package_id,
    HabStatus status, gint64 now_us, GError **error);

G_END_DECLS
