/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Tells who follows packages that something has changed; what, the catalog
 * knows. Main thread. */
typedef struct _HabFeed HabFeed;

typedef enum
{
  HAB_CHANGE_PROGRESS, /* nothing but progress and its rate */
  HAB_CHANGE_STATUS,   /* status, priority, attempts */
  HAB_CHANGE_END,      /* a final status */
  HAB_CHANGE_REMOVED,  /* the package is gone */
} HabChange;

typedef void (*HabFeedFunc) (gint64 package_id, HabChange change,
    gpointer data);

HabFeed *hab_feed_new (void);
void hab_feed_free (HabFeed *feed);

/* Calls func for each change of the package, of all packages where package_id
 * is 0. Returns an id for hab_feed_unfollow (), which func may call, too. */
guint hab_feed_follow (HabFeed *feed, gint64 package_id, HabFeedFunc func,
    gpointer data);
void hab_feed_unfollow (HabFeed *feed, guint id);

/* How many follow. */
guint hab_feed_count (HabFeed *feed);

void hab_feed_tell (HabFeed *feed, gint64 package_id, HabChange change);
/* Tells HAB_CHANGE_REMOVED. The catalog does not know any more whose it was;
 * get_removed_owner () does while that is told. */
void hab_feed_tell_removed (HabFeed *feed, gint64 package_id,
    const gchar *owner);
const gchar *hab_feed_get_removed_owner (HabFeed *feed);

G_END_DECLS
