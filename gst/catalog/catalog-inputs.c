/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

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

void
hab_track_free (HabTrack *track)
{
  if (!track)
    return;

  hab_track_clear (track);
  g_free (track);
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

#define INPUT_COLUMNS \
  "id, owner, name, source, state, storage, size_bytes, sha256, " \
  "duration_ns, indexed, created_us"

enum
{
  INPUT_ID,
  INPUT_OWNER,
  INPUT_NAME,
  INPUT_SOURCE,
  INPUT_STATE,
  INPUT_STORAGE,
  INPUT_SIZE_BYTES,
  INPUT_SHA256,
  INPUT_DURATION_NS,
  INPUT_INDEXED,
  INPUT_CREATED_US,
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
hab_catalog_list_inputs (HabCatalog *catalog, const gchar *owner,
    gint64 after, guint limit, GError **error)
{
  g_autoptr (GPtrArray) inputs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hab_input_free);
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " INPUT_COLUMNS " FROM inputs WHERE id > :after "
      "AND state <> 'replaced' AND " HAB_INPUT_IS_SEEN
      " ORDER BY id LIMIT :limit", error);
  HabStep step;

  if (!statement)
    return NULL;
  hab_statement_bind_text (statement, ":owner", owner);
  hab_statement_bind_int (statement, ":after", after);
  hab_statement_bind_int (statement, ":limit", limit);

  while ((step = hab_catalog_step (catalog, statement, "list the inputs",
      error)) == HAB_STEP_ROW)
    g_ptr_array_add (inputs, read_input (statement));

  return step == HAB_STEP_DONE ? g_steal_pointer (&inputs) : NULL;
}

GArray *
hab_catalog_list_input_history (HabCatalog *catalog, gint64 input_id,
    GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT status, at_us FROM input_history WHERE input_id = :id "
      "ORDER BY id", error);

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", input_id);

  return hab_catalog_read_history (catalog, statement, error);
}

/* --- tracks ---------------------------------------------------------- */

enum
{
  TRACK_NUMBER,
  TRACK_KIND,
  TRACK_CODEC,
  TRACK_CAPS,
  TRACK_TIMESCALE,
  TRACK_WIDTH,
  TRACK_HEIGHT,
  TRACK_FPS_N,
  TRACK_FPS_D,
  TRACK_CHANNELS,
  TRACK_RATE,
  TRACK_DURATION_NS,
  TRACK_LANGUAGE,
};

static void
read_track (HabStatement *statement, HabTrack *track)
{
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
  g_autoptr (GArray) tracks = g_array_new (FALSE, TRUE, sizeof (HabTrack));
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_TRACK_COLUMNS " FROM tracks WHERE input_id = :id "
      "ORDER BY number", error);
  HabStep step;

  if (!statement)
    return NULL;
  g_array_set_clear_func (tracks, (GDestroyNotify) hab_track_clear);
  hab_statement_bind_int (statement, ":id", input_id);

  while ((step = hab_catalog_step (catalog, statement, "list the tracks",
      error)) == HAB_STEP_ROW) {
    HabTrack track;

    read_track (statement, &track);
    g_array_append_val (tracks, track);
  }

  return step == HAB_STEP_DONE ? g_steal_pointer (&tracks) : NULL;
}

/* --- GOPs ------------------------------------------------------------ */

enum
{
  GOP_NUMBER,
  GOP_KIND,
  GOP_CLOSED,
  GOP_LEADING_PICTURES,
  GOP_FRAMES,
  GOP_FIRST_FRAME,
  GOP_PTS_NS,
  GOP_DTS_NS,
  GOP_DURATION_NS,
  GOP_SIZE_BYTES,
  GOP_FIRST_BYTE,
  GOP_END_BYTE,
};

static void
read_gop (HabStatement *statement, HabGop *gop)
{
  gop->index = sqlite3_column_int64 (statement, GOP_NUMBER);
  g_strlcpy (gop->kind,
      (const gchar *) sqlite3_column_text (statement, GOP_KIND),
      sizeof (gop->kind));
  gop->closed = sqlite3_column_int (statement, GOP_CLOSED) != 0;
  gop->leading_pictures =
      sqlite3_column_int64 (statement, GOP_LEADING_PICTURES);
  gop->frames = sqlite3_column_int64 (statement, GOP_FRAMES);
  gop->first_frame = sqlite3_column_int64 (statement, GOP_FIRST_FRAME);
  gop->pts_ns = hab_statement_get_int_or (statement, GOP_PTS_NS, G_MININT64);
  gop->dts_ns = hab_statement_get_int_or (statement, GOP_DTS_NS, G_MININT64);
  gop->duration_ns = sqlite3_column_int64 (statement, GOP_DURATION_NS);
  gop->bytes = sqlite3_column_int64 (statement, GOP_SIZE_BYTES);
  gop->first_byte = hab_statement_get_int_or (statement, GOP_FIRST_BYTE, -1);
  gop->end_byte = hab_statement_get_int_or (statement, GOP_END_BYTE, -1);
}

gboolean
hab_catalog_put_gop (HabCatalog *catalog, gint64 input_id, guint track_number,
    const HabGop *gop, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO gops (input_id, track_number, " HAB_GOP_COLUMNS ") "
      "VALUES (:input_id, :track_number, :number, :kind, :closed, "
      ":leading_pictures, :frames, :first_frame, :pts_ns, :dts_ns, "
      ":duration_ns, :size_bytes, :first_byte, :end_byte) "
      "ON CONFLICT DO UPDATE SET track_number = excluded.track_number, "
      "kind = excluded.kind, closed = excluded.closed, "
      "leading_pictures = excluded.leading_pictures, "
      "frames = excluded.frames, first_frame = excluded.first_frame, "
      "pts_ns = coalesce (excluded.pts_ns, pts_ns), "
      "dts_ns = coalesce (excluded.dts_ns, dts_ns), "
      "duration_ns = excluded.duration_ns, size_bytes = excluded.size_bytes, "
      "first_byte = coalesce (excluded.first_byte, first_byte), "
      "end_byte = coalesce (excluded.end_byte, end_byte)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":input_id", input_id);
  hab_statement_bind_int (statement, ":track_number", track_number);
  hab_statement_bind_int (statement, ":number", gop->index);
  hab_statement_bind_text (statement, ":kind", gop->kind);
  hab_statement_bind_int (statement, ":closed", gop->closed ? 1 : 0);
  hab_statement_bind_int (
      statement, ":leading_pictures", gop->leading_pictures);
  hab_statement_bind_int (statement, ":frames", gop->frames);
  hab_statement_bind_int (statement, ":first_frame", gop->first_frame);
  hab_statement_bind_int_or_null (
      statement, ":pts_ns", gop->pts_ns, G_MININT64);
  hab_statement_bind_int_or_null (
      statement, ":dts_ns", gop->dts_ns, G_MININT64);
  hab_statement_bind_int (statement, ":duration_ns", gop->duration_ns);
  hab_statement_bind_int (statement, ":size_bytes", gop->bytes);
  hab_statement_bind_int_or_null (
      statement, ":first_byte", gop->first_byte, -1);
  hab_statement_bind_int_or_null (statement, ":end_byte", gop->end_byte, -1);

  return hab_catalog_run (catalog, statement, "add a GOP", error);
}

GArray *
hab_catalog_list_gops (HabCatalog *catalog, gint64 input_id, guint64 first,
    guint limit, GError **error)
{
  g_autoptr (GArray) gops = g_array_new (FALSE, FALSE, sizeof (HabGop));
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_GOP_COLUMNS " FROM gops "
      "WHERE input_id = :id AND number >= :first ORDER BY number LIMIT :limit",
      error);
  HabStep step;

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", input_id);
  hab_statement_bind_int (statement, ":first", MIN (first, G_MAXINT64));
  hab_statement_bind_int (statement, ":limit", limit);

  while ((step = hab_catalog_step (catalog, statement, "list the GOPs",
      error)) == HAB_STEP_ROW) {
    HabGop gop;

    read_gop (statement, &gop);
    g_array_append_val (gops, gop);
  }

  return step == HAB_STEP_DONE ? g_steal_pointer (&gops) : NULL;
}

gboolean
hab_catalog_get_gop (HabCatalog *catalog, gint64 input_id, guint64 index,
    HabGop *gop, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_GOP_COLUMNS " FROM gops "
      "WHERE input_id = :id AND number = :number", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":id", input_id);
  hab_statement_bind_int (statement, ":number", MIN (index, G_MAXINT64));

  switch (hab_catalog_step (catalog, statement, "read a GOP", error)) {
    case HAB_STEP_ROW:
      read_gop (statement, gop);
      return TRUE;
    case HAB_STEP_DONE:
      g_set_error (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NOT_FOUND,
          "there is no GOP %" G_GUINT64_FORMAT " of this input", index);
      return FALSE;
    default:
      return FALSE;
  }
}

gboolean
hab_catalog_count_gops (HabCatalog *catalog, gint64 input_id, guint64 *count,
    GError **error)
{
  return hab_catalog_read_count (catalog,
      "SELECT count(*) FROM gops WHERE input_id = :id", input_id, count, error);
}

/* --- I-frames -------------------------------------------------------- */

enum
{
  IFRAME_CODED_PICTURE_NUMBER,
  IFRAME_PTS,
  IFRAME_DTS,
  IFRAME_DURATION,
  IFRAME_OFFSET_BYTES,
  IFRAME_SIZE_BYTES,
  IFRAME_KEY_FRAME,
  IFRAME_GOP_NUMBER,
};

static void
read_iframe (HabStatement *statement, HabIFrame *iframe)
{
  iframe->coded_picture_number =
      sqlite3_column_int64 (statement, IFRAME_CODED_PICTURE_NUMBER);
  iframe->pts = sqlite3_column_int64 (statement, IFRAME_PTS);
  iframe->dts = sqlite3_column_int64 (statement, IFRAME_DTS);
  iframe->duration = sqlite3_column_int64 (statement, IFRAME_DURATION);
  iframe->offset =
      hab_statement_get_int_or (statement, IFRAME_OFFSET_BYTES, -1);
  iframe->size = sqlite3_column_int64 (statement, IFRAME_SIZE_BYTES);
  iframe->key_frame = sqlite3_column_int (statement, IFRAME_KEY_FRAME) != 0;
  iframe->gop_index =
      hab_statement_get_int_or (statement, IFRAME_GOP_NUMBER, -1);
}

static gboolean
insert_iframe (HabCatalog *catalog, gint64 input_id, guint number,
    const HabIFrame *iframe, GError **error)
{
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "INSERT INTO iframes (input_id, number, " HAB_IFRAME_COLUMNS ") "
      "VALUES (:input_id, :number, :coded_picture_number, :pts, :dts, "
      ":duration, :offset_bytes, :size_bytes, :key_frame, :gop_number)", error);

  if (!statement)
    return FALSE;
  hab_statement_bind_int (statement, ":input_id", input_id);
  hab_statement_bind_int (statement, ":number", number);
  hab_statement_bind_int (statement, ":coded_picture_number",
      iframe->coded_picture_number);
  hab_statement_bind_int (statement, ":pts", iframe->pts);
  hab_statement_bind_int (statement, ":dts", iframe->dts);
  hab_statement_bind_int (statement, ":duration", iframe->duration);
  hab_statement_bind_int_or_null (
      statement, ":offset_bytes", iframe->offset, -1);
  hab_statement_bind_int (statement, ":size_bytes", iframe->size);
  hab_statement_bind_int (statement, ":key_frame", iframe->key_frame ? 1 : 0);
  hab_statement_bind_int_or_null (
      statement, ":gop_number", iframe->gop_index, -1);

  return hab_catalog_run (catalog, statement, "add an I-frame", error);
}

GArray *
hab_catalog_list_iframes (HabCatalog *catalog, gint64 input_id, guint64 first,
    guint limit, GError **error)
{
  g_autoptr (GArray) iframes = g_array_new (FALSE, FALSE, sizeof (HabIFrame));
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_IFRAME_COLUMNS " FROM iframes "
      "WHERE input_id = :id AND number >= :first ORDER BY number LIMIT :limit",
      error);
  HabStep step;

  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", input_id);
  hab_statement_bind_int (statement, ":first", MIN (first, G_MAXINT64));
  hab_statement_bind_int (statement, ":limit", limit);

  while ((step = hab_catalog_step (catalog, statement, "list the I-frames",
      error)) == HAB_STEP_ROW) {
    HabIFrame iframe;

    read_iframe (statement, &iframe);
    g_array_append_val (iframes, iframe);
  }

  return step == HAB_STEP_DONE ? g_steal_pointer (&iframes) : NULL;
}

gboolean
hab_catalog_count_iframes (HabCatalog *catalog, gint64 input_id,
    guint64 *count, GError **error)
{
  return hab_catalog_read_count (catalog,
      "SELECT count(*) FROM iframes WHERE input_id = :id", input_id, count,
      error);
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
    if (!insert_iframe (catalog, input_id, i,
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
  gint64 now = hab_catalog_now (), id = 0;

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
