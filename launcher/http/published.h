/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "feed.h"

G_BEGIN_DECLS

/* The codes of packages that the catalog said are Ready, so that it is not asked
 * for each segment: a package stays Ready until it is removed, of which the feed
 * tells, and its code is never used again. Main thread. */
typedef struct _HabPublished HabPublished;

/* feed: outlives it. */
HabPublished *hab_published_new (HabFeed *feed);
void hab_published_free (HabPublished *published);

gboolean hab_published_has (HabPublished *published, const gchar *code);
void hab_published_add (HabPublished *published, const gchar *code,
    gint64 package_id);

G_END_DECLS
