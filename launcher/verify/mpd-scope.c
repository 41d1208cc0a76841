/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-scope.h"

#include "mpd-address.h"

/* --- one element ------------------------------------------------------- */

gboolean
hab_mpd_is_element (const xmlNode *node, const gchar *name)
{
  return node->type == XML_ELEMENT_NODE &&
      g_str_equal ((const gchar *) node->name, name);
}

xmlNode *
hab_mpd_find_child (xmlNode *parent, const gchar *name)
{
  for (xmlNode *node = parent ? parent->children : NULL; node;
       node = node->next)
    if (hab_mpd_is_element (node, name))
      return node;
  return NULL;
}

gchar *
hab_mpd_get_text (xmlNode *node, const gchar *name)
{
  xmlChar *value = node ? xmlGetNoNsProp (node, (const xmlChar *) name) : NULL;
  gchar *text = g_strdup ((const gchar *) value);

  xmlFree (value);
  return text;
}

gchar *
hab_mpd_get_content (xmlNode *node)
{
  xmlChar *value = node ? xmlNodeGetContent (node) : NULL;
  gchar *text = g_strdup ((const gchar *) value);

  xmlFree (value);
  return text;
}

gboolean
hab_mpd_scope_get_number (HabMpdScope *self, xmlNode *node,
    const gchar *name, guint64 max, guint64 *number)
{
  g_autofree gchar *text = hab_mpd_get_text (node, name);

  if (text == NULL)
    return FALSE;
  if (g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, max, number,
          NULL))
    return TRUE;
  hab_mpd_scope_error (self, "mpd", "line %ld: %s of %s is no number",
      xmlGetLineNo (node), name, (const gchar *) node->name);
  return FALSE;
}

/* --- what is inherited ------------------------------------------------- */

gchar *
hab_mpd_scope_get_common (HabMpdScope *self, const gchar *name)
{
  for (gint i = HAB_MPD_REPRESENTATION; i >= HAB_MPD_ADAPTATION_SET; i--) {
    gchar *text = hab_mpd_get_text (self->levels[i], name);

    if (text != NULL)
      return text;
  }
  return NULL;
}

xmlNode *
hab_mpd_scope_find (HabMpdScope *self, const gchar *element,
    const gchar *child)
{
  for (gint i = HAB_MPD_REPRESENTATION; i >= HAB_MPD_PERIOD; i--) {
    xmlNode *node = hab_mpd_find_child (self->levels[i], element);

    if (node != NULL && child != NULL)
      node = hab_mpd_find_child (node, child);
    if (node != NULL)
      return node;
  }
  return NULL;
}

static xmlNode *
find_with (HabMpdScope *self, const gchar *element, const gchar *attribute)
{
  for (gint i = HAB_MPD_REPRESENTATION; i >= HAB_MPD_PERIOD; i--) {
    xmlNode *node = hab_mpd_find_child (self->levels[i], element);

    if (node != NULL &&
        xmlHasNsProp (node, (const xmlChar *) attribute, NULL) != NULL)
      return node;
  }
  return NULL;
}

gchar *
hab_mpd_scope_get_inherited (HabMpdScope *self, const gchar *element,
    const gchar *attribute)
{
  return hab_mpd_get_text (find_with (self, element, attribute), attribute);
}

guint64
hab_mpd_scope_get_inherited_number (HabMpdScope *self, const gchar *element,
    const gchar *attribute, guint64 otherwise)
{
  xmlNode *node = find_with (self, element, attribute);
  guint64 number = otherwise;

  if (node != NULL)
    hab_mpd_scope_get_number (self, node, attribute, G_MAXINT64, &number);
  return number;
}

/* --- addresses --------------------------------------------------------- */

static void
report_address (HabMpdScope *self, const gchar *url)
{
  hab_mpd_scope_error (self, "address",
      "%s is not a file beside the manifest", url);
}

/* "first-last", both of which count. */
static gboolean
read_range (const gchar *text, HabMpdBytes *bytes)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);
  guint64 first, last;

  if (g_strv_length (ends) != 2 ||
      !g_ascii_string_to_unsigned (ends[0], 10, 0, G_MAXINT64 - 1, &first,
          NULL) ||
      !g_ascii_string_to_unsigned (ends[1], 10, first, G_MAXINT64 - 1, &last,
          NULL))
    return FALSE;
  bytes->offset = first;
  bytes->size = last - first + 1;
  return TRUE;
}

gboolean
hab_mpd_scope_locate (HabMpdScope *self, const gchar *url, const gchar *range,
    HabMpdBytes *bytes)
{
  bytes->file = hab_mpd_resolve (self->base, url != NULL ? url : "");
  if (url == NULL && self->base != NULL) {
    g_free (bytes->file);
    bytes->file = g_strdup (self->base);
  }
  if (bytes->file == NULL) {
    report_address (self, url != NULL ? url : "a segment without an address");
    return FALSE;
  }
  if (range == NULL || read_range (range, bytes))
    return TRUE;
  hab_mpd_scope_error (self, "mpd", "%s is no range of bytes", range);
  return FALSE;
}

gboolean
hab_mpd_scope_find_base (HabMpdScope *self)
{
  g_clear_pointer (&self->base, g_free);
  for (guint i = 0; i < HAB_MPD_N_LEVELS; i++) {
    g_autofree gchar *url =
        hab_mpd_get_content (hab_mpd_find_child (self->levels[i], "BaseURL"));
    gchar *base;

    if (url == NULL)
      continue;
    base = hab_mpd_resolve (self->base, g_strstrip (url));
    g_free (self->base);
    self->base = base;
    if (base == NULL) {
      report_address (self, url);
      return FALSE;
    }
  }
  return TRUE;
}
