/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON written as text, read by JSON-GLib, and numbers as printf writes them. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <json-glib/json-glib.h>
#include <math.h>

#include "json-text.h"

#define assert_text(text, expected) \
  G_STMT_START \
  { \
    g_assert_cmpstr ((text)->str, ==, expected); \
    g_assert_cmpuint ((text)->len, ==, strlen (expected)); \
    g_string_truncate (text, 0); \
  } \
  G_STMT_END

static void
test_members (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  hab_json_text_open (text, NULL, '{');
  hab_json_text_add_int (text, "least", G_MININT64);
  hab_json_text_add_int (text, "most", G_MAXINT64);
  hab_json_text_add_null (text, "nothing");
  hab_json_text_add_bool (text, "yes", TRUE);
  hab_json_text_add_string (text, "text", "a\"b");
  hab_json_text_add_string (text, "none", NULL);
  hab_json_text_open (text, "array", '[');
  hab_json_text_add_int (text, NULL, 0);
  hab_json_text_open (text, NULL, '{');
  hab_json_text_close (text, '}');
  hab_json_text_open (text, NULL, '[');
  hab_json_text_close (text, ']');
  hab_json_text_close (text, ']');
  hab_json_text_add_raw (text, "raw", "[1,2]");
  hab_json_text_close (text, '}');
  assert_text (text, "{\"least\":-9223372036854775808,"
      "\"most\":9223372036854775807,\"nothing\":null,\"yes\":true,"
      "\"text\":\"a\\\"b\",\"none\":null,\"array\":[0,{},[]],\"raw\":[1,2]}");
}

/* Every character that JSON has a rule for, and some that it has none for. */
static void
test_strings (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) all = g_string_new ("\xc3\xa4\xf0\x9f\x8e\xac </x>,:{[");
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;

  for (gunichar c = 1; c <= 0xff; c++)
    g_string_append_unichar (all, c);
  hab_json_text_add_string (text, NULL, all->str);
  node = json_from_string (text->str, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (json_node_get_string (node), ==, all->str);
  for (gsize i = 0; i < text->len; i++)
    g_assert_cmpuint ((guchar) text->str[i], >=, 0x20);
}

static void
test_doubles (void)
{
  static const struct
  {
    gdouble value;
    const gchar *text;
  } rows[] = {
    { 0, "0.0" }, { 1, "1.0" }, { -2.5, "-2.5" }, { 0.1, "0.1" },
    { 1.0 / 3, "0.333333333333333" }, { 1e300, "1e+300" }, { 1e20, "1e+20" },
    { 123456789012, "123456789012.0" }, { NAN, "null" }, { INFINITY, "null" },
  };
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    hab_json_text_add_double (text, NULL, rows[i].value);
    assert_text (text, rows[i].text);
  }
}

static void
test_times (void)
{
  static const struct
  {
    gint64 ns;
    const gchar *text;
  } seconds[] = {
    { 0, "0.0" }, { 1, "0.000000001" }, { 1000000000, "1.0" },
    { -80000000, "-0.08" }, { 1920000000, "1.92" }, { 33366666667, "33.366666667" },
    { G_MININT64, "-9223372036.854775808" },
  };
  static const struct
  {
    gint64 us;
    const gchar *text;
  } times[] = {
    { 0, "\"1970-01-01T00:00:00.000Z\"" },
    { 951782399999999, "\"2000-02-28T23:59:59.999Z\"" },
    { 4102444800001000, "\"2100-01-01T00:00:00.001Z\"" },
  };
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++) {
    hab_json_text_add_seconds (text, NULL, seconds[i].ns);
    assert_text (text, seconds[i].text);
  }
  hab_json_text_add_duration (text, NULL, -1);
  assert_text (text, "null");
  hab_json_text_add_duration (text, NULL, 500000000);
  assert_text (text, "0.5");
  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    hab_json_text_add_time (text, NULL, times[i].us);
    assert_text (text, times[i].text);
  }
}

static void
check_fraction (gint64 value, guint scale)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gchar expected[64];

  g_ascii_formatd (expected, sizeof expected, "%f", (gdouble) value / scale);
  hab_json_text_append_fraction (text, value, scale);
  assert_text (text, expected);
}

/* As ffprobe's times, which are printed of a double: to the last digit. */
static void
test_fractions (void)
{
  static const guint scales[] = { 1, 3, 600, 1000, 12800, 25600, 30000, 44100,
    48000, 90000, 1000000, 10000000, G_MAXUINT };
  static const gint64 values[] = { 0, 1, -1, 4, 12, 512, G_MAXINT32,
    G_MAXUINT32, G_GINT64_CONSTANT (1) << 32, G_MAXINT64, G_MININT64 };

  for (guint i = 0; i < G_N_ELEMENTS (scales); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (values); j++)
      check_fraction (values[j], scales[i]);
    for (guint j = 0; j < 20000; j++)
      check_fraction (g_test_rand_int_range (G_MININT32, G_MAXINT32) >>
          g_test_rand_int_range (0, 31), scales[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-text/members", test_members);
  g_test_add_func ("/json-text/strings", test_strings);
  g_test_add_func ("/json-text/doubles", test_doubles);
  g_test_add_func ("/json-text/times", test_times);
  g_test_add_func ("/json-text/fractions", test_fractions);
  return g_test_run ();
}
