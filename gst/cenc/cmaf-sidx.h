/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The segment index of a file that holds a whole track (ISO/IEC 14496-12,
 * 8.16.3): where each of its segments begins, and when. */

typedef struct
{
  guint32 size;     /* bytes, below 2^31 */
  guint32 duration; /* ticks */
} HabCmafReference;

/* The most references that one box has room for. */
#define HAB_CMAF_MAX_REFERENCES G_MAXUINT16

/* Bytes of a box with so many references. */
gsize hab_cmaf_sidx_size (guint n_references);

/* references: of HabCmafReference, each segment starting with a random access
 * point. earliest_time: ticks, of the first. first_offset: bytes between the
 * end of the box and the first segment. */
GBytes *hab_cmaf_sidx_new (guint32 timescale, guint64 earliest_time,
    guint64 first_offset, const GArray *references);

G_END_DECLS
