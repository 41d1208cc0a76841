/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cue-text.h"

#include <string.h>

/* Longer ones are none. */
#define MAX_REFERENCE 10
#define MAX_TAG 256

/* --- bytes ----------------------------------------------------------------- */

/* (transfer full): UTF-8 with line feeds only. */
static gchar *
clean (const gchar *data, gsize size)
{
  g_autofree gchar *valid = NULL;
  GString *text = g_string_new (NULL);

  while (size > 0 && data[size - 1] == '\0')
    size--;
  /* What is empty may be NULL. */
  valid = size > 0 ? g_utf8_make_valid (data, size) : g_strdup ("");
  for (const gchar *at = valid; *at; at++) {
    if (*at != '\r')
      g_string_append_c (text, *at);
    else if (at[1] != '\n')
      g_string_append_c (text, '\n');
  }
  return g_string_free (text, FALSE);
}

/* Takes text. An empty line would end the cue; blanks at the end of one show
 * nothing. */
static gchar *
without_blank_lines (gchar *text)
{
  g_autofree gchar *owned = text;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *kept = g_string_new (NULL);

  for (guint i = 0; lines[i]; i++) {
    if (*g_strchomp (lines[i]) == '\0')
      continue;
    if (kept->len > 0)
      g_string_append_c (kept, '\n');
    g_string_append (kept, lines[i]);
  }
  return g_string_free (kept, kept->len == 0);
}

static void
append_escaped (GString *text, gunichar c)
{
  switch (c) {
    case '&':
      g_string_append (text, "&amp;");
      break;
    case '<':
      g_string_append (text, "&lt;");
      break;
    case '>':
      g_string_append (text, "&gt;");
      break;
    case '\r':
    case '\0':
      break;
    default:
      g_string_append_unichar (text, c);
  }
}

/* --- character references --------------------------------------------------- */

static const struct
{
  const gchar *name;
  gunichar character;
} references[] = {
  { "amp", '&' },
  { "lt", '<' },
  { "gt", '>' },
  { "quot", '"' },
  { "apos", '\'' },
  { "nbsp", 0x00a0 },
  { "lrm", 0x200e },
  { "rlm", 0x200f },
};

static gunichar
numeric_reference (const gchar *digits)
{
  gboolean hexadecimal = *digits == 'x' || *digits == 'X';
  const gchar *first = digits + hexadecimal;
  gchar *end;
  guint64 value = g_ascii_strtoull (first, &end, hexadecimal ? 16 : 10);

  return *end == '\0' && g_ascii_isxdigit (*first) && value <= 0x10ffff &&
      g_unichar_validate (value) ? value : 0;
}

/* The character that at, an ampersand, stands for, and how long the reference
 * is; 0 where it is an ampersand only. */
static gunichar
read_reference (const gchar *at, gsize *length)
{
  g_autofree gchar *name = NULL;
  gsize size = strcspn (at + 1, ";&<> \n");

  if (size == 0 || size > MAX_REFERENCE || at[1 + size] != ';')
    return 0;
  name = g_strndup (at + 1, size);
  *length = size + 2;
  if (*name == '#')
    return numeric_reference (name + 1);
  for (guint i = 0; i < G_N_ELEMENTS (references); i++) {
    if (strcmp (name, references[i].name) == 0)
      return references[i].character;
  }
  return 0;
}

/* --- tags --------------------------------------------------------------------- */

typedef struct
{
  gchar name;      /* b, i or u; 0 for one that is left out */
  gboolean closes;
  gsize length;    /* with the brackets */
} Tag;

/* at: '<'. FALSE where it begins no tag. */
static gboolean
read_tag (const gchar *at, Tag *tag)
{
  const gchar *name, *end = memchr (at, '>', strnlen (at, MAX_TAG));
  gsize size;

  tag->closes = at[1] == '/';
  name = at + 1 + tag->closes;
  size = strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  if (end == NULL || size == 0 || strchr ("> /=.\t\n", name[size]) == NULL)
    return FALSE;
  tag->name = size == 1 && strchr ("biuBIU", *name) ?
      g_ascii_tolower (*name) :
      0;
  tag->length = end + 1 - at;
  return TRUE;
}

static void
append_tag (GString *text, const gchar *slash, gchar name)
{
  g_string_append_printf (text, "<%s%c>", slash, name);
}

/* open: the names of the open elements, the innermost last. */
static void
close_element (GString *text, GString *open, gchar name)
{
  const gchar *begin = strrchr (open->str, name);

  if (begin == NULL)
    return;
  for (const gchar *at = open->str + open->len; at-- > begin;)
    append_tag (text, "/", *at);
  /* Those inside it go on. */
  for (const gchar *at = begin + 1; *at; at++)
    append_tag (text, "", *at);
  g_string_erase (open, begin - open->str, 1);
}

static void
open_element (GString *text, GString *open, gchar name)
{
  if (strchr (open->str, name))
    return;
  append_tag (text, "", name);
  g_string_append_c (open, name);
}

static void
append_element (GString *text, GString *open, const Tag *tag)
{
  if (tag->name == 0)
    return;
  if (tag->closes)
    close_element (text, open, tag->name);
  else
    open_element (text, open, tag->name);
}

/* --- whole texts ------------------------------------------------------------------ */

static const gchar *
append_next (GString *text, GString *open, const gchar *at)
{
  gunichar c = 0;
  gsize length;
  Tag tag;

  if (*at == '<' && read_tag (at, &tag)) {
    append_element (text, open, &tag);
    return at + tag.length;
  }
  if (*at == '&' && (c = read_reference (at, &length))) {
    append_escaped (text, c);
    return at + length;
  }
  append_escaped (text, g_utf8_get_char (at));
  return g_utf8_next_char (at);
}

/* Tags alone show nothing. */
static gboolean
has_text (const gchar *text)
{
  gboolean inside = FALSE;

  for (; *text; text++) {
    if (*text == '<')
      inside = TRUE;
    else if (*text == '>')
      inside = FALSE;
    else if (!inside && !g_ascii_isspace (*text))
      return TRUE;
  }
  return FALSE;
}

/* Takes text. */
static gchar *
unless_empty (gchar *text)
{
  if (text && !has_text (text))
    g_clear_pointer (&text, g_free);
  return text;
}

gchar *
hab_cue_text_from_markup (const gchar *data, gsize size)
{
  g_autofree gchar *source = clean (data, size);
  g_autoptr (GString) open = g_string_new (NULL);
  GString *text = g_string_new (NULL);
  const gchar *at = source;

  while (*at)
    at = append_next (text, open, at);
  while (open->len > 0)
    close_element (text, open, open->str[open->len - 1]);
  return unless_empty (without_blank_lines (g_string_free (text, FALSE)));
}

gchar *
hab_cue_text_from_plain (const gchar *data, gsize size)
{
  g_autofree gchar *source = clean (data, size);
  GString *text = g_string_new (NULL);

  for (const gchar *at = source; *at; at = g_utf8_next_char (at))
    append_escaped (text, g_utf8_get_char (at));
  return without_blank_lines (g_string_free (text, FALSE));
}

gchar *
hab_cue_text_from_webvtt (const gchar *data, gsize size)
{
  return unless_empty (without_blank_lines (clean (data, size)));
}
