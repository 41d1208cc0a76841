/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmaf-track.h"

G_BEGIN_DECLS

/* (transfer full) (nullable): what of a track is not as it was, in words that
 * follow a comma ("the picture from 640x360 to 1280x720"); NULL where what comes
 * fits the init segment that was written. Frame rate, light and tags do not
 * count, and what one of the two does not say of colour and fields neither: the
 * stream itself says it. */
gchar *hab_cmaf_track_find_change (const HabCmafTrack *was,
    const HabCmafTrack *is);

G_END_DECLS
