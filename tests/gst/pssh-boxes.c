/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "pssh-boxes.h"

#include <string.h>

#include "codec.h"

#define WIDEVINE "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
#define PLAYREADY "9a04f079-9840-4286-ab92-e65be0885f95"

/* Version 0 with the data "abc", and version 1 with one KID and no data. */
#define HEX_V0 \
  "0000002370737368" "00000000" "edef8ba979d64acea3c827dcd51d21ed" \
  "00000003" "616263"
#define HEX_V1 \
  "0000003470737368" "01000000" "9a04f07998404286ab92e65be0885f95" \
  "00000001" "a16e402b9056e371f36d348aa62bb749" "00000000"
#define BASE64_V0 "AAAAI3Bzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAAANhYmM="
#define BASE64_V1 \
  "AAAANHBzc2gBAAAAmgTweZhAQoarkuZb4IhflQAAAAGhbkArkFbjcfNtNIqmK7dJAAAAAA=="

static GBytes *
from_hex (const gchar *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; hex[0] && hex[1]; hex += 2) {
    guint8 byte = g_ascii_xdigit_value (hex[0]) << 4 |
        g_ascii_xdigit_value (hex[1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  return g_byte_array_free_to_bytes (bytes);
}

/* --- one box ----------------------------------------------------------------- */

typedef struct
{
  const gchar *name;
  const gchar *hex;
  const gchar *system;  /* NULL where it is refused */
  const gchar *data;    /* or what the error says */
} Box;

static const Box boxes[] = {
  { "version-0", HEX_V0, WIDEVINE, "abc" },
  { "version-1", HEX_V1, PLAYREADY, "" },
  { "no-kids",
      "0000002470737368" "01000000" "9a04f07998404286ab92e65be0885f95"
      "00000000" "00000000", PLAYREADY, "" },
  { "empty", "", NULL, "not a pssh box" },
  { "short", "0000001c70737368" "00000000" "edef8ba979d64acea3c827dcd51d21ed",
      NULL, "not a pssh box" },
  { "other-type",
      "0000002366726565" "00000000" "edef8ba979d64acea3c827dcd51d21ed"
      "00000003" "616263", NULL, "not a pssh box" },
  { "something-behind", HEX_V0 "00", NULL, "size is 35 and there are 36" },
  { "cut-off",
      "0000002370737368" "00000000" "edef8ba979d64acea3c827dcd51d21ed"
      "00000003" "6162", NULL, "size is 35 and there are 34" },
  { "version-2",
      "0000002370737368" "02000000" "edef8ba979d64acea3c827dcd51d21ed"
      "00000003" "616263", NULL, "version is 2" },
  { "data-too-long",
      "0000002370737368" "00000000" "edef8ba979d64acea3c827dcd51d21ed"
      "ffffffff" "616263", NULL, "size of its data" },
  { "data-too-short",
      "0000002370737368" "00000000" "edef8ba979d64acea3c827dcd51d21ed"
      "00000002" "616263", NULL, "size of its data" },
  { "too-many-kids",
      "0000003470737368" "01000000" "9a04f07998404286ab92e65be0885f95"
      "00000002" "a16e402b9056e371f36d348aa62bb749" "00000000", NULL,
      "key ids" },
  { "kids-overflow",
      "0000003470737368" "01000000" "9a04f07998404286ab92e65be0885f95"
      "10000001" "a16e402b9056e371f36d348aa62bb749" "00000000", NULL,
      "key ids" },
  { "no-room-for-count",
      "0000002070737368" "01000000" "9a04f07998404286ab92e65be0885f95"
      "00000000", NULL, "key ids" },
};

static void
test_box (gconstpointer data)
{
  const Box *box = data;
  g_autoptr (GBytes) bytes = from_hex (box->hex);
  g_autoptr (GError) error = NULL;
  g_autoptr (HabPssh) pssh = hab_pssh_parse (bytes, &error);
  gconstpointer content;
  gsize size;

  if (box->system == NULL) {
    g_assert_null (pssh);
    g_assert_true (error && error->domain == HAB_CODEC_ERROR);
    g_assert_nonnull (strstr (error->message, box->data));
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpstr (pssh->system, ==, box->system);
  content = hab_pssh_get_data (pssh, &size);
  g_assert_cmpmem (content, size, box->data, strlen (box->data));
  g_assert_true (g_bytes_equal (pssh->box, bytes));
}

/* --- lists --------------------------------------------------------------------- */

typedef struct
{
  const gchar *name;
  const gchar *text;
  guint n;             /* 0 with an error where there is one */
  const gchar *error;
} List;

static const List lists[] = {
  { "null", NULL, 0, NULL },
  { "empty", "", 0, NULL },
  { "only-separators", " ,\n", 0, NULL },
  { "one", BASE64_V0, 1, NULL },
  { "comma", BASE64_V0 "," BASE64_V1, 2, NULL },
  { "lines", "\n" BASE64_V0 "\r\n\t" BASE64_V1 ",\n", 2, NULL },
  { "not-base64", BASE64_V0 ",AAA$", 0, "box 2: it is not base64" },
  { "no-padding", "AAAAI3Bzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAAANhYmM", 0,
      "box 1: it is not base64" },
  { "not-a-box", "YWJj," BASE64_V0, 0, "box 1: it is not a pssh box" },
  { "twice", BASE64_V0 "," BASE64_V1 "," BASE64_V0, 0,
      "box 3: it is the second one of system " WIDEVINE },
};

static void
test_list (gconstpointer data)
{
  const List *list = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) parsed = hab_pssh_parse_list (list->text, &error);

  if (list->error) {
    g_assert_null (parsed);
    g_assert_true (error && error->domain == HAB_CODEC_ERROR);
    g_assert_cmpstr (error->message, ==, list->error);
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (parsed->len, ==, list->n);
  g_assert_true ((list->n > 0) == (hab_pssh_find (parsed, WIDEVINE) != NULL));
}

/* What is made is taken. */
static void
test_w3c_common (void)
{
  static const guint8 kid[16] = { 0xa1, 0x6e };
  g_autoptr (HabPssh) pssh = hab_pssh_new_w3c_common (kid, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (HabPssh) again = hab_pssh_parse (pssh->box, &error);
  gsize size;

  g_assert_no_error (error);
  g_assert_cmpstr (again->system, ==, pssh->system);
  g_assert_cmpmem ((const guint8 *) g_bytes_get_data (pssh->box, &size) + 32,
      16, kid, 16);
  g_assert_cmpuint (size, ==, 52);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    g_autofree gchar *path = g_strdup_printf ("/pssh-boxes/box/%s",
        boxes[i].name);

    g_test_add_data_func (path, &boxes[i], test_box);
  }
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autofree gchar *path = g_strdup_printf ("/pssh-boxes/list/%s",
        lists[i].name);

    g_test_add_data_func (path, &lists[i], test_list);
  }
  g_test_add_func ("/pssh-boxes/w3c-common", test_w3c_common);
  return g_test_run ();
}
