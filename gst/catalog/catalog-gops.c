/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in an input's video: its GOPs and I-frames. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "catalog-private.h"

/* Numbers begin at 0 and leave none out, so the last one tells how many there are
 * without a look at each. */

/* From a number on, so many of one input. */
#define PART \
  "WHERE input_id = :id AND number >= :first ORDER BY number LIMIT :limit"

/* statement: (nullable), then error is set. */
static GArray *
list_part (HabCatalog *catalog, HabStatement *statement, const gchar *what,
    gint64 input_id, guint64 first, guint limit, guint row_size,
    HabReadRow read, GError **error)
{
  if (!statement)
    return NULL;
  hab_statement_bind_int (statement, ":id", input_id);
  hab_statement_bind_int (statement, ":first", MIN (first, G_MAXINT64));
  hab_statement_bind_int (statement, ":limit", limit);
  return hab_catalog_read_rows (catalog, statement, what, row_size, read, NULL,
      error);
}

/* --- GOPs ------------------------------------------------------------ */

enum
{
  HAB_COLUMN_PLACES (HAB_GOP_LIST)
};

static void
read_gop (HabStatement *statement, gpointer row)
{
  HabGop *gop = row;

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
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_GOP_COLUMNS " FROM gops " PART, error);

  return list_part (catalog, statement, "list the GOPs", input_id, first,
      limit, sizeof (HabGop), read_gop, error);
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
      "SELECT coalesce (max (number) + 1, 0) FROM gops WHERE input_id = :id",
      input_id, count, error);
}

/* --- I-frames -------------------------------------------------------- */

enum
{
  HAB_COLUMN_PLACES (HAB_IFRAME_LIST)
};

static void
read_iframe (HabStatement *statement, gpointer row)
{
  HabIFrame *iframe = row;

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

gboolean
hab_catalog_add_iframe (HabCatalog *catalog, gint64 input_id, guint number,
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
  g_autoptr (HabStatement) statement = hab_catalog_prepare (catalog,
      "SELECT " HAB_IFRAME_COLUMNS " FROM iframes " PART, error);

  return list_part (catalog, statement, "list the I-frames", input_id, first,
      limit, sizeof (HabIFrame), read_iframe, error);
}

gboolean
hab_catalog_count_iframes (HabCatalog *catalog, gint64 input_id,
    guint64 *count, GError **error)
{
  return hab_catalog_read_count (catalog,
      "SELECT coalesce (max (number) + 1, 0) FROM iframes WHERE input_id = :id",
      input_id, count, error);
}
