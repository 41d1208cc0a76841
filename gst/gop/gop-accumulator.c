/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-accumulator.h"

void
hab_gop_accumulator_init (HabGopAccumulator *self, guint64 first_index)
{
  *self = (HabGopAccumulator) { .next_index = first_index };
}

gboolean
hab_gop_accumulator_starts_gop (const HabGopAccumulator *self,
    const HabGopUnit *unit)
{
  if (!self->open)
    return TRUE;
  return unit->info.random_access != HAB_RANDOM_ACCESS_NONE;
}

/* Times come from files and may be anything. A sum or a difference that does not
 * fit is no duration. */
static gint64
sum_of (gint64 duration, gint64 more)
{
  if (duration == HAB_GOP_TIME_NONE || more < 0 || duration > G_MAXINT64 - more)
    return HAB_GOP_TIME_NONE;
  return duration + more;
}

static gint64
distance (gint64 from, gint64 to)
{
  return to < from || (from < 0 && to > G_MAXINT64 + from) ?
      HAB_GOP_TIME_NONE :
      to - from;
}

/* So many access units, where the last begins so far behind the first. */
static gint64
extrapolate (gint64 span, guint64 frames)
{
  gdouble duration = (gdouble) span * frames / (frames - 1);

  return duration < (gdouble) G_MAXINT64 ? (gint64) duration :
                                           HAB_GOP_TIME_NONE;
}

/* Durations add up where all are known. Else the distance of the decoding
 * times counts: to the next GOP, or without one to the last access unit,
 * for whose own duration there is nothing to go by but the others. */
static gint64
get_duration (const HabGopAccumulator *self, gint64 next_dts)
{
  const HabGopFacts *gop = &self->current;
  gint64 span;

  if (self->durations_known)
    return gop->duration;
  if (gop->dts == HAB_GOP_TIME_NONE)
    return HAB_GOP_TIME_NONE;
  if (next_dts != HAB_GOP_TIME_NONE && next_dts >= gop->dts)
    return distance (gop->dts, next_dts);
  span = distance (gop->dts, self->last_dts);
  return span > 0 && gop->frames > 1 ? extrapolate (span, gop->frames) :
                                       HAB_GOP_TIME_NONE;
}

static void
end_gop (HabGopAccumulator *self, gint64 next_dts, HabGopFacts *finished)
{
  *finished = self->current;
  finished->duration = get_duration (self, next_dts);

  switch (finished->kind) {
    case HAB_RANDOM_ACCESS_NONE:
      finished->closed = FALSE;
      break;
    case HAB_RANDOM_ACCESS_CRA:
    case HAB_RANDOM_ACCESS_RECOVERY_POINT:
      finished->closed = self->dependent_pictures == 0;
      break;
    default:
      finished->closed = TRUE;
  }
}

static void
start_gop (HabGopAccumulator *self, const HabGopUnit *unit)
{
  self->current = (HabGopFacts) {
    .index = self->next_index++,
    .kind = unit->info.random_access,
    .pts = unit->pts,
    .dts = unit->dts,
  };
  self->open = TRUE;
  self->durations_known = TRUE;
  self->dependent_pictures = 0;
}

static HabLeading
get_leading (const HabGopAccumulator *self, const HabGopUnit *unit)
{
  const HabGopFacts *gop = &self->current;

  if (unit->info.leading != HAB_LEADING_UNKNOWN)
    return unit->info.leading;
  return unit->pts != HAB_GOP_TIME_NONE && gop->pts != HAB_GOP_TIME_NONE &&
          unit->pts < gop->pts ?
      HAB_LEADING_DEPENDENT :
      HAB_LEADING_NO;
}

static void
count (HabGopAccumulator *self, const HabGopUnit *unit)
{
  HabGopFacts *gop = &self->current;
  HabLeading leading = get_leading (self, unit);

  gop->frames++;
  if (leading != HAB_LEADING_NO)
    gop->leading_pictures++;
  if (leading == HAB_LEADING_DEPENDENT)
    self->dependent_pictures++;

  gop->bytes += unit->bytes;
  if (unit->duration == HAB_GOP_TIME_NONE)
    self->durations_known = FALSE;
  else
    gop->duration = sum_of (gop->duration, unit->duration);
  if (unit->dts != HAB_GOP_TIME_NONE)
    self->last_dts = unit->dts;
}

gboolean
hab_gop_accumulator_add (HabGopAccumulator *self, const HabGopUnit *unit,
    HabGopFacts *finished)
{
  gboolean ended = FALSE;

  if (hab_gop_accumulator_starts_gop (self, unit)) {
    ended = self->open;
    if (ended)
      end_gop (self, unit->dts, finished);
    start_gop (self, unit);
  }
  count (self, unit);
  return ended;
}

gboolean
hab_gop_accumulator_finish (HabGopAccumulator *self, HabGopFacts *finished)
{
  if (!self->open)
    return FALSE;
  end_gop (self, HAB_GOP_TIME_NONE, finished);
  self->open = FALSE;
  return TRUE;
}

guint64
hab_gop_accumulator_get_index (const HabGopAccumulator *self)
{
  return self->open ? self->current.index : self->next_index;
}
