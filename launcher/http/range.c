/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "range.h"

#include <libsoup/soup.h>
#include <string.h>

/* Reads digits at *text and moves behind them; FALSE without any, or when the
 * number does not fit. */
static gboolean
read_number (const gchar **text, guint64 *number)
{
  const gchar *start = *text;

  *number = 0;
  for (; g_ascii_isdigit (**text); (*text)++) {
    guint digit = **text - '0';

    if (*number > (G_MAXUINT64 - digit) / 10)
      return FALSE;
    *number = *number * 10 + digit;
  }
  return *text != start;
}

static HabRangeKind
suffix_range (const gchar *text, guint64 size, guint64 *start, guint64 *length)
{
  guint64 count;

  if (!read_number (&text, &count) || *text != '\0')
    return HAB_RANGE_WHOLE;
  if (count == 0 || size == 0)
    return HAB_RANGE_UNSATISFIABLE;
  *length = MIN (count, size);
  *start = size - *length;
  return HAB_RANGE_PART;
}

HabRangeKind
hab_range_parse (const gchar *header, guint64 size, guint64 *start,
    guint64 *length)
{
  g_autofree gchar *text = NULL;
  const gchar *at;
  guint64 end = G_MAXUINT64;

  if (header == NULL || g_ascii_strncasecmp (header, "bytes=", 6) != 0)
    return HAB_RANGE_WHOLE;
  at = text = g_strstrip (g_strdup (header + 6));
  if (*at == '-')
    return suffix_range (at + 1, size, start, length);

  if (!read_number (&at, start) || *at++ != '-')
    return HAB_RANGE_WHOLE;
  if (*at != '\0' && (!read_number (&at, &end) || *at != '\0'))
    return HAB_RANGE_WHOLE;
  if (end < *start)
    return HAB_RANGE_WHOLE;
  if (*start >= size)
    return HAB_RANGE_UNSATISFIABLE;
  *length = MIN (end, size - 1) - *start + 1;
  return HAB_RANGE_PART;
}

gboolean
hab_range_if_range (const gchar *header, const gchar *etag,
    gint64 modified_seconds)
{
  g_autoptr (GDateTime) date = NULL;

  if (header == NULL)
    return TRUE;
  if (header[0] == '"')
    return g_str_equal (header, etag);
  date = soup_date_time_new_from_http_string (header);
  return date != NULL && g_date_time_to_unix (date) == modified_seconds;
}

gboolean
hab_range_none_match (const gchar *header, const gchar *etag)
{
  GSList *tags;
  gboolean found = FALSE;

  if (header == NULL)
    return FALSE;
  tags = soup_header_parse_list (header);
  for (GSList *item = tags; item != NULL && !found; item = item->next) {
    const gchar *tag = item->data;

    if (g_str_has_prefix (tag, "W/"))
      tag += 2;
    found = g_str_equal (tag, "*") || g_str_equal (tag, etag);
  }
  soup_header_free_list (tags);
  return found;
}
