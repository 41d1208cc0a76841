/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Uploads that can be resumed. */

#include "catalog-private.h"

#include "clock.h"

void
hab_upload_row_free (HabUploadRow *upload)
{
  if (!upload)
    return;

  g_free (upload->id);
  g_free (upload->owner);
  g_free (upload->name);
  g_free (upload);
}

gboolean
hab_catalog_add_upload (HabCatalog *catalog, const HabUploadRow *upload,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO uploads (id, owner, name, size_bytes, touched_us) "
      "VALUES (:id, :owner, :name, :size_bytes, :touched_us)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_text (statement, ":id", upload->id);
  hab_statement_bind_text (statement, ":owner", upload->owner);
  hab_statement_bind_text (statement, ":name", upload->name);
  hab_statement_bind_int (statement, ":size_bytes", upload->size_bytes);
  hab_statement_bind_int (statement, ":touched_us", upload->touched_us);

  return hab_catalog_run (catalog, statement, "add an upload", error);
}

static HabUploadRow *
read_upload (HabStatement *statement)
{
  HabUploadRow *upload = g_new0 (HabUploadRow, 1);

  upload->id = hab_statement_dup_text (statement, 0);
  upload->owner = hab_statement_dup_text (statement, 1);
  upload->name = hab_statement_dup_text (statement, 2);
  upload->size_bytes = sqlite3_column_int64 (statement, 3);
  upload->touched_us = sqlite3_column_int64 (statement, 4);
  upload->input_id = sqlite3_column_int64 (statement, 5);
  return upload;
}

GPtrArray *
hab_catalog_list_uploads (HabCatalog *catalog, GError **error)
{
  g_autoptr (GPtrArray) uploads =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_upload_row_free);
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT id, owner, name, size_bytes, touched_us, input_id FROM uploads",
      error);
  HabStep step;

  if (!statement)
    return NULL;
  while ((step = hab_catalog_step (catalog, statement, "list the uploads",
      error)) == HAB_STEP_ROW)
    g_ptr_array_add (uploads, read_upload (statement));

  return step == HAB_STEP_DONE ? g_steal_pointer (&uploads) : NULL;
}

gboolean
hab_catalog_finish_upload (HabCatalog *catalog, const gchar *id,
    gint64 input_id, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE uploads SET input_id = :input_id, touched_us = :now "
      "WHERE id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_text (statement, ":id", id);
  hab_statement_bind_int (statement, ":input_id", input_id);
  hab_statement_bind_int (statement, ":now", hab_clock_now ());

  return hab_catalog_run (catalog, statement, "finish an upload", error);
}

gboolean
hab_catalog_delete_upload (HabCatalog *catalog, const gchar *id,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "DELETE FROM uploads WHERE id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_text (statement, ":id", id);

  return hab_catalog_run (catalog, statement, "delete an upload", error);
}
