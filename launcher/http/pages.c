/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "pages.h"

#define PREFIX "/haberdash/"

/* The player fetches segments from the delivery listener, whose address is
 * another origin, and plays from blob: URLs; text tracks of its own making
 * begin as data: ones. */
#define CONTENT_POLICY \
  "default-src 'self'; connect-src *; media-src * blob: data:; " \
  "img-src * blob: data:; style-src 'self' 'unsafe-inline'; " \
  "worker-src 'self' blob:; " \
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

static const struct
{
  const gchar *suffix;
  const gchar *type;
} types[] = {
  { ".html", "text/html; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".css", "text/css; charset=utf-8" },
  { ".svg", "image/svg+xml" },
  { ".png", "image/png" },
  { ".json", "application/json" },
  { ".woff2", "font/woff2" },
};

static const gchar *
get_type (const gchar *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (path, types[i].suffix))
      return types[i].type;
  return "application/octet-stream";
}

static void
protect (HabReply *reply)
{
  hab_reply_set_header (reply, "Content-Security-Policy", CONTENT_POLICY);
  hab_reply_set_header (reply, "Referrer-Policy", "same-origin");
}

static GBytes *
load (const gchar *path, GError **error)
{
  g_autofree gchar *full = g_strconcat (PREFIX, path, NULL);
  GBytes *data =
      g_resources_lookup_data (full, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  if (data == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "There is nothing at this address");
  return data;
}

HabReply *
hab_pages_reply_resource (const gchar *path, GError **error)
{
  g_autoptr (GBytes) data = load (path, error);
  HabReply *reply;

  if (data == NULL)
    return NULL;
  reply = hab_reply_new_bytes (SOUP_STATUS_OK, get_type (path), data);
  /* A later version of the program has other pages under the same names. */
  hab_reply_set_header (reply, "Cache-Control", "no-cache");
  protect (reply);
  return reply;
}

HabReply *
hab_pages_reply (const gchar *name, GError **error)
{
  g_autofree gchar *path = g_strconcat ("pages/", name, NULL);

  return hab_pages_reply_resource (path, error);
}

/* Replaces {{name}} by value, escaped. One pass: what a value has in it is not
 * looked at again. places: name, value, …, NULL. */
static gchar *
fill (const gchar *page, gsize length, const gchar *const *places)
{
  GString *text = g_string_sized_new (length + 256);
  const gchar *end = page + length, *open;

  while ((open = g_strstr_len (page, end - page, "{{")) != NULL) {
    const gchar *close = g_strstr_len (open, end - open, "}}");
    g_autofree gchar *name =
        close != NULL ? g_strndup (open + 2, close - open - 2) : NULL;
    g_autofree gchar *escaped = NULL;

    for (guint i = 0; name != NULL && places[i] != NULL; i += 2)
      if (g_str_equal (places[i], name))
        escaped = g_markup_escape_text (places[i + 1], -1);
    g_string_append_len (text, page, open - page);
    g_string_append (text, escaped != NULL ? escaped : "");
    page = close != NULL ? close + 2 : open + 2;
  }
  g_string_append_len (text, page, end - page);
  return g_string_free (text, FALSE);
}

static HabReply *
reply_filled (guint status, const gchar *path, const gchar *const *places)
{
  g_autoptr (GBytes) data = load (path, NULL);
  gsize length = 0;
  const gchar *page = data != NULL ? g_bytes_get_data (data, &length) : "";
  HabReply *reply = hab_reply_new_text (status, "text/html; charset=utf-8",
      fill (page, length, places));

  hab_reply_set_header (reply, "Cache-Control", "no-store");
  protect (reply);
  return reply;
}

HabReply *
hab_pages_reply_success (gint64 input_content_id, const gchar *name)
{
  g_autofree gchar *id =
      g_strdup_printf ("%" G_GINT64_FORMAT, input_content_id);
  const gchar *places[] = { "input_content_id", id, "name", name, NULL };

  return reply_filled (SOUP_STATUS_OK, "pages/success.html", places);
}

HabReply *
hab_pages_reply_error (guint status, const gchar *title, const gchar *detail,
    const gchar *request_id)
{
  g_autofree gchar *number = g_strdup_printf ("%u", status);
  /* Some come from below, where messages go on behind a colon. */
  g_autofree gchar *sentence = g_strdup (detail);
  const gchar *places[] = {
    "status", number, "title", title, "detail", sentence,
    "request_id", request_id != NULL ? request_id : "unknown", NULL
  };

  *sentence = g_ascii_toupper (*sentence);

  return reply_filled (status, "pages/error.html", places);
}

HabReply *
hab_pages_reply_sign_in (guint status, const gchar *next,
    const gchar *message)
{
  const gchar *places[] = { "next", next, "message", message, NULL };

  return reply_filled (status, "pages/sign-in.html", places);
}
