/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "multipart.h"

#include <libsoup/soup.h>
#include <string.h>

/* A body is
 *
 *     [preamble] --B [blanks] CRLF headers CRLF CRLF bytes CRLF
 *     --B [blanks] CRLF headers CRLF CRLF bytes CRLF
 *     --B-- [epilogue]
 *
 * so each part's bytes end where CRLF--B begins. What may be the beginning of
 * that stays in pending until more is there. */

#define MAX_BOUNDARY 70
#define MAX_HEADERS (16 * 1024)
#define MAX_PARTS 64

typedef enum
{
  STATE_PREAMBLE, /* before the first boundary, which needs no CRLF */
  STATE_BOUNDARY, /* behind a boundary: the end, or a line's end */
  STATE_HEADERS,
  STATE_BYTES,
  STATE_EPILOGUE,
} State;

struct _HabMultipart
{
  HabMultipartEvents events;
  gpointer data;
  gchar *delimiter; /* CRLF, two dashes, the boundary */
  gsize delimiter_length;
  State state;
  guint parts;
  GByteArray *pending;
};

G_DEFINE_QUARK (hab-multipart-error-quark, hab_multipart_error)

static gboolean
malformed (GError **error, const gchar *what)
{
  g_set_error (error, HAB_MULTIPART_ERROR, HAB_MULTIPART_ERROR_MALFORMED,
      "The multipart body is malformed: %s", what);
  return FALSE;
}

static gchar *
get_boundary (const gchar *content_type, GError **error)
{
  GHashTable *params = NULL;
  gchar *copy = NULL;
  const gchar *boundary;
  gsize length = strcspn (content_type, "; \t");

  if (length != 19 ||
      g_ascii_strncasecmp (content_type, "multipart/form-data", 19) != 0) {
    g_set_error_literal (error, HAB_MULTIPART_ERROR, HAB_MULTIPART_ERROR_TYPE,
        "The body is no multipart/form-data");
    return NULL;
  }
  content_type = strchr (content_type, ';');
  if (content_type != NULL)
    params = soup_header_parse_semi_param_list (content_type + 1);
  boundary = params != NULL ? g_hash_table_lookup (params, "boundary") : NULL;
  if (boundary == NULL || *boundary == '\0' ||
      strlen (boundary) > MAX_BOUNDARY)
    malformed (error, "its Content-Type has no boundary of 1 to 70 characters");
  else
    copy = g_strdup (boundary);
  g_clear_pointer (&params, soup_header_free_param_list);
  return copy;
}

HabMultipart *
hab_multipart_new (const gchar *content_type, const HabMultipartEvents *events,
    gpointer data, GError **error)
{
  g_autofree gchar *boundary = get_boundary (content_type, error);
  HabMultipart *self;

  if (boundary == NULL)
    return NULL;
  self = g_new0 (HabMultipart, 1);
  self->events = *events;
  self->data = data;
  self->delimiter = g_strconcat ("\r\n--", boundary, NULL);
  self->delimiter_length = strlen (self->delimiter);
  self->pending = g_byte_array_new ();
  /* The line's end before a first boundary may be absent. */
  g_byte_array_append (self->pending, (const guint8 *) "\r\n", 2);
  return self;
}

void
hab_multipart_free (HabMultipart *self)
{
  g_free (self->delimiter);
  g_byte_array_unref (self->pending);
  g_free (self);
}

static const guint8 *
find (HabMultipart *self, const gchar *needle, gsize length)
{
  return memmem (self->pending->data, self->pending->len, needle, length);
}

static void
drop (HabMultipart *self, gsize count)
{
  g_byte_array_remove_range (self->pending, 0, count);
}

/* How many bytes at the end of pending may begin a delimiter. */
static gsize
count_held (HabMultipart *self)
{
  gsize held = MIN (self->pending->len, self->delimiter_length - 1);

  for (; held > 0; held--)
    if (memcmp (self->pending->data + self->pending->len - held,
            self->delimiter, held) == 0)
      break;
  return held;
}

/* Bytes up to the next delimiter, or as many as are sure to stand before it.
 * Each state function returns FALSE when it needs more or failed. */
static gboolean
read_bytes (HabMultipart *self, gboolean emit, GError **error)
{
  const guint8 *at = find (self, self->delimiter, self->delimiter_length);
  gsize count = at != NULL ? (gsize) (at - self->pending->data)
                           : self->pending->len - count_held (self);

  if (emit && count > 0 &&
      !self->events.bytes (self->pending->data, count, self->data, error))
    return FALSE;
  if (at == NULL) {
    drop (self, count);
    return FALSE;
  }
  drop (self, count + self->delimiter_length);
  self->state = STATE_BOUNDARY;
  return !emit || self->events.end (self->data, error);
}

static gboolean
read_boundary (HabMultipart *self, GError **error)
{
  const guint8 *bytes = self->pending->data;
  gsize blanks = 0;

  if (self->pending->len < 2)
    return FALSE;
  if (memcmp (bytes, "--", 2) == 0) {
    self->state = STATE_EPILOGUE;
    return TRUE;
  }
  while (blanks < self->pending->len &&
      (bytes[blanks] == ' ' || bytes[blanks] == '\t'))
    blanks++;
  if (blanks > MAX_BOUNDARY)
    return malformed (error, "blanks without end behind a boundary");
  if (self->pending->len < blanks + 2)
    return FALSE;
  if (memcmp (bytes + blanks, "\r\n", 2) != 0)
    return malformed (error, "something stands behind a boundary");
  if (++self->parts > MAX_PARTS)
    return malformed (error, "it has more than 64 parts");
  /* Leaves the line's end, so that a part without headers ends in the same
   * four bytes as one that has some. */
  drop (self, blanks);
  self->state = STATE_HEADERS;
  return TRUE;
}

/* Not libsoup's reading of Content-Disposition: that cuts folders off the
 * filename, and a name with a slash is to be refused instead. */
static gboolean
begin_part (HabMultipart *self, const gchar *text, GError **error)
{
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_MULTIPART);
  const gchar *disposition, *name;
  GHashTable *params;
  gboolean accepted;

  if (!soup_headers_parse (text, strlen (text), headers))
    return malformed (error, "the headers of a part cannot be read");
  disposition = soup_message_headers_get_one (headers, "Content-Disposition");
  if (disposition == NULL || !g_str_has_prefix (disposition, "form-data;"))
    return malformed (error, "a part has no Content-Disposition: form-data");

  params = soup_header_parse_semi_param_list (disposition + 10);
  name = g_hash_table_lookup (params, "name");
  if (name == NULL)
    accepted = malformed (error, "a part has no name");
  else
    accepted = self->events.begin (name,
        g_hash_table_lookup (params, "filename"), self->data, error);
  soup_header_free_param_list (params);
  return accepted;
}

static gboolean
read_headers (HabMultipart *self, GError **error)
{
  const guint8 *end = find (self, "\r\n\r\n", 4);
  g_autofree gchar *text = NULL;
  gsize length;

  if (end == NULL && self->pending->len > MAX_HEADERS)
    return malformed (error, "the headers of a part have no end");
  if (end == NULL)
    return FALSE;
  length = end - self->pending->data;
  /* libsoup's parser skips a first line, which messages have. */
  text = g_strdup_printf ("-\r\n%.*s\r\n", (int) length,
      (const gchar *) self->pending->data);
  drop (self, length + 4);
  self->state = STATE_BYTES;
  return begin_part (self, text, error);
}

static gboolean
step (HabMultipart *self, GError **error)
{
  switch (self->state) {
    case STATE_PREAMBLE:
      return read_bytes (self, FALSE, error);
    case STATE_BOUNDARY:
      return read_boundary (self, error);
    case STATE_HEADERS:
      return read_headers (self, error);
    case STATE_BYTES:
      return read_bytes (self, TRUE, error);
    case STATE_EPILOGUE:
    default:
      g_byte_array_set_size (self->pending, 0);
      return FALSE;
  }
}

gboolean
hab_multipart_feed (HabMultipart *self, const guint8 *bytes, gsize size,
    GError **error)
{
  GError *failure = NULL;

  g_byte_array_append (self->pending, bytes, size);
  while (step (self, &failure))
    continue;
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, failure);
  return FALSE;
}

gboolean
hab_multipart_finish (HabMultipart *self, GError **error)
{
  if (self->state == STATE_EPILOGUE)
    return TRUE;
  return malformed (error, "it ends before its last boundary");
}
