/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "key-times.h"

/* As where segments begin: times of containers are rounded to milliseconds. */
#define TOLERANCE (GST_MSECOND)

struct _HabKeyTimes
{
  GstClockTime distance;
  GstClockTime next;
  gboolean begun;

  GMutex lock; /* protects told */
  GQueue told; /* of GstClockTime *, in order */
};

HabKeyTimes *
hab_key_times_new (GstClockTime distance)
{
  HabKeyTimes *self = g_new0 (HabKeyTimes, 1);

  self->distance = distance;
  g_mutex_init (&self->lock);
  g_queue_init (&self->told);
  return self;
}

void
hab_key_times_free (HabKeyTimes *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->told, g_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
hab_key_times_tell (HabKeyTimes *self, GstClockTime at)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->told, g_memdup2 (&at, sizeof at));
  g_mutex_unlock (&self->lock);
}

static gboolean
take_told (HabKeyTimes *self, GstClockTime at)
{
  gboolean taken = FALSE;
  GstClockTime *first;

  g_mutex_lock (&self->lock);
  while ((first = g_queue_peek_head (&self->told)) &&
      *first <= at + TOLERANCE) {
    g_free (g_queue_pop_head (&self->told));
    taken = TRUE;
  }
  g_mutex_unlock (&self->lock);
  return taken;
}

static gboolean
take_next (HabKeyTimes *self, GstClockTime at)
{
  if (at + TOLERANCE < self->next)
    return FALSE;
  self->next = ((at + TOLERANCE) / self->distance + 1) * self->distance;
  return TRUE;
}

/* Nobody has to be told of the first picture, and must not be: x264enc of
 * GStreamer 1.22 moves its times behind it by a thousand hours, and would take
 * all that is asked for later as too soon after this. */
gboolean
hab_key_times_take (HabKeyTimes *self, GstClockTime at)
{
  gboolean begins =
      self->distance == 0 ? take_told (self, at) : take_next (self, at);
  gboolean first = !self->begun;

  self->begun = TRUE;
  return begins && !first;
}

GstClockTime
hab_key_times_get_distance (GstClockTime segment, GstClockTime limit)
{
  guint64 n = MAX ((segment + limit - 1) / limit, 1);

  return segment / n;
}
