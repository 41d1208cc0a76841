/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/xmlwriter.h>

#include "presentation.h"

G_BEGIN_DECLS

/* How an MPD says where segments are. */

/* Whether one SegmentTemplate says it for all representations of the set. */
gboolean hab_mpd_one_template (const HabAdaptationSet *set);

/* For one representation, or for those of a set that rep is the first of. */
void hab_mpd_write_template (xmlTextWriter *xml, const HabRepresentation *rep);

/* Of a representation that is one file. */
void hab_mpd_write_segment_base (xmlTextWriter *xml,
    const HabRepresentation *rep);

G_END_DECLS
