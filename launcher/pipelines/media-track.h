/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

#include "catalog.h"
#include "codec.h"
#include "mp4-movie.h"

G_BEGIN_DECLS

/* What a track of an MP4 file is in the words of GStreamer and the catalog. */

/* (nullable): NULL where its codec is not handled. */
const HabCodec *hab_media_track_get_codec (const HabMp4Track *track);

/* (nullable) (transfer full): with the codec data; NULL where the codec is not
 * handled. */
GstCaps *hab_media_track_get_caps (const HabMp4Track *track);

/* How its pictures are to be shown; identity where its matrix is none of the
 * eight ways. */
GstVideoOrientationMethod hab_media_track_get_orientation (
    const HabMp4Track *track);

/* Whether width and height change places. */
gboolean hab_media_is_turned_aside (GstVideoOrientationMethod orientation);

void hab_media_track_describe (const HabMp4Track *track, HabTrack *description);

G_END_DECLS
