/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "feed.h"

struct _HabFeed
{
  GHashTable *followers; /* id -> Follower */
  guint last_id;
  const gchar *removed_owner; /* while a removal is told */
};

typedef struct
{
  gint64 package_id; /* 0: all */
  HabFeedFunc func;
  gpointer data;
} Follower;

HabFeed *
hab_feed_new (void)
{
  HabFeed *self = g_new0 (HabFeed, 1);

  self->followers = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
hab_feed_free (HabFeed *self)
{
  g_hash_table_unref (self->followers);
  g_free (self);
}

guint
hab_feed_follow (HabFeed *self, gint64 package_id, HabFeedFunc func,
    gpointer data)
{
  Follower *follower = g_new0 (Follower, 1);

  follower->package_id = package_id;
  follower->func = func;
  follower->data = data;
  g_hash_table_insert (self->followers, GUINT_TO_POINTER (++self->last_id),
      follower);
  return self->last_id;
}

void
hab_feed_unfollow (HabFeed *self, guint id)
{
  g_hash_table_remove (self->followers, GUINT_TO_POINTER (id));
}

guint
hab_feed_count (HabFeed *self)
{
  return g_hash_table_size (self->followers);
}

/* Who is called may follow and unfollow: each is looked up before its turn. */
void
hab_feed_tell (HabFeed *self, gint64 package_id, HabChange change)
{
  g_autoptr (GList) ids = g_hash_table_get_keys (self->followers);

  for (GList *item = ids; item != NULL; item = item->next) {
    Follower *follower = g_hash_table_lookup (self->followers, item->data);

    if (follower != NULL && (follower->package_id == 0 ||
                                follower->package_id == package_id))
      follower->func (package_id, change, follower->data);
  }
}

void
hab_feed_tell_removed (HabFeed *self, gint64 package_id, const gchar *owner)
{
  self->removed_owner = owner;
  hab_feed_tell (self, package_id, HAB_CHANGE_REMOVED);
  self->removed_owner = NULL;
}

const gchar *
hab_feed_get_removed_owner (HabFeed *self)
{
  return self->removed_owner;
}
