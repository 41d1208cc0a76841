/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "router.h"

#include <string.h>

static gboolean
is_clean (const gchar *text)
{
  for (; *text != '\0'; text++)
    if ((guchar) *text < 0x20 || *text == 0x7f)
      return FALSE;
  return TRUE;
}

gchar **
hab_router_split (const gchar *path)
{
  /* The first component is the nothing before the first slash, as it is in
   * patterns. */
  g_auto (GStrv) components = g_strsplit (path, "/", -1);

  for (gchar **component = components; *component != NULL; component++) {
    /* NULL for %00 and malformed escapes */
    gchar *decoded = g_uri_unescape_string (*component, NULL);

    if (decoded == NULL || !g_utf8_validate (decoded, -1, NULL) ||
        !is_clean (decoded)) {
      g_free (decoded);
      return NULL;
    }
    g_free (*component);
    *component = decoded;
  }
  return g_steal_pointer (&components);
}

/* One component; a {} in pattern adds what it stands for to params. */
static gboolean
match_component (const gchar *pattern, gsize pattern_length,
    const gchar *component, GPtrArray *params)
{
  const gchar *place = g_strstr_len (pattern, pattern_length, "{}");
  gsize length = strlen (component);
  gsize before, behind;

  if (place == NULL)
    return length == pattern_length &&
        memcmp (pattern, component, length) == 0;
  before = place - pattern;
  behind = pattern_length - before - 2;
  if (length < before + behind + 1 ||
      memcmp (component, pattern, before) != 0 ||
      memcmp (component + length - behind, place + 2, behind) != 0)
    return FALSE;
  g_ptr_array_add (params,
      g_strndup (component + before, length - before - behind));
  return TRUE;
}

gboolean
hab_router_match (const gchar *pattern, gchar **components, GPtrArray *params)
{
  g_ptr_array_set_size (params, 0);
  for (; *components != NULL; components++) {
    gsize length = strcspn (pattern, "/");

    if (g_str_equal (pattern, "**")) {
      g_ptr_array_add (params, g_strjoinv ("/", components));
      return TRUE;
    }
    if (!match_component (pattern, length, *components, params))
      return FALSE;
    pattern += length;
    if (*pattern == '\0')
      return components[1] == NULL;
    pattern++;
  }
  return FALSE;
}

static void
add_method (GString *allow, const gchar *method)
{
  g_string_append_printf (allow, "%s%s", allow->len > 0 ? ", " : "", method);
  if (g_str_equal (method, "GET"))
    g_string_append (allow, ", HEAD");
}

const HabRoute *
hab_router_find (const HabRoute *const *tables, const gchar *method,
    gchar **components, GPtrArray *params, gchar **allow)
{
  g_autoptr (GString) known = g_string_new (NULL);
  const gchar *wanted = g_str_equal (method, "HEAD") ? "GET" : method;

  for (; *tables != NULL; tables++) {
    for (const HabRoute *route = *tables; route->method != NULL; route++) {
      if (!hab_router_match (route->pattern, components, params))
        continue;
      if (g_str_equal (route->method, wanted))
        return route;
      add_method (known, route->method);
    }
  }
  g_ptr_array_set_size (params, 0);
  *allow = known->len > 0 ? g_strdup (known->str) : NULL;
  return NULL;
}
