/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "list-request.h"

#include "json.h"
#include "problem.h"

#define MAX_INPUTS 1000

/* --- reading ----------------------------------------------------------- */

static gboolean
read_sort (HabListQuery *query, const gchar *text, const gchar *const *sorts,
    GError **error)
{
  g_autofree gchar *known = NULL;

  if (text == NULL)
    return TRUE;
  query->descending = text[0] == '-';
  for (guint i = 0; sorts[i] != NULL; i++)
    if (g_str_equal (text + (query->descending ? 1 : 0), sorts[i])) {
      query->sort = i;
      return TRUE;
    }
  known = g_strjoinv (", ", (gchar **) sorts);
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "sort must be one of %s, with - in front for the other way round", known);
  return FALSE;
}

/* (nullable): "1,2,3" as a JSON array, "none" as an empty one. Only digits get
 * through. */
static gchar *
parse_inputs (const gchar *text)
{
  g_autoptr (GString) json = g_string_new ("[");
  g_auto (GStrv) ids = g_strsplit (text, ",", MAX_INPUTS + 1);
  guint n = g_str_equal (text, "none") ? 0 : g_strv_length (ids);

  if (n > MAX_INPUTS || text[0] == '\0')
    return NULL;
  for (guint i = 0; i < n; i++) {
    guint64 id;

    if (!g_ascii_string_to_unsigned (ids[i], 10, 1, G_MAXINT64, &id, NULL))
      return NULL;
    g_string_append_printf (json, "%s%" G_GUINT64_FORMAT, i > 0 ? "," : "", id);
  }
  g_string_append_c (json, ']');
  return g_string_free (g_steal_pointer (&json), FALSE);
}

static gboolean
read_inputs (HabListRequest *self, const gchar *text, GError **error)
{
  if (text == NULL)
    return TRUE;
  self->inputs = parse_inputs (text);
  self->query.inputs = self->inputs;
  if (self->inputs != NULL)
    return TRUE;
  hab_http_error_set (error, SOUP_STATUS_BAD_REQUEST,
      "input_content_id must be ids with commas between, %u at most, or none",
      MAX_INPUTS);
  return FALSE;
}

gboolean
hab_list_request_read (HabListRequest *self, HabRequest *request,
    const gchar *const *sorts, GError **error)
{
  HabListQuery *query = &self->query;
  HabPage page;

  memset (self, 0, sizeof *self);
  if (!hab_json_read_page (request, &page, error) ||
      !hab_request_get_number (request, "offset", 0, G_MAXINT64, 0,
          &query->offset, error) ||
      !read_sort (query, hab_request_get_query (request, "sort"), sorts, error))
    return FALSE;
  query->owner = hab_request_get_scope (request);
  query->search = hab_request_get_query (request, "search");
  query->after = page.after;
  query->limit = page.limit;
  return read_inputs (self,
      hab_request_get_query (request, "input_content_id"), error);
}

void
hab_list_request_clear (HabListRequest *self)
{
  g_clear_pointer (&self->inputs, g_free);
}

/* --- answering --------------------------------------------------------- */

/* As it was asked for, which is what next to it is asked for by. */
static void
repeat (GString *link, HabRequest *request, const gchar *name)
{
  const gchar *value = hab_request_get_query (request, name);

  if (value == NULL)
    return;
  g_string_append_printf (link, "&%s=", name);
  g_string_append_uri_escaped (link, value, NULL, FALSE);
}

/* By id where the list is in that order: rows that come and go meanwhile shift
 * nothing. */
gchar *
hab_list_request_write_next (const HabListRequest *self, HabRequest *request,
    guint n_rows, gint64 last)
{
  const HabListQuery *query = &self->query;
  GString *link = g_string_new (NULL);

  g_string_append_printf (link, "limit=%u", query->limit);
  if (query->sort == HAB_SORT_ID && !query->descending) {
    g_string_append_printf (link, "&after=%" G_GINT64_FORMAT, last);
  } else {
    g_string_append_printf (link, "&offset=%" G_GUINT64_FORMAT,
        query->offset + n_rows);
    repeat (link, request, "after");
  }
  repeat (link, request, "sort");
  repeat (link, request, "search");
  repeat (link, request, "input_content_id");
  return g_string_free (link, FALSE);
}

static void
link_next (const HabListRequest *self, HabRequest *request, HabReply *reply,
    guint n_rows, gint64 last)
{
  g_autofree gchar *query =
      hab_list_request_write_next (self, request, n_rows, last);
  g_autofree gchar *link = g_strdup_printf ("<%s?%s>; rel=\"next\"",
      hab_request_get_path (request), query);

  hab_reply_set_header (reply, "Link", link);
}

void
hab_list_request_announce (const HabListRequest *self, HabRequest *request,
    HabReply *reply, guint64 total, guint n_rows, gint64 last)
{
  g_autofree gchar *count = g_strdup_printf ("%" G_GUINT64_FORMAT, total);

  hab_reply_set_header (reply, "X-Total-Count", count);
  if (n_rows == self->query.limit)
    link_next (self, request, reply, n_rows, last);
}
