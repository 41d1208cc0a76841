/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-address.h"

#include <math.h>
#include <string.h>

#define MAX_WIDTH 20

/* Removes "." and ".."; FALSE where it climbs out of the folder. */
static gboolean
normalize (gchar *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();
  g_autofree gchar *joined = NULL;

  for (guint i = 0; parts[i] != NULL; i++) {
    if (g_str_equal (parts[i], "..")) {
      if (kept->len == 0)
        return FALSE;
      g_ptr_array_set_size (kept, kept->len - 1);
    } else if (*parts[i] != '\0' && !g_str_equal (parts[i], "."))
      g_ptr_array_add (kept, parts[i]);
  }
  g_ptr_array_add (kept, NULL);
  joined = g_strjoinv ("/", (gchar **) kept->pdata);
  strcpy (path, joined); /* never longer */
  return TRUE;
}

gchar *
hab_mpd_resolve (const gchar *base, const gchar *url)
{
  const gchar *slash = base != NULL ? strrchr (base, '/') : NULL;
  gsize length = strcspn (url, "?#");
  g_autofree gchar *bare = g_strndup (url, length);
  g_autofree gchar *plain = g_uri_unescape_string (bare, NULL);
  g_autofree gchar *path = NULL;
  g_autofree gchar *scheme = g_uri_parse_scheme (url);

  if (plain == NULL || scheme != NULL || *plain == '/' ||
      !g_utf8_validate (plain, -1, NULL))
    return NULL;
  path = g_strdup_printf ("%.*s%s",
      slash != NULL ? (gint) (slash - base + 1) : 0, base != NULL ? base : "",
      plain);
  /* The last "/" says that it is a folder. */
  if (g_str_has_suffix (path, "/")) {
    g_autofree gchar *folder = g_strdup (path);

    if (!normalize (folder))
      return NULL;
    return g_strconcat (folder, *folder != '\0' ? "/" : "", NULL);
  }
  return normalize (path) ? g_steal_pointer (&path) : NULL;
}

/* Adds the number and its unit, if that is what text begins with. */
static gboolean
take_part (const gchar **text, gchar unit, gdouble seconds, gdouble *sum)
{
  gchar *end;
  gdouble number = g_ascii_strtod (*text, &end);

  if (end == *text || *end != unit || !isfinite (number) || number < 0)
    return FALSE;
  *sum += number * seconds;
  *text = end + 1;
  return TRUE;
}

gdouble
hab_mpd_parse_duration (const gchar *text)
{
  gdouble sum = 0;

  if (text == NULL || *text++ != 'P')
    return -1;
  take_part (&text, 'Y', 365 * 86400.0, &sum);
  take_part (&text, 'M', 30 * 86400.0, &sum);
  take_part (&text, 'D', 86400, &sum);
  if (*text == 'T') {
    text++;
    take_part (&text, 'H', 3600, &sum);
    take_part (&text, 'M', 60, &sum);
    take_part (&text, 'S', 1, &sum);
  }
  return *text == '\0' ? sum : -1;
}

/* "%05d" between the name of an identifier and its last '$'; 0 for none. */
static gboolean
read_width (const gchar *text, gsize length, guint *width)
{
  guint64 number;
  g_autofree gchar *digits = NULL;

  *width = 0;
  if (length == 0)
    return TRUE;
  if (length < 4 || text[0] != '%' || text[1] != '0' ||
      text[length - 1] != 'd')
    return FALSE;
  digits = g_strndup (text + 2, length - 3);
  if (!g_ascii_string_to_unsigned (digits, 10, 1, MAX_WIDTH, &number, NULL))
    return FALSE;
  *width = number;
  return TRUE;
}

static gboolean
put_identifier (GString *filled, const gchar *name, gsize length,
    const gchar *id, guint64 bandwidth, guint64 number, guint64 time)
{
  const struct
  {
    const gchar *name;
    guint64 value;
  } numbers[] = {
    { "Number", number },
    { "Bandwidth", bandwidth },
    { "Time", time },
  };
  guint width;

  if (length == 0) {
    g_string_append_c (filled, '$');
    return TRUE;
  }
  if (length == strlen ("RepresentationID") &&
      strncmp (name, "RepresentationID", length) == 0) {
    g_string_append_uri_escaped (filled, id != NULL ? id : "", NULL, TRUE);
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    gsize own = strlen (numbers[i].name);

    if (length < own || strncmp (name, numbers[i].name, own) != 0 ||
        !read_width (name + own, length - own, &width))
      continue;
    g_string_append_printf (filled, "%0*" G_GUINT64_FORMAT, (gint) width,
        numbers[i].value);
    return TRUE;
  }
  return FALSE;
}

gchar *
hab_mpd_fill_template (const gchar *pattern, const gchar *id,
    guint64 bandwidth, guint64 number, guint64 time)
{
  g_autoptr (GString) filled = g_string_new (NULL);

  while (*pattern != '\0') {
    const gchar *end;

    if (*pattern != '$') {
      g_string_append_c (filled, *pattern++);
      continue;
    }
    end = strchr (pattern + 1, '$');
    if (end == NULL ||
        !put_identifier (filled, pattern + 1, end - pattern - 1, id,
            bandwidth, number, time))
      return NULL;
    pattern = end + 1;
  }
  return g_string_free (g_steal_pointer (&filled), FALSE);
}
