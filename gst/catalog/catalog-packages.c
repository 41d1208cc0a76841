/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

#include "clock.h"
#include "keys.h"

#include <string.h>

void
hab_package_free (HabPackage *package)
{
  if (!package)
    return;

  g_free (package->owner);
  g_free (package->input_name);
  g_free (package->code);
  g_free (package->reason);
  g_free (package->encrypt);
  g_free (package->options);
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++)
    g_free (package->keys[i].sealed_key);
  g_free (package->url);
  g_free (package->output_file_path);
  g_free (package->notes);
  g_free (package->idempotency_key);
  g_free (package->request_sha256);
  g_free (package->callback_url);
  g_free (package);
}

static void
set_not_found (GError **error)
{
  g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
      "there is no such package");
}

/* --- reading --------------------------------------------------------- */

enum
{
  HAB_COLUMN_PLACES (HAB_PACKAGE_LIST)
};

static gboolean
read_key (HabStatement *statement, HabTrackType type, HabPackageKey *key)
{
  static const gint kid_places[] = {
    [HAB_TRACK_VIDEO] = PACKAGE_VIDEO_KID,
    [HAB_TRACK_AUDIO] = PACKAGE_AUDIO_KID,
  };
  static const gint key_places[] = {
    [HAB_TRACK_VIDEO] = PACKAGE_VIDEO_KEY,
    [HAB_TRACK_AUDIO] = PACKAGE_AUDIO_KEY,
  };
  const gchar *kid =
      (const gchar *) sqlite3_column_text (statement, kid_places[type]);

  key->sealed_key = hab_statement_dup_text (statement, key_places[type]);
  return kid == NULL || hab_key_parse (kid, key->kid, NULL);
}

static gboolean
read_keys (HabStatement *statement, HabPackage *package)
{
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (!read_key (statement, i, &package->keys[i]))
      return FALSE;
  }
  return TRUE;
}

/* The schema has checked what the row holds, apart from the KIDs' form. */
HabPackage *
hab_catalog_read_package (HabStatement *statement, GError **error)
{
  g_autoptr (HabPackage) package = g_new0 (HabPackage, 1);
  const gchar *status =
      (const gchar *) sqlite3_column_text (statement, PACKAGE_STATUS);

  if (!hab_status_from_string (status, &package->status) ||
      !read_keys (statement, package)) {
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_CORRUPT,
        "a package has a status or KID that cannot be");
    return NULL;
  }

  package->id = sqlite3_column_int64 (statement, PACKAGE_ID);
  package->owner = hab_statement_dup_text (statement, PACKAGE_OWNER);
  package->input_id = hab_statement_get_int_or (statement, PACKAGE_INPUT_ID, 0);
  package->input_name = hab_statement_dup_text (statement, PACKAGE_INPUT_NAME);
  package->code = hab_statement_dup_text (statement, PACKAGE_CODE);
  package->reason = hab_statement_dup_text (statement, PACKAGE_REASON);
  package->priority = sqlite3_column_int (statement, PACKAGE_PRIORITY);
  package->not_before_us =
      sqlite3_column_int64 (statement, PACKAGE_NOT_BEFORE_US);
  package->progress = sqlite3_column_double (statement, PACKAGE_PROGRESS);
  package->speed = sqlite3_column_double (statement, PACKAGE_SPEED);
  package->bytes_per_second =
      sqlite3_column_double (statement, PACKAGE_BYTES_PER_SECOND);
  package->expected_end_us =
      sqlite3_column_int64 (statement, PACKAGE_EXPECTED_END_US);
  package->encrypt = hab_statement_dup_text (statement, PACKAGE_ENCRYPT);
  package->segment_duration_ns =
      sqlite3_column_int64 (statement, PACKAGE_SEGMENT_DURATION_NS);
  package->options = hab_statement_dup_text (statement, PACKAGE_OPTIONS);
  package->url = hab_statement_dup_text (statement, PACKAGE_URL);
  package->output_file_path =
      hab_statement_dup_text (statement, PACKAGE_OUTPUT_FILE_PATH);
  package->notes = hab_statement_dup_text (statement, PACKAGE_NOTES);
  package->attempts = sqlite3_column_int64 (statement, PACKAGE_ATTEMPTS);
  package->idempotency_key =
      hab_statement_dup_text (statement, PACKAGE_IDEMPOTENCY_KEY);
  package->request_sha256 =
      hab_statement_dup_text (statement, PACKAGE_REQUEST_SHA256);
  package->created_us = sqlite3_column_int64 (statement, PACKAGE_CREATED_US);
  package->updated_us = sqlite3_column_int64 (statement, PACKAGE_UPDATED_US);

  return g_steal_pointer (&package);
}

static HabPackage *
read_one_package (HabCatalog *catalog, HabStatement *statement, GError **error)
{
  switch (hab_catalog_step (catalog, statement, "read a package", error)) {
    case HAB_STEP_ROW:
      return hab_catalog_read_package (statement, error);
    case HAB_STEP_DONE:
      set_not_found (error);
      return NULL;
    default:
      return NULL;
  }
}

GPtrArray *
hab_catalog_read_packages (HabCatalog *catalog, HabStatement *statement,
    GError **error)
{
  g_autoptr (GPtrArray) packages =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_package_free);
  HabStep step;

  while ((step = hab_catalog_step (catalog, statement, "list the packages",
      error)) == HAB_STEP_ROW) {
    HabPackage *package = hab_catalog_read_package (statement, error);

    if (!package)
      return NULL;
    g_ptr_array_add (packages, package);
  }

  return step == HAB_STEP_DONE ? g_steal_pointer (&packages) : NULL;
}

HabPackage *
hab_catalog_get_package (HabCatalog *catalog, gint64 id, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_PACKAGE_COLUMNS " FROM packages WHERE id = :id", error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", id);

  return read_one_package (catalog, statement, error);
}

HabPackage *
hab_catalog_find_package_by_code (HabCatalog *catalog, const gchar *code,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_PACKAGE_COLUMNS " FROM packages WHERE code = :code", error);

  if (!statement)
    return NULL;
  hab_statement_bind_text (statement, ":code", code);

  return read_one_package (catalog, statement, error);
}

HabPackage *
hab_catalog_find_package_by_idempotency_key (HabCatalog *catalog,
    const gchar *key, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_PACKAGE_COLUMNS " FROM packages WHERE idempotency_key = :key",
      error);

  if (!statement)
    return NULL;
  hab_statement_bind_text (statement, ":key", key);

  return read_one_package (catalog, statement, error);
}

GPtrArray *
hab_catalog_list_packages (HabCatalog *catalog, const gchar *owner,
    gint64 after, guint limit, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_PACKAGE_COLUMNS " FROM packages WHERE id > :after "
      "AND (:owner IS NULL OR owner = :owner) ORDER BY id LIMIT :limit",
      error);

  if (!statement)
    return NULL;
  hab_statement_bind_text (statement, ":owner", owner);
  hab_statement_bind_int (statement, ":after", after);
  hab_statement_bind_int (statement, ":limit", limit);

  return hab_catalog_read_packages (catalog, statement, error);
}

GPtrArray *
hab_catalog_list_packages_before (HabCatalog *catalog, gint64 before_us,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_PACKAGE_COLUMNS " FROM packages WHERE"
      " status IN ('Ready', 'Failed', 'Cancelled') AND updated_us < :before"
      " ORDER BY updated_us, id", error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":before", before_us);

  return hab_catalog_read_packages (catalog, statement, error);
}

GPtrArray *
hab_catalog_list_packages_by_kid (HabCatalog *catalog, const guint8 kid[16],
    GError **error)
{
  g_autofree gchar *text = hab_key_to_base64url (kid);
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_PACKAGE_COLUMNS " FROM packages WHERE id IN "
      "(SELECT package_id FROM package_keys WHERE kid = :kid) ORDER BY id",
      error);

  if (!statement)
    return NULL;
  hab_statement_bind_text (statement, ":kid", text);

  return hab_catalog_read_packages (catalog, statement, error);
}

GArray *
hab_catalog_list_history (HabCatalog *catalog, gint64 package_id,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT status, at_us FROM package_history WHERE package_id = :id "
      "ORDER BY id", error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", package_id);

  return hab_catalog_read_history (catalog, statement, error);
}

/* --- adding and deleting --------------------------------------------- */

gboolean
hab_catalog_add_change (HabCatalog *catalog, gint64 package_id, HabStatus status,
    gint64 now, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO package_history (package_id, status, at_us) "
      "VALUES (:package_id, :status, :now)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":package_id", package_id);
  hab_statement_bind_text (statement, ":status", hab_status_to_string (status));
  hab_statement_bind_int (statement, ":now", now);

  return hab_catalog_run (catalog, statement, "record a status", error);
}

static gboolean
insert_code (HabCatalog *catalog, const gchar *code, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO codes (code) VALUES (:code)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_text (statement, ":code", code);

  return hab_catalog_run (
      catalog, statement, "give out the package's code", error);
}

static gboolean
insert_package (HabCatalog *catalog, const HabPackage *package, gint64 now,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO packages (owner, input_id, input_name, "
      "video_track_number, code, status, priority, encrypt, "
      "segment_duration_ns, options, url, idempotency_key, request_sha256, "
      "created_us, updated_us) "
      "SELECT coalesce (:owner, ''), id, name, video_track_number, :code, "
      "'Queued', :priority, :encrypt, :segment_duration_ns, "
      "coalesce (:options, '{}'), :url, :idempotency_key, :request_sha256, "
      ":now, :now "
      "FROM inputs WHERE id = :input_id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_text (statement, ":owner", package->owner);
  hab_statement_bind_int (statement, ":input_id", package->input_id);
  hab_statement_bind_text (statement, ":code", package->code);
  hab_statement_bind_int (statement, ":priority", package->priority);
  hab_statement_bind_text (statement, ":encrypt", package->encrypt);
  hab_statement_bind_int (statement, ":segment_duration_ns",
      package->segment_duration_ns);
  hab_statement_bind_text (statement, ":options", package->options);
  hab_statement_bind_text (statement, ":url", package->url);
  hab_statement_bind_text (
      statement, ":idempotency_key", package->idempotency_key);
  hab_statement_bind_text (
      statement, ":request_sha256", package->request_sha256);
  hab_statement_bind_int (statement, ":now", now);
  if (!hab_catalog_run (catalog, statement, "add a package", error))
    return FALSE;

  if (sqlite3_changes (catalog->db) == 0) {
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
        "there is no such input");
    return FALSE;
  }
  return TRUE;
}

static gboolean
insert_key (HabCatalog *catalog, gint64 package_id, HabTrackType type,
    const HabPackageKey *key, GError **error)
{
  g_autofree gchar *kid = hab_key_to_base64url (key->kid);
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO package_keys (package_id, tracks, kid, sealed_key) "
      "VALUES (:package_id, :tracks, :kid, :sealed_key)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":package_id", package_id);
  hab_statement_bind_text (
      statement, ":tracks", hab_track_type_to_string (type));
  hab_statement_bind_text (statement, ":kid", kid);
  hab_statement_bind_text (statement, ":sealed_key", key->sealed_key);
  return hab_catalog_run (catalog, statement, "add a content key", error);
}

/* Which tracks are encrypted decides which keys there must be. */
static gboolean
insert_keys (HabCatalog *catalog, gint64 package_id, const HabPackage *package,
    GError **error)
{
  const gboolean wanted[HAB_N_TRACK_TYPES] = {
    [HAB_TRACK_VIDEO] = g_strcmp0 (package->encrypt, "none") != 0,
    [HAB_TRACK_AUDIO] = g_strcmp0 (package->encrypt, "all") == 0,
  };

  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (wanted[i] &&
        !insert_key (catalog, package_id, i, &package->keys[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
insert_callback (HabCatalog *catalog, gint64 package_id, const gchar *url,
    GError **error)
{
  g_autoptr (HabStatement) statement = NULL;

  if (!url)
    return TRUE;
  statement = hab_catalog_prepare (catalog,
      "INSERT INTO callbacks (package_id, url) VALUES (:package_id, :url)",
      error);
  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":package_id", package_id);
  hab_statement_bind_text (statement, ":url", url);
  return hab_catalog_run (catalog, statement, "add a callback", error);
}

gint64
hab_catalog_add_package (HabCatalog *catalog, const HabPackage *package,
    GError **error)
{
  gint64 now = hab_clock_now (), id;

  if (!hab_catalog_begin (catalog, error))
    return 0;

  if (insert_code (catalog, package->code, error) &&
      insert_package (catalog, package, now, error)) {
    id = sqlite3_last_insert_rowid (catalog->db);
    if (insert_keys (catalog, id, package, error) &&
        hab_catalog_add_change (catalog, id, HAB_STATUS_QUEUED, now, error) &&
        insert_callback (catalog, id, package->callback_url, error))
      return hab_catalog_commit (catalog, error) ? id : 0;
  }
  hab_catalog_rollback (catalog);

  return 0;
}

static gboolean
delete_package_row (HabCatalog *catalog, gint64 id, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "DELETE FROM packages WHERE id = :id AND (claimed = 0 "
      "OR status IN ('Ready', 'Failed', 'Cancelled'))", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);

  return hab_catalog_run (catalog, statement, "delete a package", error);
}

gboolean
hab_catalog_delete_package (HabCatalog *catalog, gint64 id, GError **error)
{
  g_autoptr (HabPackage) package = NULL;

  if (!delete_package_row (catalog, id, error))
    return FALSE;
  if (sqlite3_changes (catalog->db) > 0)
    return TRUE;

  package = hab_catalog_get_package (catalog, id, error);
  if (package)
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_IN_USE,
        "the package is being made: cancel it first");
  return FALSE;
}
