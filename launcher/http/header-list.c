/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "header-list.h"

/* What a file that is delivered has. */
#define USUAL_COUNT 12

typedef struct
{
  const gchar *name;
  gchar *value;
} Header;

struct _HabHeaderList
{
  GArray *headers; /* of Header */
};

static void
header_clear (gpointer data)
{
  g_free (((Header *) data)->value);
}

HabHeaderList *
hab_header_list_new (void)
{
  HabHeaderList *self = g_new (HabHeaderList, 1);

  self->headers = g_array_sized_new (FALSE, FALSE, sizeof (Header),
      USUAL_COUNT);
  g_array_set_clear_func (self->headers, header_clear);
  return self;
}

void
hab_header_list_free (HabHeaderList *self)
{
  g_array_unref (self->headers);
  g_free (self);
}

/* The place of a header, or behind all. */
static guint
find (const HabHeaderList *self, const gchar *name)
{
  guint i = 0;

  while (i < self->headers->len && g_ascii_strcasecmp (
             g_array_index (self->headers, Header, i).name, name) != 0)
    i++;
  return i;
}

static void
append (HabHeaderList *self, const gchar *name, const gchar *value)
{
  Header header = { name, g_strdup (value) };

  g_array_append_val (self->headers, header);
}

void
hab_header_list_remove (HabHeaderList *self, const gchar *name)
{
  guint place = find (self, name);

  if (place < self->headers->len)
    g_array_remove_index (self->headers, place);
}

void
hab_header_list_set (HabHeaderList *self, const gchar *name,
    const gchar *value)
{
  hab_header_list_remove (self, name);
  append (self, name, value);
}

void
hab_header_list_add_missing (HabHeaderList *self, const HabHeaderList *other)
{
  for (guint i = 0; i < other->headers->len; i++) {
    const Header *header = &g_array_index (other->headers, Header, i);

    if (find (self, header->name) == self->headers->len)
      append (self, header->name, header->value);
  }
}

void
hab_header_list_foreach (const HabHeaderList *self,
    SoupMessageHeadersForeachFunc function, gpointer data)
{
  for (guint i = 0; i < self->headers->len; i++) {
    const Header *header = &g_array_index (self->headers, Header, i);

    function (header->name, header->value, data);
  }
}
