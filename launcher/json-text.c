/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "json-text.h"

#include <math.h>
#include <string.h>

/* --- numbers ----------------------------------------------------------- */

/* The digits of value, with zeros in front up to width. */
static void
append_digits (GString *text, guint64 value, guint width)
{
  gchar digits[24];
  guint n = sizeof digits;

  do {
    digits[--n] = '0' + value % 10;
    value /= 10;
  } while (value > 0 || sizeof digits - n < width);
  g_string_append_len (text, digits + n, sizeof digits - n);
}

/* Its absolute value, behind a sign where it needs one. */
static guint64
append_sign (GString *text, gint64 value)
{
  if (value < 0)
    g_string_append_c (text, '-');
  return value < 0 ? -(guint64) value : (guint64) value;
}

void
hab_json_text_append_int (GString *text, gint64 value)
{
  append_digits (text, append_sign (text, value), 1);
}

/* Below this the quotient as a double is on the same side of every half as the
 * quotient itself, so that integers tell what "%f" would round to. */
#define MAX_EXACT (G_GINT64_CONSTANT (1) << 32)
#define MICRO 1000000

static void
append_double_fraction (GString *text, gdouble value)
{
  gchar buffer[512]; /* 308 digits in front of the point, if need be */

  g_string_append (text,
      g_ascii_formatd (buffer, sizeof buffer, "%f", value));
}

void
hab_json_text_append_fraction (GString *text, gint64 value, guint scale)
{
  guint64 scaled, micro, rest;

  if (value <= -MAX_EXACT || value >= MAX_EXACT) {
    append_double_fraction (text, (gdouble) value / scale);
    return;
  }
  scaled = ABS (value) * MICRO;
  rest = scaled % scale;
  if (rest * 2 == scale) {
    append_double_fraction (text, (gdouble) value / scale);
    return;
  }
  micro = scaled / scale + (rest * 2 > scale);
  append_sign (text, value);
  append_digits (text, micro / MICRO, 1);
  g_string_append_c (text, '.');
  append_digits (text, micro % MICRO, 6);
}

/* --- strings ------------------------------------------------------------ */

static void
append_escaped (GString *text, guchar c)
{
  switch (c) {
    case '"':
    case '\\':
      g_string_append_c (text, '\\');
      g_string_append_c (text, c);
      break;
    case '\n':
      g_string_append (text, "\\n");
      break;
    case '\t':
      g_string_append (text, "\\t");
      break;
    case '\r':
      g_string_append (text, "\\r");
      break;
    default:
      g_string_append_printf (text, "\\u%04x", c);
  }
}

static gboolean
is_plain (guchar c)
{
  return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void
append_string (GString *text, const gchar *value)
{
  g_string_append_c (text, '"');
  while (*value != '\0') {
    const gchar *end = value;

    while (is_plain (*end))
      end++;
    g_string_append_len (text, value, end - value);
    if (*end != '\0')
      append_escaped (text, *end++);
    value = end;
  }
  g_string_append_c (text, '"');
}

/* --- members ------------------------------------------------------------ */

static void
begin (GString *text, const gchar *name)
{
  gchar last = text->len > 0 ? text->str[text->len - 1] : '\0';

  if (last != '\0' && strchr ("{[,:\n", last) == NULL)
    g_string_append_c (text, ',');
  if (name != NULL) {
    g_string_append_c (text, '"');
    g_string_append (text, name);
    g_string_append_len (text, "\":", 2);
  }
}

void
hab_json_text_open (GString *text, const gchar *name, gchar bracket)
{
  begin (text, name);
  g_string_append_c (text, bracket);
}

void
hab_json_text_close (GString *text, gchar bracket)
{
  g_string_append_c (text, bracket);
}

void
hab_json_text_add_raw (GString *text, const gchar *name, const gchar *json)
{
  begin (text, name);
  g_string_append (text, json);
}

void
hab_json_text_add_null (GString *text, const gchar *name)
{
  hab_json_text_add_raw (text, name, "null");
}

void
hab_json_text_add_string (GString *text, const gchar *name,
    const gchar *value)
{
  if (value == NULL) {
    hab_json_text_add_null (text, name);
    return;
  }
  begin (text, name);
  append_string (text, value);
}

void
hab_json_text_add_int (GString *text, const gchar *name, gint64 value)
{
  begin (text, name);
  hab_json_text_append_int (text, value);
}

void
hab_json_text_add_double (GString *text, const gchar *name, gdouble value)
{
  gchar buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value)) {
    hab_json_text_add_null (text, name);
    return;
  }
  g_ascii_formatd (buffer, sizeof buffer, "%.15g", value);
  hab_json_text_add_raw (text, name, buffer);
  if (strpbrk (buffer, ".e") == NULL)
    g_string_append (text, ".0");
}

void
hab_json_text_add_bool (GString *text, const gchar *name, gboolean value)
{
  hab_json_text_add_raw (text, name, value ? "true" : "false");
}

void
hab_json_text_add_time (GString *text, const gchar *name, gint64 us)
{
  g_autoptr (GDateTime) time =
      g_date_time_new_from_unix_utc (us / G_USEC_PER_SEC);

  begin (text, name);
  g_string_append_c (text, '"');
  append_digits (text, g_date_time_get_year (time), 4);
  g_string_append_c (text, '-');
  append_digits (text, g_date_time_get_month (time), 2);
  g_string_append_c (text, '-');
  append_digits (text, g_date_time_get_day_of_month (time), 2);
  g_string_append_c (text, 'T');
  append_digits (text, g_date_time_get_hour (time), 2);
  g_string_append_c (text, ':');
  append_digits (text, g_date_time_get_minute (time), 2);
  g_string_append_c (text, ':');
  append_digits (text, g_date_time_get_second (time), 2);
  g_string_append_c (text, '.');
  append_digits (text, us % G_USEC_PER_SEC / 1000, 3);
  g_string_append (text, "Z\"");
}

void
hab_json_text_add_seconds (GString *text, const gchar *name, gint64 ns)
{
  const guint64 second = 1000000000;
  guint64 value;

  begin (text, name);
  value = append_sign (text, ns);
  append_digits (text, value / second, 1);
  g_string_append_c (text, '.');
  append_digits (text, value % second, 9);
  while (text->str[text->len - 1] == '0' && text->str[text->len - 2] != '.')
    g_string_truncate (text, text->len - 1);
}
