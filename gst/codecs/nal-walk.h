/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

/* Walks the NAL units of an access unit in which each stands behind its length
 * (ISO/IEC 14496-15): what H.264 and H.265 have in common. */

/* More than any parameter set or SEI that a parser looks into. */
#define HAB_NAL_MAX_PARAMETER_BYTES (256 * 1024)

typedef struct
{
  gsize offset;       /* of its length field in the access unit */
  gsize size;         /* header included, length field not */
  const guint8 *data; /* from the header on, as far as was asked for; the
                       * length field stands before it */
} HabNalUnit;

typedef struct
{
  guint length_size; /* bytes of a length field: 1, 2 or 4, rarely 3 */
  guint peek;        /* bytes of each NAL unit that are read in any case */
  gsize size;        /* of the access unit */
  HabAccessUnitRead read;
  gpointer read_data;

  /*< private >*/
  gsize next; /* offset of the next length field */
} HabNalWalk;

/* Moves on to the next NAL unit that is not empty. *end is set after the last
 * one. FALSE with error set where a length goes beyond the access unit. */
gboolean hab_nal_walk_next (HabNalWalk *walk, HabNalUnit *unit, gboolean *end,
    GError **error);

/* Makes size bytes of the unit readable at unit->data, or all there are. */
gboolean hab_nal_walk_read (const HabNalWalk *walk, HabNalUnit *unit,
    gsize size, GError **error);

/* Adds what a NAL unit, of which peek bytes can be read, says of its access
 * unit. FALSE with error set where it cannot be read. */
typedef gboolean (*HabNalInspect) (gpointer parser, const HabNalWalk *walk,
    HabNalUnit *unit, HabAccessUnitInfo *info, GError **error);

/* parse_access_unit () of a codec of NAL units: walk is at its start. */
gboolean hab_nal_parse_access_unit (HabNalWalk *walk, HabNalInspect inspect,
    gpointer parser, HabAccessUnitInfo *info, GError **error);

/* How many bytes at the start of the NAL unit, of which all can be read,
 * encryption leaves clear: unit->size where it is no slice, never 0, which
 * means that error is set. */
typedef gsize (*HabNalClearBytes) (gpointer parser, const HabNalUnit *unit,
    GError **error);

/* parse_ranges () of a codec whose slices are encrypted behind their headers. */
gboolean hab_nal_parse_ranges (guint length_size, const guint8 *data,
    gsize size, HabNalClearBytes clear_bytes, gpointer parser, GArray *ranges,
    GError **error);

/* The least independent of two picture types ('I', 'P', 'B'); 0 is none yet. */
gchar hab_picture_type_least_independent (gchar a, gchar b);

G_END_DECLS
