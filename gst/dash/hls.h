/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mpd.h"

G_BEGIN_DECLS

/* HLS playlists (RFC 8216) over the same segments: a multivariant playlist,
 * and beside each track's segments its media playlist and, for video, one of
 * its I-frames. */

#define HAB_HLS_MEDIA "playlist.m3u8"
#define HAB_HLS_I_FRAMES "iframes.m3u8"

/* (transfer full): the multivariant playlist, to stand beside the tracks'
 * folders. Audio is one group; each video track is a variant with it. */
gchar *hab_hls_write_multivariant (const GPtrArray *tracks);

/* (transfer full): a track's media playlist, to stand in its folder. key_url:
 * where a player gets the 16 bytes of the key of an encrypted track, or NULL
 * where players are given it in another way. */
gchar *hab_hls_write_media (const HabMpdTrack *track, const gchar *key_url);

/* (transfer full) (nullable): of a video track's I-frames, those at the starts
 * of its segments. NULL where nothing is known of them. */
gchar *hab_hls_write_i_frames (const HabMpdTrack *track,
    const gchar *key_url);

G_END_DECLS
