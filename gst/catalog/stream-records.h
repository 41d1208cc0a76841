/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "record-writer.h"

G_BEGIN_DECLS

/* What a stream says of itself, as records. */

/* (transfer full): of the caps of a track, encrypted or not; number is the
 * container's. */
HabRecord *hab_stream_record_new_track (guint number, GstCaps *caps);

/* (transfer full) (nullable): of the structure of gopsplit's event, with the times
 * in running time of the segment. first_frame: access units of the track before it.
 * NULL where the structure lacks something. */
HabRecord *hab_stream_record_new_gop (guint track_number,
    const GstSegment *segment, guint64 first_frame, const GstStructure *structure);

G_END_DECLS
