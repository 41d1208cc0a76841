/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "json-text.h"

#include <math.h>
#include <string.h>

/* Room behind what is in text for so many characters, of which write_end () is
 * told where they end. */
static gchar *
write_begin (GString *text, gsize room)
{
  gsize length = text->len;

  g_string_set_size (text, length + room);
  return text->str + length;
}

static void
write_end (GString *text, gchar *end)
{
  text->len = end - text->str;
  *end = '\0';
}

static gchar *
put (gchar *out, const gchar *characters, gsize length)
{
  return (gchar *) memcpy (out, characters, length) + length;
}

/* --- numbers ----------------------------------------------------------- */

/* Of an integer with its sign, of a fraction. */
#define MAX_INT 21
#define MAX_FRACTION (MAX_INT + 10)

/* The digits of value, with zeros in front up to width. */
static gchar *
put_digits (gchar *out, guint64 value, guint width)
{
  gchar digits[24];
  guint n = sizeof digits;

  do {
    digits[--n] = '0' + value % 10;
    value /= 10;
  } while (value > 0 || sizeof digits - n < width);
  return put (out, digits + n, sizeof digits - n);
}

static guint64
get_magnitude (gint64 value)
{
  return value < 0 ? -(guint64) value : (guint64) value;
}

static gchar *
put_int (gchar *out, gint64 value)
{
  if (value < 0)
    *out++ = '-';
  return put_digits (out, get_magnitude (value), 1);
}

void
hab_json_text_append_int (GString *text, gint64 value)
{
  write_end (text, put_int (write_begin (text, MAX_INT), value));
}

/* Below this the quotient as a double is on the same side of every half as the
 * quotient itself, so that integers tell what "%f" would round to. */
#define MAX_EXACT (G_GINT64_CONSTANT (1) << 32)
#define MICRO 1000000

static gchar *
put_fraction (gchar *out, gint64 value, guint64 micro)
{
  if (value < 0)
    *out++ = '-';
  out = put_digits (out, micro / MICRO, 1);
  *out++ = '.';
  return put_digits (out, micro % MICRO, 6);
}

void
hab_json_text_append_fraction (GString *text, gint64 value, guint scale)
{
  gboolean exact = value > -MAX_EXACT && value < MAX_EXACT;
  guint64 scaled = exact ? get_magnitude (value) * MICRO : 0;
  guint64 rest = scaled % scale;
  gchar buffer[64];

  if (exact && rest * 2 != scale)
    write_end (text, put_fraction (write_begin (text, MAX_FRACTION), value,
        scaled / scale + (rest * 2 > scale)));
  else
    g_string_append (text, g_ascii_formatd (buffer, sizeof buffer, "%f",
        (gdouble) value / scale));
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

static gboolean
needs_comma (const GString *text)
{
  switch (text->len > 0 ? text->str[text->len - 1] : '\0') {
    case '\0':
    case '{':
    case '[':
    case ',':
    case '\n':
      return FALSE;
    default:
      return TRUE;
  }
}

/* The name, with room for so much of the value behind it. */
static gchar *
begin (GString *text, const gchar *name, gsize room)
{
  gsize length = name != NULL ? strlen (name) : 0;
  gboolean comma = needs_comma (text);
  gchar *out = write_begin (text, length + 4 + room);

  if (comma)
    *out++ = ',';
  if (name != NULL) {
    *out++ = '"';
    out = put (out, name, length);
    out = put (out, "\":", 2);
  }
  return out;
}

void
hab_json_text_open (GString *text, const gchar *name, gchar bracket)
{
  gchar *out = begin (text, name, 1);

  *out++ = bracket;
  write_end (text, out);
}

void
hab_json_text_close (GString *text, gchar bracket)
{
  g_string_append_c (text, bracket);
}

void
hab_json_text_add_raw (GString *text, const gchar *name, const gchar *json)
{
  gsize length = strlen (json);

  write_end (text, put (begin (text, name, length), json, length));
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
  write_end (text, begin (text, name, 0));
  append_string (text, value);
}

void
hab_json_text_add_int (GString *text, const gchar *name, gint64 value)
{
  write_end (text, put_int (begin (text, name, MAX_INT), value));
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
  gint year, month, day;
  gchar *out = begin (text, name, 32);

  g_date_time_get_ymd (time, &year, &month, &day);
  *out++ = '"';
  out = put_digits (out, year, 4);
  *out++ = '-';
  out = put_digits (out, month, 2);
  *out++ = '-';
  out = put_digits (out, day, 2);
  *out++ = 'T';
  out = put_digits (out, g_date_time_get_hour (time), 2);
  *out++ = ':';
  out = put_digits (out, g_date_time_get_minute (time), 2);
  *out++ = ':';
  out = put_digits (out, g_date_time_get_second (time), 2);
  *out++ = '.';
  out = put_digits (out, us % G_USEC_PER_SEC / 1000, 3);
  write_end (text, put (out, "Z\"", 2));
}

void
hab_json_text_add_seconds (GString *text, const gchar *name, gint64 ns)
{
  const guint64 second = 1000000000;
  guint64 value = get_magnitude (ns);
  gchar *out = begin (text, name, MAX_FRACTION);

  if (ns < 0)
    *out++ = '-';
  out = put_digits (out, value / second, 1);
  *out++ = '.';
  out = put_digits (out, value % second, 9);
  while (out[-1] == '0' && out[-2] != '.')
    out--;
  write_end (text, out);
}

void
hab_json_text_add_duration (GString *text, const gchar *name, gint64 ns)
{
  if (ns < 0)
    hab_json_text_add_null (text, name);
  else
    hab_json_text_add_seconds (text, name, ns);
}
