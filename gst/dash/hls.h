/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "presentation.h"

G_BEGIN_DECLS

/* HLS playlists (RFC 8216) over the same segments: a multivariant playlist,
 * and beside each representation's segments its media playlist and, for video,
 * one of its I-frames. */

#define HAB_HLS_MEDIA "playlist.m3u8"
#define HAB_HLS_I_FRAMES "iframes.m3u8"

/* How media playlists name the key of what is encrypted (EXT-X-KEY's
 * KEYFORMAT). No player takes both. */
typedef enum
{
  HAB_HLS_KEY_IDENTITY, /* an address with its 16 bytes; none, no EXT-X-KEY */
  HAB_HLS_KEY_CLEARKEY, /* org.w3.clearkey, by its ID; hls.js */
} HabHlsKeyFormat;

typedef struct
{
  HabHlsKeyFormat format;
  /* Where a player gets the key, with $KID$ for the 32 digits of its ID, or
   * NULL where players are given it in another way. */
  const gchar *url;
} HabHlsKeys;

/* (transfer full): the multivariant playlist, to stand beside the
 * representations' folders. Each video is a variant with each group of audio. */
gchar *hab_hls_write_multivariant (const HabPresentation *presentation);

/* (transfer full): the media playlist of a representation, to stand in its
 * folder. */
gchar *hab_hls_write_media (const HabPresentation *presentation,
    const HabRepresentation *rep, const HabHlsKeys *keys);

/* (transfer full) (nullable): of a video's I-frames, those at the starts of its
 * segments. NULL where nothing is known of them. */
gchar *hab_hls_write_i_frames (const HabPresentation *presentation,
    const HabRepresentation *rep, const HabHlsKeys *keys);

G_END_DECLS
