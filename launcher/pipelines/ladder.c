/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ladder.h"

#include <gio/gio.h>

/* Automatic rungs are no closer to each other than this. */
#define STEP_PERCENT 80

/* Above this many frames a second, half as many bits more. */
#define ORDINARY_FRAME_RATE 31

/* By lines of a picture that is wider than high. What is between two of them
 * has a bit rate between theirs. */
static const HabRung table[] = {
  { 2160, 16000000 },
  { 1440, 9000000 },
  { 1080, 5000000 },
  { 720, 2800000 },
  { 540, 1600000 },
  { 360, 800000 },
  { 240, 400000 },
};

/* --- what is asked for -------------------------------------------------- */

HabLadder *
hab_ladder_new (void)
{
  HabLadder *self = g_new0 (HabLadder, 1);

  self->rungs = g_array_new (FALSE, FALSE, sizeof (HabRung));
  return self;
}

HabLadder *
hab_ladder_new_auto (void)
{
  HabLadder *self = hab_ladder_new ();

  self->automatic = TRUE;
  return self;
}

void
hab_ladder_free (HabLadder *self)
{
  if (self)
    g_array_unref (self->rungs);
  g_free (self);
}

static gint
compare_rungs (gconstpointer a, gconstpointer b)
{
  const HabRung *left = a, *right = b;

  if (left->height != right->height)
    return left->height < right->height ? 1 : -1;
  return (left->bitrate < right->bitrate) - (left->bitrate > right->bitrate);
}

static gboolean
has_rung (const GArray *rungs, const HabRung *rung)
{
  for (guint i = 0; i < rungs->len; i++) {
    if (compare_rungs (&g_array_index (rungs, HabRung, i), rung) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
refuse (GError **error, const gchar *what, gint64 from, gint64 to)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "%s must be %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, what, from, to);
  return FALSE;
}

gboolean
hab_ladder_add (HabLadder *self, gint64 height, gint64 bitrate,
    GError **error)
{
  const HabRung rung = { height, bitrate };

  if (height < HAB_LADDER_MIN_HEIGHT || height > HAB_LADDER_MAX_HEIGHT)
    return refuse (error, "the height of a rung", HAB_LADDER_MIN_HEIGHT,
        HAB_LADDER_MAX_HEIGHT);
  if (bitrate < HAB_LADDER_MIN_BITRATE || bitrate > HAB_LADDER_MAX_BITRATE)
    return refuse (error, "the bit rate of a rung, in bits per second,",
        HAB_LADDER_MIN_BITRATE, HAB_LADDER_MAX_BITRATE);
  if (self->rungs->len == HAB_LADDER_MAX_RUNGS)
    return refuse (error, "the number of rungs", 1, HAB_LADDER_MAX_RUNGS);
  if (has_rung (self->rungs, &rung)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "the rung of %u lines and %u bits per second is there twice",
        rung.height, rung.bitrate);
    return FALSE;
  }
  g_array_append_val (self->rungs, rung);
  g_array_sort (self->rungs, compare_rungs);
  return TRUE;
}

/* "720:2800" */
static gboolean
parse_rung (HabLadder *self, const gchar *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);
  guint64 height, kilobits;

  if (g_strv_length (parts) == 2 &&
      g_ascii_string_to_unsigned (parts[0], 10, 0, G_MAXUINT32, &height,
          NULL) &&
      g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXUINT32, &kilobits,
          NULL))
    return hab_ladder_add (self, height, kilobits * 1000, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "\"%s\" is no rung; HEIGHT:KBPS is one, such as 720:2800", text);
  return FALSE;
}

HabLadder *
hab_ladder_parse (const gchar *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  g_autoptr (HabLadder) self = NULL;

  if (g_str_equal (text, "auto"))
    return hab_ladder_new_auto ();
  self = hab_ladder_new ();
  for (guint i = 0; parts[i]; i++) {
    if (!parse_rung (self, parts[i], error))
      return NULL;
  }
  if (self->rungs->len > 0)
    return g_steal_pointer (&self);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "there is no rung in it");
  return NULL;
}

/* --- what is made ------------------------------------------------------- */

guint
hab_ladder_get_width (guint width, guint height, guint new_height)
{
  guint64 twice = 2 * (guint64) MAX (height, 1);

  return MAX (((guint64) width * new_height + twice / 2) / twice, 8) * 2;
}

/* In lines of a picture that is wider than high. */
static guint
interpolate (guint lines)
{
  const guint last = G_N_ELEMENTS (table) - 1;

  if (lines >= table[0].height)
    return table[0].bitrate;
  for (guint i = 0; i < last; i++) {
    const HabRung *above = &table[i], *below = &table[i + 1];

    if (lines >= below->height)
      return below->bitrate +
          (guint64) (above->bitrate - below->bitrate) *
          (lines - below->height) / (above->height - below->height);
  }
  return MAX ((guint64) table[last].bitrate * lines / table[last].height,
      HAB_LADDER_MIN_BITRATE);
}

static guint
cap (guint bitrate, const HabLadderSource *source)
{
  return source->bitrate > 0 && bitrate > source->bitrate ?
      MAX (source->bitrate, HAB_LADDER_MIN_BITRATE) :
      bitrate;
}

static guint
rate_for (guint lines, const HabLadderSource *source)
{
  guint bitrate = interpolate (lines);

  if (source->frame_rate > ORDINARY_FRAME_RATE)
    bitrate += bitrate / 2;
  return cap (bitrate, source);
}

/* lines: of the shorter side of the picture. */
static void
add_lines (HabLadderPlan *plan, const HabLadderSource *source, guint lines)
{
  const guint shorter = MIN (source->width, source->height);
  const HabRung rung = {
    .height = (guint64) source->height * lines / shorter & ~1u,
    .bitrate = rate_for (lines, source),
  };

  g_array_append_val (plan->rungs, rung);
}

/* Two videos of nearly one bit rate are no choice. */
static void
plan_auto (HabLadderPlan *plan, const HabLadderSource *source)
{
  const guint shorter = MIN (source->width, source->height);
  guint64 above = source->bitrate;
  guint lines = shorter;

  plan->original = source->fits;
  if (!plan->original) {
    lines = MIN (shorter, table[0].height);
    add_lines (plan, source, lines);
    above = g_array_index (plan->rungs, HabRung, 0).bitrate;
  }
  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    guint bitrate = rate_for (table[i].height, source);

    if (table[i].height >= lines ||
        (above > 0 && bitrate > above * STEP_PERCENT / 100))
      continue;
    add_lines (plan, source, table[i].height);
    above = bitrate;
  }
}

/* Takes note. */
static void
add_note (HabLadderPlan *plan, gchar *note)
{
  g_ptr_array_add (plan->notes, note);
}

static void
plan_rung (HabLadderPlan *plan, const HabLadderSource *source,
    const HabRung *asked)
{
  const HabRung rung = { asked->height & ~1u, cap (asked->bitrate, source) };

  if (rung.height > source->height) {
    add_note (plan, g_strdup_printf ("the rung of %u lines is left out: the "
        "video has %u", asked->height, source->height));
    return;
  }
  if (has_rung (plan->rungs, &rung)) {
    add_note (plan, g_strdup_printf ("the rung of %u lines and %u bits per "
        "second is left out: there is one of %u bits per second, which is what "
        "the video has", asked->height, asked->bitrate, rung.bitrate));
    return;
  }
  if (rung.bitrate < asked->bitrate)
    add_note (plan, g_strdup_printf ("the rung of %u lines has %u bits per "
        "second instead of %u: the video has no more", rung.height,
        rung.bitrate, asked->bitrate));
  g_array_append_val (plan->rungs, rung);
}

static void
plan_asked (HabLadderPlan *plan, const HabLadder *ladder,
    const HabLadderSource *source)
{
  const HabRung *lowest =
      &g_array_index (ladder->rungs, HabRung, ladder->rungs->len - 1);

  for (guint i = 0; i < ladder->rungs->len; i++)
    plan_rung (plan, source, &g_array_index (ladder->rungs, HabRung, i));
  if (plan->rungs->len == 0) {
    const HabRung rung = { source->height & ~1u,
      cap (lowest->bitrate, source) };

    add_note (plan, g_strdup_printf ("the video is made at its own %u lines",
        rung.height));
    g_array_append_val (plan->rungs, rung);
  }
}

HabLadderPlan *
hab_ladder_plan (const HabLadder *ladder, const HabLadderSource *source)
{
  HabLadderPlan *plan = g_new0 (HabLadderPlan, 1);

  plan->rungs = g_array_new (FALSE, FALSE, sizeof (HabRung));
  plan->notes = g_ptr_array_new_with_free_func (g_free);
  if (ladder->automatic)
    plan_auto (plan, source);
  else
    plan_asked (plan, ladder, source);
  return plan;
}

void
hab_ladder_plan_free (HabLadderPlan *plan)
{
  if (plan == NULL)
    return;
  g_array_unref (plan->rungs);
  g_ptr_array_unref (plan->notes);
  g_free (plan);
}
