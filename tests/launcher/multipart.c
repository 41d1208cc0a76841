/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "multipart.h"

#include <string.h>

#define TYPE "multipart/form-data; boundary=XX"

/* What came, as text: "[name:filename]bytes." for each part. */
static gboolean
on_begin (const gchar *name, const gchar *filename, gpointer data,
    GError **error)
{
  g_string_append_printf (data, "[%s:%s]", name,
      filename != NULL ? filename : "-");
  return TRUE;
}

static gboolean
on_bytes (const guint8 *bytes, gsize size, gpointer data, GError **error)
{
  g_string_append_len (data, (const gchar *) bytes, size);
  return TRUE;
}

static gboolean
on_end (gpointer data, GError **error)
{
  g_string_append_c (data, '.');
  return TRUE;
}

static const HabMultipartEvents events = { on_begin, on_bytes, on_end };

/* In pieces of step bytes. NULL where it is malformed. */
static gchar *
parse (const gchar *type, const gchar *body, gsize size, gsize step)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (HabMultipart) multipart =
      hab_multipart_new (type, &events, text, NULL);

  if (multipart == NULL)
    return NULL;
  for (gsize at = 0; at < size; at += step)
    if (!hab_multipart_feed (multipart, (const guint8 *) body + at,
            MIN (step, size - at), NULL))
      return NULL;
  return hab_multipart_finish (multipart, NULL) ? g_strdup (text->str) : NULL;
}

#define DISPOSITION "Content-Disposition: form-data; name=\"file\"; filename="
#define HEAD "--XX\r\n" DISPOSITION "\"a.mp4\"\r\n\r\n"

static const struct
{
  const gchar *body, *expected; /* NULL: malformed */
} bodies[] = {
  { HEAD "abc\r\n--XX--\r\n", "[file:a.mp4]abc." },
  { HEAD "abc\r\n--XX--", "[file:a.mp4]abc." },
  { HEAD "\r\n--XX--\r\n", "[file:a.mp4]." },
  { HEAD "a\r\n-b\r\n--X\r\n--Y\r\n\r\n--XX--\r\n",
      "[file:a.mp4]a\r\n-b\r\n--X\r\n--Y\r\n." },
  { "preamble\r\n" HEAD "abc\r\n--XX--epilogue\r\n--XX", "[file:a.mp4]abc." },
  { "--XX \t\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n" HEAD
    "abc\r\n--XX--", "[x:-]1.[file:a.mp4]abc." },
  { "--XX\r\nContent-Type: video/mp4\r\ncontent-disposition: form-data; "
    "name=file; filename=\"a\\\"b.mp4\"\r\n\r\nabc\r\n--XX--",
      "[file:a\"b.mp4]abc." },
  { "--XX\r\n" DISPOSITION "\"\xc3\xa9 <b>.mp4\"\r\n\r\nabc\r\n--XX--",
      "[file:\xc3\xa9 <b>.mp4]abc." },
  { "--XX\r\n" DISPOSITION "\"../x.mp4\"\r\n\r\nabc\r\n--XX--",
      "[file:../x.mp4]abc." },
  { "--XX--", "" },
  { "", NULL },
  { "abc", NULL },
  { HEAD "abc", NULL },
  { HEAD "abc\r\n--XX", NULL },
  { HEAD "abc\r\n--XX-", NULL },
  { HEAD "abc\r\n--XXY\r\n", NULL },
  { "--XX\r\n\r\nabc\r\n--XX--", NULL },
  { "--XX\r\nContent-Type: video/mp4\r\n\r\nabc\r\n--XX--", NULL },
  { "--XX\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--XX--", NULL },
  { "--XX\r\nContent-Disposition: form-data; filename=x\r\n\r\na\r\n--XX--",
      NULL },
};

static void
test_bodies (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++) {
    gsize size = strlen (bodies[i].body);

    for (gsize step = 1; step <= MAX (size, 1); step++) {
      g_autofree gchar *text = parse (TYPE, bodies[i].body, size, step);

      g_test_message ("body %u in pieces of %" G_GSIZE_FORMAT, i, step);
      g_assert_cmpstr (text, ==, bodies[i].expected);
    }
  }
}

static void
test_types (void)
{
  static const struct
  {
    const gchar *type;
    gboolean taken;
  } rows[] = {
    { TYPE, TRUE },
    { "Multipart/Form-Data; charset=utf-8; boundary=\"XX\"", TRUE },
    { "multipart/form-data;boundary=XX", TRUE },
    { "multipart/form-data", FALSE },
    { "multipart/form-data; boundary=", FALSE },
    { "multipart/mixed; boundary=XX", FALSE },
    { "multipart/form-datax; boundary=XX", FALSE },
    { "application/json", FALSE },
    { "multipart/form-data; boundary="
      "0123456789012345678901234567890123456789012345678901234567890123456789x",
        FALSE },
  };
  const gchar *body = HEAD "abc\r\n--XX--";

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *text =
        parse (rows[i].type, body, strlen (body), strlen (body));

    g_test_message ("%s", rows[i].type);
    g_assert_cmpint (text != NULL, ==, rows[i].taken);
  }
}

/* Headers and parts without end do not fill the memory. */
static void
test_limits (void)
{
  g_autofree gchar *blanks = g_strnfill (100000, ' ');
  g_autofree gchar *endless = g_strconcat ("--XX\r\nA: ", blanks, NULL);
  g_autofree gchar *wide = g_strconcat ("--XX", blanks, NULL);
  g_autoptr (GString) many = g_string_new (NULL);

  g_assert_null (parse (TYPE, endless, strlen (endless), 1000));
  g_assert_null (parse (TYPE, wide, strlen (wide), 1000));
  for (guint i = 0; i < 100; i++)
    g_string_append (many, HEAD "abc\r\n");
  g_string_append (many, "--XX--");
  g_assert_null (parse (TYPE, many->str, many->len, 1000));
}

static gboolean
refuse (const gchar *name, const gchar *filename, gpointer data,
    GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "no");
  return FALSE;
}

static void
test_refusal (void)
{
  const HabMultipartEvents refusing = { refuse, on_bytes, on_end };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (HabMultipart) multipart =
      hab_multipart_new (TYPE, &refusing, text, NULL);
  g_autoptr (GError) error = NULL;
  const gchar *body = HEAD "abc\r\n--XX--";

  g_assert_false (hab_multipart_feed (multipart, (const guint8 *) body,
      strlen (body), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME);
  g_assert_cmpstr (text->str, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/multipart/bodies", test_bodies);
  g_test_add_func ("/multipart/types", test_types);
  g_test_add_func ("/multipart/limits", test_limits);
  g_test_add_func ("/multipart/refusal", test_refusal);
  return g_test_run ();
}
