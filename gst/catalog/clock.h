/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The time of day by which things are noted, wait and expire. It goes on evenly
 * where the day's clock is set: a change of that is followed once it has lasted,
 * so that one which is taken back has no effect. */

/* How long a change has to last until it is followed. */
#define HAB_CLOCK_LASTING_SECONDS 3600
/* Up to this difference the day's clock is followed at once, as it is where it
 * is slewed. */
#define HAB_CLOCK_SLACK_US G_USEC_PER_SEC

/* All in microseconds. Begins as zeroes. */
typedef struct
{
  gboolean started, jumped;
  gint64 offset_us;  /* of the time that is told to the time since the boot */
  gint64 seen_us;    /* that of the day's clock when it was last looked at */
  gint64 changed_us; /* since the boot: when it was set */
} HabClock;

/* The time since 1970, where the day's clock shows day_us and boot_us have gone by
 * since the boot. Pure. */
gint64 hab_clock_follow (HabClock *self, gint64 day_us, gint64 boot_us);

/* That of the process, in microseconds since 1970 (UTC). Any thread. A log line
 * tells when the day's clock was set. */
gint64 hab_clock_now (void);
/* Whether the day's clock was not set for HAB_CLOCK_LASTING_SECONDS, so that the
 * times of files can be compared with it. */
gboolean hab_clock_is_steady (void);

G_END_DECLS
