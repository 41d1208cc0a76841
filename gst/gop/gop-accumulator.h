/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

/* Turns access units in decode order into GOPs. A GOP starts at each random
 * access point and ends before the next. Pure; gopsplit and the index of
 * files both count with it, so their numbers agree. */

#define HAB_GOP_TIME_NONE G_MININT64

/* An access unit. Times are in one unit of the caller's choice. */
typedef struct
{
  HabAccessUnitInfo info;
  gint64 pts, dts, duration; /* HAB_GOP_TIME_NONE where unknown */
  guint64 bytes;
} HabGopUnit;

typedef struct
{
  guint64 index;
  HabRandomAccess kind;
  gboolean closed;           /* nothing in it refers to the GOP before */
  guint leading_pictures;    /* shown before the picture that starts it */
  guint64 frames;            /* access units */
  gint64 pts, dts;           /* of its first access unit */
  gint64 duration;           /* HAB_GOP_TIME_NONE where unknown */
  guint64 bytes;
} HabGopFacts;

typedef struct
{
  /*< private >*/
  guint64 next_index;
  gboolean open;             /* current has at least one access unit */
  gboolean durations_known;
  guint dependent_pictures;  /* leading ones that may refer to before */
  gint64 last_dts;
  HabGopFacts current;
} HabGopAccumulator;

/* Forgets what was not finished; the next access unit starts the GOP of this
 * number, also where it is no random access point. */
void hab_gop_accumulator_init (HabGopAccumulator *accumulator,
    guint64 first_index);

/* Whether the access unit would start a GOP. */
gboolean hab_gop_accumulator_starts_gop (const HabGopAccumulator *accumulator,
    const HabGopUnit *unit);

/* Adds it. TRUE where it ended a GOP by starting the next: then finished has
 * what there is to say of the former. */
gboolean hab_gop_accumulator_add (HabGopAccumulator *accumulator,
    const HabGopUnit *unit, HabGopFacts *finished);

/* Ends the last GOP; FALSE where there is none. */
gboolean hab_gop_accumulator_finish (HabGopAccumulator *accumulator,
    HabGopFacts *finished);

/* Of the GOP that the last access unit belongs to, or, before the first, of
 * the one that it will start. */
guint64 hab_gop_accumulator_get_index (const HabGopAccumulator *accumulator);

G_END_DECLS
