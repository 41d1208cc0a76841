/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "rate-limit.h"

#include <math.h>

#define BURST_SECONDS 2
#define MAX_CLIENTS 10000
/* How often those are looked for that can be forgotten. */
#define SWEEP_US G_USEC_PER_SEC
/* Whoever comes when there is no place any more. */
#define OTHERS ""

struct _HabRateLimit
{
  GHashTable *buckets; /* of clients -> Bucket */
  gdouble per_second, size;
  gint64 swept_us;
};

typedef struct
{
  gdouble level; /* requests that may be made at once */
  gint64 at_us;
} Bucket;

HabRateLimit *
hab_rate_limit_new (gdouble per_second)
{
  HabRateLimit *self = g_new0 (HabRateLimit, 1);

  self->buckets =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->per_second = per_second;
  self->size = MAX (per_second * BURST_SECONDS, 1);
  return self;
}

void
hab_rate_limit_free (HabRateLimit *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->buckets);
  g_free (self);
}

static gdouble
get_level (HabRateLimit *self, const Bucket *bucket, gint64 now_us)
{
  gdouble seconds = (now_us - bucket->at_us) / 1e6;

  return MIN (bucket->level + seconds * self->per_second, self->size);
}

typedef struct
{
  HabRateLimit *limit;
  gint64 now_us;
} Sweep;

static gboolean
is_full (gpointer client, gpointer bucket, gpointer data)
{
  Sweep *sweep = data;

  return get_level (sweep->limit, bucket, sweep->now_us) >=
      sweep->limit->size;
}

/* The bucket of a client, made where there is none and room for it. */
static Bucket *
find_bucket (HabRateLimit *self, const gchar *client, gint64 now_us)
{
  Bucket *bucket = g_hash_table_lookup (self->buckets, client);
  Sweep sweep = { self, now_us };

  if (bucket != NULL)
    return bucket;
  if (g_hash_table_size (self->buckets) >= MAX_CLIENTS &&
      now_us - self->swept_us >= SWEEP_US) {
    g_hash_table_foreach_remove (self->buckets, is_full, &sweep);
    self->swept_us = now_us;
  }
  if (g_hash_table_size (self->buckets) >= MAX_CLIENTS &&
      !g_str_equal (client, OTHERS))
    return find_bucket (self, OTHERS, now_us);
  bucket = g_new0 (Bucket, 1);
  bucket->level = self->size;
  bucket->at_us = now_us;
  g_hash_table_insert (self->buckets, g_strdup (client), bucket);
  return bucket;
}

guint
hab_rate_limit_take (HabRateLimit *self, const gchar *client, gint64 now_us)
{
  Bucket *bucket = find_bucket (self, client, now_us);

  bucket->level = get_level (self, bucket, now_us);
  bucket->at_us = now_us;
  if (bucket->level < 1)
    return MAX (ceil ((1 - bucket->level) / self->per_second), 1);
  bucket->level -= 1;
  return 0;
}
