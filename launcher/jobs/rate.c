/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "rate.h"

/* Nobody looks more often, and each sample that counts is stored. */
#define MIN_INTERVAL_US (G_USEC_PER_SEC / 4)
/* A sample that long after the one before counts as much as all before. */
#define MEMORY_SECONDS 5.0

/* Longer is not known. */
#define MAX_LEFT_SECONDS 1e9

static gboolean
is_news (const HabRate *rate, const HabRateSample *sample)
{
  if (sample->fraction <= rate->last.fraction &&
      sample->media_ns <= rate->last.media_ns &&
      sample->bytes <= rate->last.bytes)
    return FALSE;
  return !rate->started ||
      sample->at_us - rate->last.at_us >= MIN_INTERVAL_US;
}

static gdouble
smooth (gdouble known, gdouble change, gdouble seconds)
{
  gdouble now = MAX (change, 0) / seconds;
  gdouble weight = known > 0 ? seconds / (seconds + MEMORY_SECONDS) : 1;

  return known + weight * (now - known);
}

gboolean
hab_rate_add (HabRate *self, const HabRateSample *sample)
{
  gdouble seconds = (sample->at_us - self->last.at_us) / 1e6;

  if (!is_news (self, sample))
    return FALSE;
  self->left_us = -1;
  if (self->started) {
    self->media_per_second = smooth (self->media_per_second,
        (sample->media_ns - self->last.media_ns) / 1e9, seconds);
    self->bytes_per_second = smooth (self->bytes_per_second,
        sample->bytes - self->last.bytes, seconds);
    self->fraction_per_second = smooth (self->fraction_per_second,
        sample->fraction - self->last.fraction, seconds);
  }
  if (self->fraction_per_second > 0)
    self->left_us = G_USEC_PER_SEC * MIN (MAX_LEFT_SECONDS,
        (1 - sample->fraction) / self->fraction_per_second);
  self->last = *sample;
  self->started = TRUE;
  return TRUE;
}
