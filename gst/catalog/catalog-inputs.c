/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

#include "clock.h"

/* --- structs --------------------------------------------------------- */

void
hab_input_free (HabInput *input)
{
  if (!input)
    return;

  g_free (input->owner);
  g_free (input->name);
  g_free (input->storage);
  g_free (input->sha256);
  g_free (input);
}

void
hab_track_clear (HabTrack *track)
{
  g_clear_pointer (&track->kind, g_free);
  g_clear_pointer (&track->codec, g_free);
  g_clear_pointer (&track->caps, g_free);
  g_clear_pointer (&track->language, g_free);
}

static const gchar *const sources[] = {
  [HAB_SOURCE_UPLOAD] = "upload",
  [HAB_SOURCE_MEDIA_DIR] = "media-dir",
};

const gchar *
hab_input_source_to_string (HabInputSource source)
{
  return sources[source];
}

static const gchar *const states[] = {
  [HAB_INPUT_PRESENT] = "present",
  [HAB_INPUT_MISSING] = "missing",
  [HAB_INPUT_REPLACED] = "replaced",
};

const gchar *
hab_input_state_to_string (HabInputState state)
{
  return states[state];
}

/* The schema lets no other word through; the first is what counts then. */
static guint
find_word (const gchar *const *words, guint n_words, const gchar *word)
{
  for (guint i = 1; i < n_words; i++)
    if (g_str_equal (words[i], word))
      return i;
  return 0;
}

/* --- inputs: reading ------------------------------------------------- */

#define INPUT_LIST(first, next) \
  first (INPUT_ID, "id") \
  next (INPUT_OWNER, "owner") \
  next (INPUT_NAME, "name") \
  next (INPUT_SOURCE, "source") \
  next (INPUT_STATE, "state") \
  next (INPUT_STORAGE, "storage") \
  next (INPUT_SIZE_BYTES, "size_bytes") \
  next (INPUT_SHA256, "sha256") \
  next (INPUT_DURATION_NS, "duration_ns") \
  next (INPUT_INDEXED, "indexed") \
  next (INPUT_CREATED_US, "created_us")
#define INPUT_COLUMNS HAB_COLUMN_NAMES (INPUT_LIST)

enum
{
  HAB_COLUMN_PLACES (INPUT_LIST)
};

static HabInput *
read_input (HabStatement *statement)
{
  HabInput *input = g_new0 (HabInput, 1);

  input->id = sqlite3_column_int64 (statement, INPUT_ID);
  input->owner = hab_statement_dup_text (statement, INPUT_OWNER);
  input->name = hab_statement_dup_text (statement, INPUT_NAME);
  input->source = find_word (sources, G_N_ELEMENTS (sources),
      (const gchar *) sqlite3_column_text (statement, INPUT_SOURCE));
  input->state = find_word (states, G_N_ELEMENTS (states),
      (const gchar *) sqlite3_column_text (statement, INPUT_STATE));
  input->storage = hab_statement_dup_text (statement, INPUT_STORAGE);
  input->size_bytes = sqlite3_column_int64 (statement, INPUT_SIZE_BYTES);
  input->sha256 = hab_statement_dup_text (statement, INPUT_SHA256);
  input->duration_ns =
      hab_statement_get_int_or (statement, INPUT_DURATION_NS, -1);
  input->indexed = sqlite3_column_int (statement, INPUT_INDEXED) != 0;
  input->created_us = sqlite3_column_int64 (statement, INPUT_CREATED_US);

  return input;
}

static HabInput *
read_one_input (HabCatalog *catalog, HabStatement *statement, GError **error)
{
  switch (hab_catalog_step (catalog, statement, "read an input", error)) {
    case HAB_STEP_ROW:
      return read_input (statement);
    case HAB_STEP_DONE:
      g_set_error_literal (error, HAB_CATALOG_ERROR,
          HAB_CATALOG_ERROR_NOT_FOUND, "there is no such input");
      return NULL;
    default:
      return NULL;
  }
}

HabInput *
hab_catalog_get_input (HabCatalog *catalog, gint64 id, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " INPUT_COLUMNS " FROM inputs WHERE id = :id", error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", id);

  return read_one_input (catalog, statement, error);
}

HabInput *
hab_catalog_find_input (HabCatalog *catalog, const gchar *owner,
    const gchar *name, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " INPUT_COLUMNS " FROM inputs WHERE name = :name "
      "AND state <> 'replaced' AND " HAB_INPUT_IS_SEEN
      " ORDER BY id LIMIT 1", error);

  if (!statement)
    return NULL;
  hab_statement_bind_text (statement, ":owner", owner);
  hab_statement_bind_text (statement, ":name", name);

  return read_one_input (catalog, statement, error);
}

GPtrArray *
hab_catalog_list_inputs (HabCatalog *catalog, gint64 after, guint limit,
    GError **error)
{
  g_autoptr (GPtrArray) inputs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_input_free);
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " INPUT_COLUMNS " FROM inputs WHERE id > :after "
      "AND state <> 'replaced' ORDER BY id LIMIT :limit", error);
  HabStep step;

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":after", after);
  hab_statement_bind_int (statement, ":limit", limit);

  while ((step = hab_catalog_step (catalog, statement, "list the inputs",
      error)) == HAB_STEP_ROW)
    g_ptr_array_add (inputs, read_input (statement));

  return step == HAB_STEP_DONE ? g_steal_pointer (&inputs) : NULL;
}

/* --- tracks ---------------------------------------------------------- */

enum
{
  HAB_COLUMN_PLACES (HAB_TRACK_LIST)
};

static void
read_track (HabStatement *statement, gpointer row)
{
  HabTrack *track = row;

  track->number = sqlite3_column_int64 (statement, TRACK_NUMBER);
  track->kind = hab_statement_dup_text (statement, TRACK_KIND);
  track->codec = hab_statement_dup_text (statement, TRACK_CODEC);
  track->caps = hab_statement_dup_text (statement, TRACK_CAPS);
  track->timescale = sqlite3_column_int64 (statement, TRACK_TIMESCALE);
  track->width = sqlite3_column_int (statement, TRACK_WIDTH);
  track->height = sqlite3_column_int (statement, TRACK_HEIGHT);
  track->fps_n = sqlite3_column_int (statement, TRACK_FPS_N);
  track->fps_d = sqlite3_column_int (statement, TRACK_FPS_D);
  track->channels = sqlite3_column_int (statement, TRACK_CHANNELS);
  track->rate = sqlite3_column_int (statement, TRACK_RATE);
  track->duration_ns =
      hab_statement_get_int_or (statement, TRACK_DURATION_NS, -1);
  track->language = hab_statement_dup_text (statement, TRACK_LANGUAGE);
}

static gboolean
insert_track (HabCatalog *catalog, gint64 input_id, const HabTrack *track,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO tracks (input_id, " HAB_TRACK_COLUMNS ") "
      "VALUES (:input_id, :number, :kind, :codec, :caps, :timescale, :width, "
      ":height, :fps_n, :fps_d, :channels, :rate, :duration_ns, :language) "
      "ON CONFLICT DO UPDATE SET kind = excluded.kind, "
      "codec = coalesce (excluded.codec, codec), "
      "caps = coalesce (excluded.caps, caps), "
      "timescale = coalesce (nullif (excluded.timescale, 0), timescale), "
      "width = excluded.width, height = excluded.height, "
      "fps_n = excluded.fps_n, fps_d = excluded.fps_d, "
      "channels = excluded.channels, rate = excluded.rate, "
      "duration_ns = coalesce (excluded.duration_ns, duration_ns), "
      "language = coalesce (excluded.language, language)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":input_id", input_id);
  hab_statement_bind_int (statement, ":number", track->number);
  hab_statement_bind_text (statement, ":kind", track->kind);
  hab_statement_bind_text (statement, ":codec", track->codec);
  hab_statement_bind_text (statement, ":caps", track->caps);
  hab_statement_bind_int (statement, ":timescale", track->timescale);
  hab_statement_bind_int (statement, ":width", track->width);
  hab_statement_bind_int (statement, ":height", track->height);
  hab_statement_bind_int (statement, ":fps_n", track->fps_n);
  hab_statement_bind_int (statement, ":fps_d", track->fps_d);
  hab_statement_bind_int (statement, ":channels", track->channels);
  hab_statement_bind_int (statement, ":rate", track->rate);
  hab_statement_bind_int_or_null (
      statement, ":duration_ns", track->duration_ns, -1);
  hab_statement_bind_text (statement, ":language", track->language);

  return hab_catalog_run (catalog, statement, "add a track", error);
}

/* The first video track that comes is the one that packages are made of. */
static gboolean
note_video_track (HabCatalog *catalog, gint64 input_id, guint number,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "UPDATE inputs SET video_track_number = :number "
      "WHERE id = :input_id AND video_track_number IS NULL", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":input_id", input_id);
  hab_statement_bind_int (statement, ":number", number);

  return hab_catalog_run (catalog, statement, "add a track", error);
}

gboolean
hab_catalog_put_track (HabCatalog *catalog, gint64 input_id,
    const HabTrack *track, GError **error)
{
  if (!hab_catalog_begin (catalog, error))
    return FALSE;
  if (!insert_track (catalog, input_id, track, error) ||
      (g_strcmp0 (track->kind, "video") == 0 &&
          !note_video_track (catalog, input_id, track->number, error))) {
    hab_catalog_rollback (catalog);
    return FALSE;
  }

  return hab_catalog_commit (catalog, error);
}

GArray *
hab_catalog_list_tracks (HabCatalog *catalog, gint64 input_id, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_TRACK_COLUMNS " FROM tracks WHERE input_id = :id "
      "ORDER BY number", error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", input_id);
  return hab_catalog_read_rows (catalog, statement, "list the tracks",
      sizeof (HabTrack), read_track, (GDestroyNotify) hab_track_clear, error);
}

/* --- inputs: writing ------------------------------------------------- */

static gboolean
insert_input (HabCatalog *catalog, const HabInput *input,
    guint video_track_number, gboolean indexed, gint64 now, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO inputs (owner, name, source, storage, size_bytes, sha256, "
      "duration_ns, video_track_number, indexed, created_us) "
      "VALUES (coalesce (:owner, ''), :name, :source, :storage, :size_bytes, "
      ":sha256, :duration_ns, :video_track_number, :indexed, :now)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_text (statement, ":owner", input->owner);
  hab_statement_bind_text (statement, ":name", input->name);
  hab_statement_bind_text (statement, ":source", sources[input->source]);
  hab_statement_bind_text (statement, ":storage", input->storage);
  hab_statement_bind_int (statement, ":size_bytes", input->size_bytes);
  hab_statement_bind_text (statement, ":sha256", input->sha256);
  hab_statement_bind_int_or_null (
      statement, ":duration_ns", input->duration_ns, -1);
  hab_statement_bind_int_or_null (statement, ":video_track_number",
      video_track_number, 0);
  hab_statement_bind_int (statement, ":indexed", indexed);
  hab_statement_bind_int (statement, ":now", now);

  if (hab_catalog_run (catalog, statement, "add an input", &local_error))
    return TRUE;

  if (g_error_matches (
          local_error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_EXISTS))
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_EXISTS,
        "there is an input of this name already");
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
insert_input_history (HabCatalog *catalog, gint64 input_id, gint64 now,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO input_history (input_id, status, at_us) "
      "VALUES (:input_id, 'Ingested', :now)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":input_id", input_id);
  hab_statement_bind_int (statement, ":now", now);

  return hab_catalog_run (catalog, statement, "add an input", error);
}

static gboolean
insert_contents (HabCatalog *catalog, gint64 input_id, GArray *tracks,
    guint video_track_number, GArray *gops, GArray *iframes, GError **error)
{
  for (guint i = 0; tracks && i < tracks->len; i++) {
    if (!insert_track (catalog, input_id, &g_array_index (tracks, HabTrack, i),
        error))
      return FALSE;
  }
  for (guint i = 0; gops && i < gops->len; i++) {
    if (!hab_catalog_put_gop (catalog, input_id, video_track_number,
        &g_array_index (gops, HabGop, i), error))
      return FALSE;
  }
  for (guint i = 0; iframes && i < iframes->len; i++) {
    if (!hab_catalog_add_iframe (catalog, input_id, i,
        &g_array_index (iframes, HabIFrame, i), error))
      return FALSE;
  }
  return TRUE;
}

gint64
hab_catalog_add_input (HabCatalog *catalog, const HabInput *input,
    GArray *tracks, guint video_track_number, GArray *gops, GArray *iframes,
    GError **error)
{
  gint64 now = hab_clock_now (), id = 0;

  if (!hab_catalog_begin (catalog, error))
    return 0;

  if (insert_input (
          catalog, input, video_track_number, gops && iframes, now, error)) {
    id = sqlite3_last_insert_rowid (catalog->db);
    if (insert_input_history (catalog, id, now, error) &&
        insert_contents (catalog, id, tracks, video_track_number, gops,
            iframes, error))
      return hab_catalog_commit (catalog, error) ? id : 0;
  }
  hab_catalog_rollback (catalog);

  return 0;
}

static gboolean
check_unused (HabCatalog *catalog, gint64 id, GError **error)
{
  guint64 n_packages;

  if (!hab_catalog_read_count (catalog,
      "SELECT count(*) FROM packages WHERE input_id = :id "
      "AND status NOT IN ('Ready', 'Failed', 'Cancelled')", id, &n_packages,
      error))
    return FALSE;

  if (n_packages > 0) {
    g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_IN_USE,
        "%" G_GUINT64_FORMAT " packages are still being made of this input: "
        "wait for them or cancel them", n_packages);
    return FALSE;
  }
  return TRUE;
}

static gboolean
delete_input_row (HabCatalog *catalog, gint64 id, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "DELETE FROM inputs WHERE id = :id", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", id);
  if (!hab_catalog_run (catalog, statement, "delete an input", error))
    return FALSE;

  if (sqlite3_changes (catalog->db) == 0) {
    g_set_error_literal (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
        "there is no such input");
    return FALSE;
  }
  return TRUE;
}

gboolean
hab_catalog_delete_input (HabCatalog *catalog, gint64 id, GError **error)
{
  if (!hab_catalog_begin (catalog, error))
    return FALSE;

  if (!check_unused (catalog, id, error) ||
      !delete_input_row (catalog, id, error)) {
    hab_catalog_rollback (catalog);
    return FALSE;
  }

  return hab_catalog_commit (catalog, error);
}
