/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "cmaf-track.h"

G_BEGIN_DECLS

/* The track that clear or application/x-cenc caps describe, without times,
 * language and pssh. Of caps that are not complete yet it has no audio format
 * and no timescale. NULL with error (HAB_CODEC_ERROR) set where they do not
 * describe one. */
HabCmafTrack *hab_cmaf_track_from_caps (const GstCaps *caps, GError **error);

G_END_DECLS
