/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* JSON that is written as text: of any values in any order JSON-GLib reads the
 * same. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <json-glib/json-glib.h>
#include <math.h>

#include "fuzz.h"
#include "json-text.h"

#define MAX_VALUES 64

typedef struct
{
  FuzzInput input;
  GString *text;
  gboolean checking; /* else writing */
} Turn;

/* Each value is written in the first turn and read in the second, of the same
 * input. node: what was read, in the second turn. */
typedef void (*Value) (Turn *turn, JsonNode *node);

static void
value_string (Turn *turn, JsonNode *node)
{
  g_autofree gchar *value = fuzz_make_valid (fuzz_take_line (&turn->input));

  if (!turn->checking)
    hab_json_text_add_string (turn->text, NULL, value);
  else
    g_assert_cmpstr (json_node_get_string (node), ==, value);
}

static void
value_int (Turn *turn, JsonNode *node)
{
  gint64 value = fuzz_take_number (&turn->input, 8);

  if (!turn->checking)
    hab_json_text_add_int (turn->text, NULL, value);
  else
    g_assert_cmpint (json_node_get_int (node), ==, value);
}

static void
value_double (Turn *turn, JsonNode *node)
{
  union
  {
    guint64 bits;
    gdouble number;
  } value = { fuzz_take_number (&turn->input, 8) };

  if (!turn->checking)
    hab_json_text_add_double (turn->text, NULL, value.number);
  else if (!isfinite (value.number))
    g_assert_true (json_node_is_null (node));
  /* Of the largest the 15 digits are above what there is. */
  else if (fabs (value.number) < 1.7e308)
    g_assert_true (fabs (json_node_get_double (node) - value.number) <=
        fabs (value.number) * 1e-14);
}

static void
value_fraction (Turn *turn, JsonNode *node)
{
  gint64 value = (gint32) fuzz_take_number (&turn->input, 4);
  guint scale = fuzz_take_number (&turn->input, 4);
  gchar wanted[64];
  gsize length;

  if (turn->checking)
    return;
  scale = MAX (scale, 1);
  hab_json_text_add_raw (turn->text, NULL, "");
  length = turn->text->len;
  hab_json_text_append_fraction (turn->text, value, scale);
  g_ascii_formatd (wanted, sizeof wanted, "%f", (gdouble) value / scale);
  g_assert_cmpstr (turn->text->str + length, ==, wanted);
}

static void
value_time (Turn *turn, JsonNode *node)
{
  gint64 us = fuzz_take_number (&turn->input, 7);
  g_autoptr (GDateTime) time = NULL;

  if (!turn->checking) {
    hab_json_text_add_time (turn->text, NULL, us);
    return;
  }
  time = g_date_time_new_from_iso8601 (json_node_get_string (node), NULL);
  g_assert_nonnull (time);
  g_assert_cmpint (g_date_time_to_unix (time), ==, us / G_USEC_PER_SEC);
}

static void
value_seconds (Turn *turn, JsonNode *node)
{
  gint64 ns = fuzz_take_number (&turn->input, 8);
  gdouble seconds = ns / 1e9;

  if (!turn->checking)
    hab_json_text_add_seconds (turn->text, NULL, ns);
  else
    g_assert_true (fabs (json_node_get_double (node) - seconds) <=
        fabs (seconds) * 1e-15);
}

static const Value values[] = { value_string, value_int, value_double,
  value_fraction, value_time, value_seconds };

static void
go_through (Turn *turn, JsonArray *read)
{
  guint n = 0;

  while (turn->input.size > 0 && n < MAX_VALUES) {
    guint kind = fuzz_take_u8 (&turn->input) % G_N_ELEMENTS (values);

    values[kind] (turn, read ? json_array_get_element (read, n) : NULL);
    n++;
  }
  if (read)
    g_assert_cmpuint (json_array_get_length (read), ==, n);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Turn writing = { { data, size }, text, FALSE };
  Turn checking = { { data, size }, text, TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = NULL;

  hab_json_text_open (text, NULL, '{');
  hab_json_text_open (text, "values", '[');
  go_through (&writing, NULL);
  hab_json_text_close (text, ']');
  hab_json_text_close (text, '}');
  g_assert_cmpuint (strlen (text->str), ==, text->len);
  root = json_from_string (text->str, &error);
  g_assert_no_error (error);
  go_through (&checking, json_object_get_array_member (
      json_node_get_object (root), "values"));
  return 0;
}
