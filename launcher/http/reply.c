/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "reply.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http-date.h"
#include "range.h"

struct _HabReply
{
  guint status;
  HabHeaderList *headers;
  GBytes *body;

  /* -1 unless the body is a file */
  int fd;
  guint64 size, start, length;
  gint64 modified_seconds;
  gchar *etag;
};

HabReply *
hab_reply_new (guint status)
{
  HabReply *self = g_new0 (HabReply, 1);

  self->status = status;
  self->fd = -1;
  self->headers = hab_header_list_new ();
  hab_reply_set_header (self, "X-Content-Type-Options", "nosniff");
  return self;
}

HabReply *
hab_reply_new_bytes (guint status, const gchar *content_type, GBytes *body)
{
  HabReply *self = hab_reply_new (status);

  self->body = g_bytes_ref (body);
  hab_reply_set_header (self, "Content-Type", content_type);
  return self;
}

HabReply *
hab_reply_new_text (guint status, const gchar *content_type, gchar *text)
{
  g_autoptr (GBytes) body = g_bytes_new_take (text, strlen (text));

  return hab_reply_new_bytes (status, content_type, body);
}

static HabReply *
reply_new_json (guint status, gchar *text)
{
  HabReply *self = hab_reply_new_text (status, "application/json", text);

  hab_reply_set_header (self, "Cache-Control", "no-store");
  return self;
}

HabReply *
hab_reply_new_json (guint status, JsonNode *node)
{
  HabReply *self = reply_new_json (status, json_to_string (node, FALSE));

  json_node_unref (node);
  return self;
}

HabReply *
hab_reply_new_json_text (guint status, GString *text)
{
  return reply_new_json (status, g_string_free (text, FALSE));
}

HabReply *
hab_reply_new_see_other (const gchar *location)
{
  HabReply *self = hab_reply_new (SOUP_STATUS_SEE_OTHER);

  hab_reply_set_header (self, "Location", location);
  hab_reply_set_header (self, "Cache-Control", "no-store");
  return self;
}

/* In base 16. (transfer none): behind it. */
static gchar *
put_number (gchar *at, guint64 number)
{
  static const gchar digits[] = "0123456789abcdef";
  guint n_digits = 1;

  for (guint64 rest = number >> 4; rest != 0; rest >>= 4)
    n_digits++;
  for (guint i = n_digits; i > 0; i--, number >>= 4)
    at[i - 1] = digits[number & 15];
  return at + n_digits;
}

static gchar *
make_etag (const struct stat *info)
{
  gchar text[3 * 16 + sizeof "\"--\""];
  gchar *at = text;

  *at++ = '"';
  at = put_number (at, info->st_ino);
  *at++ = '-';
  at = put_number (at, info->st_size);
  *at++ = '-';
  at = put_number (at, (guint64) info->st_mtim.tv_sec * 1000000000 +
      info->st_mtim.tv_nsec);
  *at++ = '"';
  return g_strndup (text, at - text);
}

/* Files are made under another name and moved, so a file that changed has
 * another inode or another time. */
static void
reply_describe_file (HabReply *self, const struct stat *info)
{
  gchar date[HAB_HTTP_DATE_SIZE];

  self->size = self->length = info->st_size;
  self->modified_seconds = info->st_mtim.tv_sec;
  self->etag = make_etag (info);
  hab_http_date_format (info->st_mtim.tv_sec, date);
  hab_reply_set_header (self, "ETag", self->etag);
  hab_reply_set_header (self, "Last-Modified", date);
  hab_reply_set_header (self, "Accept-Ranges", "bytes");
}

HabReply *
hab_reply_new_file (int fd, const gchar *content_type, GError **error)
{
  HabReply *self;
  struct stat info;

  if (fstat (fd, &info) < 0 || !S_ISREG (info.st_mode)) {
    close (fd);
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
        "Not a file");
    return NULL;
  }
  self = hab_reply_new (SOUP_STATUS_OK);
  self->fd = fd;
  hab_reply_set_header (self, "Content-Type", content_type);
  reply_describe_file (self, &info);
  return self;
}

void
hab_reply_free (HabReply *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->body, g_bytes_unref);
  hab_header_list_free (self->headers);
  g_free (self->etag);
  g_free (self);
}

void
hab_reply_set_header (HabReply *self, const gchar *name, const gchar *value)
{
  hab_header_list_set (self->headers, name, value);
}

guint
hab_reply_get_status (HabReply *self)
{
  return self->status;
}

HabHeaderList *
hab_reply_get_headers (HabReply *self)
{
  return self->headers;
}

GBytes *
hab_reply_get_body (HabReply *self)
{
  return self->body;
}

static gboolean
is_unchanged (HabReply *self, SoupMessageHeaders *request_headers)
{
  const gchar *none_match =
      soup_message_headers_get_list (request_headers, "If-None-Match");
  const gchar *since =
      soup_message_headers_get_one (request_headers, "If-Modified-Since");
  g_autoptr (GDateTime) date = NULL;

  if (none_match != NULL)
    return hab_range_none_match (none_match, self->etag);
  if (since != NULL)
    date = soup_date_time_new_from_http_string (since);
  return date != NULL && self->modified_seconds <= g_date_time_to_unix (date);
}

static void
reply_apply_range (HabReply *self, const gchar *range)
{
  g_autofree gchar *text = NULL;

  switch (hab_range_parse (range, self->size, &self->start, &self->length)) {
    case HAB_RANGE_WHOLE:
      self->start = 0;
      self->length = self->size;
      return;
    case HAB_RANGE_PART:
      self->status = SOUP_STATUS_PARTIAL_CONTENT;
      text = g_strdup_printf ("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
          "/%" G_GUINT64_FORMAT, self->start, self->start + self->length - 1,
          self->size);
      break;
    case HAB_RANGE_UNSATISFIABLE:
      self->status = SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE;
      self->start = self->length = 0;
      text = g_strdup_printf ("bytes */%" G_GUINT64_FORMAT, self->size);
      break;
  }
  hab_reply_set_header (self, "Content-Range", text);
}

void
hab_reply_apply_conditions (HabReply *self, const gchar *method,
    SoupMessageHeaders *request_headers)
{
  if (self->fd < 0)
    return;
  if (is_unchanged (self, request_headers)) {
    self->status = SOUP_STATUS_NOT_MODIFIED;
    self->length = 0;
    hab_header_list_remove (self->headers, "Content-Type");
    return;
  }
  if (g_str_equal (method, "GET") && hab_range_if_range (
          soup_message_headers_get_one (request_headers, "If-Range"),
          self->etag, self->modified_seconds))
    reply_apply_range (self,
        soup_message_headers_get_one (request_headers, "Range"));
}

int
hab_reply_steal_file (HabReply *self, guint64 *start, guint64 *length)
{
  int fd = self->fd;

  self->fd = -1;
  *start = self->start;
  *length = self->length;
  return fd;
}
