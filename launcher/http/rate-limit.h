/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many requests each client may make: a bucket for each that holds twice
 * what comes into it in a second, a request taking one out. Buckets that are
 * full are forgotten; there are 10000 at most, beyond which all further clients
 * share one. Pure: times are microseconds of a clock that the caller chooses. */
typedef struct _HabRateLimit HabRateLimit;

/* per_second: more than 0. */
HabRateLimit *hab_rate_limit_new (gdouble per_second);
void hab_rate_limit_free (HabRateLimit *limit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabRateLimit, hab_rate_limit_free)

/* 0 where the client may go on; else after how many seconds it may come
 * again, at least 1. */
guint hab_rate_limit_take (HabRateLimit *limit, const gchar *client,
    gint64 now_us);

G_END_DECLS
