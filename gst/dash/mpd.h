/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "presentation.h"

G_BEGIN_DECLS

/* A presentation as MPEG-DASH manifest (ISO/IEC 23009-1), with
 * SegmentTemplate and SegmentTimeline or, where a representation is one file,
 * with SegmentBase. */

typedef struct
{
  const gchar *license_url; /* ClearKey licence service, or NULL */
} HabMpdOptions;

/* (transfer full): the document, *size bytes without a final NUL. */
gchar *hab_mpd_write (const HabPresentation *presentation,
    const HabMpdOptions *options, gsize *size);

G_END_DECLS
