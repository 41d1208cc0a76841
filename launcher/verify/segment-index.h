/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media-file.h"
#include "mpd-document.h"
#include "report.h"

G_BEGIN_DECLS

/* The segment index (sidx, ISO/IEC 14496-12, 8.16.3): what it refers to, as
 * segments of file with times in ticks of *timescale. end: where in the file what
 * it is of ends. (transfer full)
 * (element-type HabMpdSegment); NULL where it is malformed or refers to other
 * indices, which is in report. */
GArray *hab_segment_index_read (const HabMediaFile *file,
    const HabFileBox *sidx, guint64 end, guint32 *timescale,
    HabReport *report);

G_END_DECLS
