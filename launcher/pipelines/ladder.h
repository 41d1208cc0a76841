/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A bit-rate ladder: in which sizes and at which bit rates a video is made, so
 * that players can switch between them. Pure. */

#define HAB_LADDER_MAX_RUNGS 10
#define HAB_LADDER_MIN_HEIGHT 64
#define HAB_LADDER_MAX_HEIGHT 2304 /* of what the encoders take */
#define HAB_LADDER_MIN_BITRATE 50000
#define HAB_LADDER_MAX_BITRATE 50000000

typedef struct
{
  guint height;  /* of the coded picture, in lines */
  guint bitrate; /* bits per second */
} HabRung;

/* What was asked for. */
typedef struct
{
  gboolean automatic;
  GArray *rungs; /* of HabRung, highest first; empty where automatic */
} HabLadder;

HabLadder *hab_ladder_new_auto (void);
HabLadder *hab_ladder_new (void);
void hab_ladder_free (HabLadder *ladder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabLadder, hab_ladder_free)

/* Adds a rung in its place. FALSE with G_IO_ERROR_INVALID_ARGUMENT where it is
 * out of range, there is such a one, or there are HAB_LADDER_MAX_RUNGS. */
gboolean hab_ladder_add (HabLadder *ladder, gint64 height, gint64 bitrate,
    GError **error);

/* text: "auto", or heights and kilobits per second: "720:2800,360:800". */
HabLadder *hab_ladder_parse (const gchar *text, GError **error);

/* What there is to make it of. */
typedef struct
{
  guint width, height; /* of the coded picture */
  guint64 bitrate;     /* bits per second, 0 where not known */
  gdouble frame_rate;  /* 0 where not known */
  gboolean fits;       /* its GOPs can be those of the ladder */
} HabLadderSource;

/* What is made. */
typedef struct
{
  gboolean original; /* the source as it is, above all rungs */
  GArray *rungs;     /* of HabRung, highest first, heights even; encoded */
  GPtrArray *notes;  /* (element-type utf8): what was left out, and why */
} HabLadderPlan;

/* Nothing in it is higher, or has a higher bit rate, than the source. There is
 * at least one video in it. */
HabLadderPlan *hab_ladder_plan (const HabLadder *ladder,
    const HabLadderSource *source);
void hab_ladder_plan_free (HabLadderPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabLadderPlan, hab_ladder_plan_free)

/* The even width at which the picture keeps its shape. */
guint hab_ladder_get_width (guint width, guint height, guint new_height);

G_END_DECLS
