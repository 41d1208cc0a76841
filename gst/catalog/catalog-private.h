/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* What the catalog's own files share: statements and errors. */

struct _HabCatalog
{
  sqlite3 *db;
  GHashTable *statements; /* SQL by its address -> sqlite3_stmt */
  guint depth;            /* of transactions */
};

/* The steps from an empty database to the newest version; user_version says
 * how many of them ran. Steps that were released never change. */
extern const gchar *const hab_catalog_migrations[];
extern const guint hab_catalog_n_migrations;

/* A prepared statement on loan: back in its initial state at the end of the
 * scope. */
typedef sqlite3_stmt HabStatement;
void hab_statement_release (HabStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabStatement, hab_statement_release)

/* sql is a string literal: its address is the key under which the statement
 * is kept. */
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
/* A statement whose one row is one number. */
gboolean hab_catalog_read_count (HabCatalog *catalog, const gchar *sql,
    gint64 id, guint64 *count, GError **error);

/* Of packages, for statements that hab_catalog_read_package () reads. The keys
 * come in the order of HabTrackType. */
#define HAB_PACKAGE_KEY_COLUMN(column, tracks) \
  "(SELECT " column " FROM package_keys " \
  "WHERE package_id = packages.id AND tracks = '" tracks "')"
#define HAB_PACKAGE_COLUMNS \
  "id, owner, input_id, input_name, code, status, reason, priority, not_before_us, " \
  "progress, speed, bytes_per_second, expected_end_us, encrypt, " \
  "segment_duration_ns, options, " \
  HAB_PACKAGE_KEY_COLUMN ("kid", "video") ", " \
  HAB_PACKAGE_KEY_COLUMN ("sealed_key", "video") ", " \
  HAB_PACKAGE_KEY_COLUMN ("kid", "audio") ", " \
  HAB_PACKAGE_KEY_COLUMN ("sealed_key", "audio") ", " \
  "url, output_file_path, " \
  "notes, attempts, idempotency_key, request_sha256, created_us, updated_us"

HabPackage *hab_catalog_read_package (HabStatement *statement,
    GError **error);
/* (element-type HabPackage) */
GPtrArray *hab_catalog_read_packages (HabCatalog *catalog,
    HabStatement *statement, GError **error);
/* Of the inputs that :owner, or everybody where that is NULL, may see. */
#define HAB_INPUT_IS_SEEN \
  "(:owner IS NULL OR owner = :owner OR source = 'media-dir')"

/* What belongs to an input, beside input_id and, of I-frames, number; of GOPs
 * track_number, too. */
#define HAB_TRACK_COLUMNS \
  "number, kind, codec, caps, timescale, width, height, fps_n, fps_d, " \
  "channels, rate, duration_ns, language"
#define HAB_GOP_COLUMNS \
  "number, kind, closed, leading_pictures, frames, first_frame, pts_ns, " \
  "dts_ns, duration_ns, size_bytes, first_byte, end_byte"
#define HAB_IFRAME_COLUMNS \
  "coded_picture_number, pts, dts, duration, offset_bytes, size_bytes, " \
  "key_frame, gop_number"

/* number: of the I-frame in its input, from 0 on. */
gboolean hab_catalog_add_iframe (HabCatalog *catalog, gint64 input_id,
    guint number, const HabIFrame *iframe, GError **error);

/* "present", "missing", "replaced" */
const gchar *hab_input_state_to_string (HabInputState state);

/* Adds to the history of a package. */
gboolean hab_catalog_add_change (HabCatalog *catalog, gint64 package_id,
    HabStatus status, gint64 now_us, GError **error);
/* A statement whose first row is one number; NULL counts as 0. */
gboolean hab_catalog_read_number (HabCatalog *catalog, const gchar *sql,
    gint64 *number, GError **error);

/* Microseconds since 1970 in UTC. */
#define hab_catalog_now() g_get_real_time ()

G_END_DECLS
