/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* Inputs that are files of a media folder. */

#include "catalog-private.h"

HabFolderFile *
hab_folder_file_copy (const HabFolderFile *file)
{
  HabFolderFile *copy = g_new0 (HabFolderFile, 1);

  *copy = *file;
  copy->name = g_strdup (file->name);
  copy->storage = g_strdup (file->storage);
  copy->folder = g_strdup (file->folder);
  copy->file = g_strdup (file->file);
  return copy;
}

void
hab_folder_file_free (HabFolderFile *file)
{
  if (!file)
    return;

  g_free (file->name);
  g_free (file->storage);
  g_free (file->folder);
  g_free (file->file);
  g_free (file);
}

/* --- reading ---------------------------------------------------------- */

#define COLUMNS \
  "input_id, name, storage, folder, file, size_bytes, mtime_ns, inode, " \
  "state = 'missing'"

static HabFolderFile *
read_file (HabStatement *statement)
{
  HabFolderFile *file = g_new0 (HabFolderFile, 1);

  file->input_id = sqlite3_column_int64 (statement, 0);
  file->name = hab_statement_dup_text (statement, 1);
  file->storage = hab_statement_dup_text (statement, 2);
  file->folder = hab_statement_dup_text (statement, 3);
  file->file = hab_statement_dup_text (statement, 4);
  file->stamp.size_bytes = sqlite3_column_int64 (statement, 5);
  file->stamp.mtime_ns = sqlite3_column_int64 (statement, 6);
  file->stamp.inode = sqlite3_column_int64 (statement, 7);
  file->missing = sqlite3_column_int (statement, 8) != 0;
  return file;
}

GPtrArray *
hab_catalog_list_folder_files (HabCatalog *catalog, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_folder_file_free);
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " COLUMNS " FROM media_files JOIN inputs ON id = input_id "
      "WHERE state <> 'replaced' ORDER BY id", error);
  HabStep step;

  if (!statement)
    return NULL;
  while ((step = hab_catalog_step (catalog, statement, "list media files",
              error)) == HAB_STEP_ROW)
    g_ptr_array_add (files, read_file (statement));
  return step == HAB_STEP_DONE ? g_steal_pointer (&files) : NULL;
}

HabFolderFile *
hab_catalog_get_folder_file (HabCatalog *catalog, gint64 input_id,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " COLUMNS " FROM media_files JOIN inputs ON id = input_id "
      "WHERE input_id = :id", error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", input_id);
  switch (hab_catalog_step (catalog, statement, "read a media file", error)) {
    case HAB_STEP_ROW:
      return read_file (statement);
    case HAB_STEP_DONE:
      g_set_error_literal (error, HAB_CATALOG_ERROR,
          HAB_CATALOG_ERROR_NOT_FOUND, "this is no file of a media folder");
      return NULL;
    default:
      return NULL;
  }
}

/* --- adding ----------------------------------------------------------- */

static gboolean
insert_file (HabCatalog *catalog, gint64 input_id, const HabFolderFile *file,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO media_files (input_id, folder, file, mtime_ns, inode) "
      "VALUES (:id, :folder, :file, :mtime_ns, :inode)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", input_id);
  hab_statement_bind_text (statement, ":folder", file->folder);
  hab_statement_bind_text (statement, ":file", file->file);
  hab_statement_bind_int (statement, ":mtime_ns", file->stamp.mtime_ns);
  hab_statement_bind_int (statement, ":inode", file->stamp.inode);
  return hab_catalog_run (catalog, statement, "add a media file", error);
}

/* What it has in common with every other input. */
static HabInput
make_input (const HabFolderFile *file)
{
  return (HabInput) {
    .name = file->name,
    .source = HAB_SOURCE_MEDIA_DIR,
    .storage = file->storage,
    .size_bytes = file->stamp.size_bytes,
  };
}

/* Ends the transaction in which the input was added; id 0 where it was not. */
static gint64
end_adding (HabCatalog *catalog, gint64 id, const HabFolderFile *file,
    GError **error)
{
  if (id > 0 && insert_file (catalog, id, file, error))
    return hab_catalog_commit (catalog, error) ? id : 0;
  hab_catalog_rollback (catalog);
  return 0;
}

gint64
hab_catalog_add_folder_file (HabCatalog *catalog, const HabFolderFile *file,
    gint64 duration_ns, GArray *tracks, guint video_track_number,
    GArray *gops, GArray *iframes, GError **error)
{
  HabInput input = make_input (file);

  if (!hab_catalog_begin (catalog, error))
    return 0;
  input.duration_ns = duration_ns;
  return end_adding (catalog, hab_catalog_add_input (catalog, &input, tracks,
      video_track_number, gops, iframes, error), file, error);
}

gint64
hab_catalog_copy_folder_file (HabCatalog *catalog, gint64 id,
    const HabFolderFile *file, GError **error)
{
  HabInput input = make_input (file);

  if (!hab_catalog_begin (catalog, error))
    return 0;
  return end_adding (catalog,
      hab_catalog_copy_input (catalog, id, &input, error), file, error);
}

/* --- what becomes of one ---------------------------------------------- */

static gboolean
run_change (HabCatalog *catalog, HabStatement *statement, const gchar *what,
    GError **error)
{
  if (!hab_catalog_run (catalog, statement, what, error))
    return FALSE;
  if (sqlite3_changes (catalog->db) > 0)
    return TRUE;
  g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
      "there is no such input");
  return FALSE;
}

gboolean
hab_catalog_set_input_state (HabCatalog *catalog, gint64 id,
    HabInputState state, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE inputs SET state = :state WHERE id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  hab_statement_bind_text (statement, ":state",
      hab_input_state_to_string (state));
  return run_change (catalog, statement, "note the state of an input",
      error);
}

static gboolean
set_name (HabCatalog *catalog, gint64 id, const gchar *name, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE inputs SET name = :name, state = 'present' WHERE id = :id",
      error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  hab_statement_bind_text (statement, ":name", name);
  return run_change (catalog, statement, "rename an input", error);
}

static gboolean
set_file (HabCatalog *catalog, gint64 id, const HabFolderFile *file,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE media_files SET folder = :folder, file = :file "
      "WHERE input_id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  hab_statement_bind_text (statement, ":folder", file->folder);
  hab_statement_bind_text (statement, ":file", file->file);
  return run_change (catalog, statement, "move a media file", error);
}

gboolean
hab_catalog_move_folder_file (HabCatalog *catalog, gint64 id,
    const HabFolderFile *file, GError **error)
{
  if (!hab_catalog_begin (catalog, error))
    return FALSE;
  if (set_name (catalog, id, file->name, error) &&
      set_file (catalog, id, file, error))
    return hab_catalog_commit (catalog, error);
  hab_catalog_rollback (catalog);
  return FALSE;
}

gboolean
hab_catalog_sweep_replaced_inputs (HabCatalog *catalog, GPtrArray *storages,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "DELETE FROM inputs WHERE state = 'replaced' AND NOT EXISTS ("
      "  SELECT 1 FROM packages WHERE input_id = inputs.id"
      "  AND status NOT IN ('Ready', 'Failed', 'Cancelled')) "
      "RETURNING storage", error);
  HabStep step;

  if (!statement)
    return FALSE;
  while ((step = hab_catalog_step (catalog, statement, "forget an input",
              error)) == HAB_STEP_ROW)
    g_ptr_array_add (storages, hab_statement_dup_text (statement, 0));
  return step == HAB_STEP_DONE;
}
