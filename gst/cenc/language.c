/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "language.h"

#include <string.h>

#include <gst/tag/tag.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"

/* (nullable): the first part of en-GB or en_GB, in lower case. */
static gchar *
primary_part (const gchar *tag)
{
  g_autofree gchar *lower = g_ascii_strdown (tag, -1);
  gsize length = strspn (lower, LETTERS);

  if (length < 2 || length > 3 || strchr ("-_", lower[length]) == NULL)
    return NULL;
  return g_strndup (lower, length);
}

gboolean
hab_language_to_iso_639_2 (const gchar *tag, gchar code[4])
{
  g_autofree gchar *primary = primary_part (tag);
  const gchar *known = primary ?
      gst_tag_get_language_code_iso_639_2T (primary) :
      NULL;

  if (known == NULL)
    known = primary;
  if (known == NULL || strlen (known) != 3)
    return FALSE;
  memcpy (code, known, 4);
  return TRUE;
}

/* Subtags have one to eight letters or digits (RFC 5646, 2.1). */
static gboolean
is_subtag (const gchar *part)
{
  gsize length = strspn (part, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

  return length >= 1 && length <= 8 && part[length] == '\0';
}

static void
append_subtags (GString *result, const gchar *tag)
{
  g_auto (GStrv) parts = g_strsplit_set (tag, "-_", -1);

  for (guint i = 1; parts[i] && is_subtag (parts[i]); i++)
    g_string_append_printf (result, "-%s", parts[i]);
}

gchar *
hab_language_to_bcp_47 (const gchar *tag)
{
  g_autofree gchar *primary = primary_part (tag);
  const gchar *known = primary ?
      gst_tag_get_language_code_iso_639_1 (primary) :
      NULL;
  GString *result;

  if (primary == NULL || strcmp (primary, "und") == 0)
    return NULL;
  result = g_string_new (known ? known : primary);
  append_subtags (result, tag);
  return g_string_free (result, FALSE);
}
