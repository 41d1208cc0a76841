/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HAB_RATE_MAX_AMOUNT (G_MAXINT64 / 2)

/* How fast work gets on, smoothed over the last seconds, and when it will be
 * done if it goes on like that. Pure. */
typedef struct
{
  gint64 at_us;      /* of a clock that is never set */
  gdouble fraction;  /* of the whole, 0 to 1; 0 where nobody knows */
  gint64 media_ns;   /* done so far, 0 to HAB_RATE_MAX_AMOUNT */
  gint64 bytes;      /* the same */
} HabRateSample;

/* Begins as all zero. */
typedef struct
{
  HabRateSample last;
  gboolean started;

  gdouble media_per_second; /* seconds of media in a second; 0 unknown */
  gdouble bytes_per_second;
  gdouble fraction_per_second;
  gint64 left_us;           /* -1 unknown */
} HabRate;

/* Takes a sample. FALSE where it says nothing new: no more was done than at
 * the last one, or that was a moment ago. */
gboolean hab_rate_add (HabRate *rate, const HabRateSample *sample);

G_END_DECLS
