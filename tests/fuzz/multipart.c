/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A multipart body behind a line with the type: the same comes of it whole and
 * in pieces, whose lengths the first byte says. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz.h"
#include "multipart.h"

static gboolean
begin (const gchar *name, const gchar *filename, gpointer told,
    GError **error)
{
  g_assert_nonnull (name);
  g_string_append_printf (told, "<%s %s>", name, filename ? filename : "-");
  return TRUE;
}

static gboolean
take (const guint8 *bytes, gsize size, gpointer told, GError **error)
{
  g_string_append_len (told, (const gchar *) bytes, size);
  return TRUE;
}

static gboolean
end (gpointer told, GError **error)
{
  g_string_append (told, "<end>");
  return TRUE;
}

static const HabMultipartEvents events = { begin, take, end };

/* Whether it was whole; told is what was told on the way. */
static gboolean
parse (const gchar *type, const guint8 *data, gsize size, gsize piece,
    GString *told)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabMultipart) multipart =
      hab_multipart_new (type, &events, told, &error);
  gboolean ok = multipart != NULL;

  for (gsize at = 0; ok && at < size; at += piece)
    ok = hab_multipart_feed (multipart, data + at, MIN (piece, size - at),
        &error);
  ok = ok && hab_multipart_finish (multipart, &error);
  g_assert_true (ok == (error == NULL));
  return ok;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  gsize piece = fuzz_take_u8 (&input) + 1;
  g_autofree gchar *type = fuzz_take_line (&input);
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (GString) pieces = g_string_new (NULL);
  gboolean ok = parse (type, input.data, input.size, MAX (input.size, 1),
      whole);

  g_assert_true (ok == parse (type, input.data, input.size, piece, pieces));
  /* What was told before a mistake depends on where the pieces end. */
  if (ok)
    g_assert_true (g_string_equal (whole, pieces));
  return 0;
}
