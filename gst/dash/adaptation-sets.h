/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "presentation.h"

G_BEGIN_DECLS

/* Which representations make up an adaptation set.
 *
 * Those that were told the same number do. Of the others those of the same
 * content, which is taken to be so where these are the same:
 *
 * * video: codec (sample entry), picture aspect ratio, dynamic range;
 * * audio: codec, channels, sampling rate, and a language that is known;
 * * both: language, label, role, key (or both are in the clear),
 *
 * and where their segments begin at the same times. What is the same but for
 * the key becomes sets of their own, between which players may switch. */

/* Times that are further apart than this do not meet: times in nanoseconds, and
 * those of containers in milliseconds, are rounded. */
#define HAB_ALIGNMENT_TOLERANCE (GST_MSECOND)

/* Two segments of the same number that begin at different times. */
typedef struct
{
  const gchar *first, *second;             /* ids of the representations */
  guint number;                            /* of the segment */
  GstClockTime first_start, second_start;
} HabMisalignment;

gboolean hab_times_meet (GstClockTime a, GstClockTime b);

/* (transfer full): it in a sentence. */
gchar *hab_misalignment_to_string (const HabMisalignment *misalignment);

/* Puts representations (of HabRepresentation, transfer full, emptied) into sets
 * of a presentation without any. What was told to be in one set and cannot is an
 * error; what is of the same content and does not meet goes to different sets,
 * and what does not meet any more stays where it was, overlapping; notes (of
 * gchar *, nullable) say why. */
gboolean hab_presentation_arrange (HabPresentation *presentation,
    GPtrArray *representations, GPtrArray *notes, GError **error);

G_END_DECLS
