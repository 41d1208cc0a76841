/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "clock.h"

#include <time.h>

#define LASTING_US ((gint64) HAB_CLOCK_LASTING_SECONDS * G_USEC_PER_SEC)

static gboolean
is_close (gint64 one_us, gint64 other_us)
{
  return ABS (one_us - other_us) <= HAB_CLOCK_SLACK_US;
}

static gboolean
has_lasted (const HabClock *self, gint64 boot_us)
{
  return !self->jumped || boot_us - self->changed_us >= LASTING_US;
}

gint64
hab_clock_follow (HabClock *self, gint64 day_us, gint64 boot_us)
{
  gint64 offset_us = day_us - boot_us;

  if (!self->started) {
    self->started = TRUE;
    self->offset_us = self->seen_us = offset_us;
  }
  if (!is_close (offset_us, self->seen_us)) {
    self->jumped = TRUE;
    self->changed_us = boot_us;
  }
  self->seen_us = offset_us;
  if (is_close (offset_us, self->offset_us) || has_lasted (self, boot_us))
    self->offset_us = offset_us;
  return boot_us + self->offset_us;
}

/* --- that of the process ----------------------------------------------- */

static GMutex lock;
static HabClock process_clock;

/* Goes on while the machine sleeps. */
static gint64
get_boot_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_BOOTTIME, &time);
  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void
tell_jump (gint64 by_us)
{
  g_message ("the day's clock was set %s by %" G_GINT64_FORMAT " seconds; "
      "what waits or expires goes by the time before until that has lasted "
      "for %d seconds", by_us < 0 ? "back" : "forward",
      (ABS (by_us) + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC,
      HAB_CLOCK_LASTING_SECONDS);
}

static gint64
look (gboolean *steady)
{
  gint64 boot_us, now_us, before_us, by_us;
  gboolean set;

  g_mutex_lock (&lock);
  boot_us = get_boot_time ();
  before_us = process_clock.seen_us;
  set = process_clock.started;
  now_us = hab_clock_follow (&process_clock, g_get_real_time (), boot_us);
  by_us = process_clock.seen_us - before_us;
  set = set && !is_close (by_us, 0);
  *steady = has_lasted (&process_clock, boot_us);
  g_mutex_unlock (&lock);
  if (set)
    tell_jump (by_us);
  return now_us;
}

gint64
hab_clock_now (void)
{
  gboolean steady;

  return look (&steady);
}

gboolean
hab_clock_is_steady (void)
{
  gboolean steady;

  look (&steady);
  return steady;
}
