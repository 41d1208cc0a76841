/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "published.h"

/* About 100 bytes each; then all are asked for again. */
#define MAX_CODES 10000

struct _HabPublished
{
  HabFeed *feed;
  guint feed_id;
  GHashTable *codes; /* code -> id of the package */
};

static gboolean
is_of_package (gpointer code, gpointer id, gpointer removed_id)
{
  return *(gint64 *) id == *(gint64 *) removed_id;
}

static void
on_change (gint64 package_id, HabChange change, gpointer data)
{
  HabPublished *self = data;

  if (change == HAB_CHANGE_REMOVED)
    g_hash_table_foreach_remove (self->codes, is_of_package, &package_id);
}

HabPublished *
hab_published_new (HabFeed *feed)
{
  HabPublished *self = g_new0 (HabPublished, 1);

  self->feed = feed;
  self->feed_id = hab_feed_follow (feed, 0, on_change, self);
  self->codes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
hab_published_free (HabPublished *self)
{
  hab_feed_unfollow (self->feed, self->feed_id);
  g_hash_table_unref (self->codes);
  g_free (self);
}

gboolean
hab_published_has (HabPublished *self, const gchar *code)
{
  return g_hash_table_contains (self->codes, code);
}

void
hab_published_add (HabPublished *self, const gchar *code, gint64 package_id)
{
  if (g_hash_table_size (self->codes) == MAX_CODES)
    g_hash_table_remove_all (self->codes);
  g_hash_table_insert (self->codes, g_strdup (code),
      g_memdup2 (&package_id, sizeof package_id));
}
