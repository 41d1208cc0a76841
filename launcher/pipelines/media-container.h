/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is known of a container beyond what its demuxer says. Pure. */
typedef struct
{
  const gchar *caps_name;
  guint timescale;       /* ticks a second of its times; 0: the streams' own */
  guint number_base;     /* how stream ids end in numbers: 10, 16, or 0 */
  gboolean framed;       /* what it has in it are whole samples */
  gboolean no_dts;       /* it has presentation times only */
  gboolean no_pts;       /* it has decoding times only */
  gboolean few_times;    /* samples without any are between those with times */
  gboolean one_segment;  /* what the demuxer says of time first holds for all */
  gboolean late_pads;    /* streams are found one by one, with their first sample */
} HabContainer;

/* caps_name: of the whole file. (nullable): NULL where it is not known. */
const HabContainer *hab_container_find (const gchar *caps_name);

G_END_DECLS
