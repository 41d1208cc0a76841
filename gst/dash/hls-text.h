/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hls.h"

G_BEGIN_DECLS

/* What the kinds of HLS playlists have in common. */

/* Of fragmented MP4 with EXT-X-MAP (RFC 8216, 7), and SAMPLE-AES in it. */
#define HAB_HLS_VERSION 7

/* Appends value in quotes. There is no escape: what cannot stand inside of
 * them (RFC 8216, 4.2) is left out. */
void hab_hls_append_quoted (GString *text, const gchar *value);

/* Appends what stands in front of segment i where it has another key than the
 * one before, or that is in the clear: an EXT-X-KEY as keys has it, and one for
 * each DRM system that HLS has a form for and the representation a pssh box. What
 * is in the clear comes first only. */
void hab_hls_append_keys (GString *text, const HabRepresentation *rep, guint i,
    const HabHlsKeys *keys);

/* Appends how many discontinuities there were before the first segment, where
 * that is not 0: a live playlist has moved on behind the end of a clear lead. */
void hab_hls_append_discontinuities (GString *text,
    const HabRepresentation *rep, const HabHlsKeys *keys);

/* Bits a second of the pictures that segments start with, 0 where nothing is
 * known of them. */
guint64 hab_hls_i_frame_bandwidth (const HabRepresentation *rep);

G_END_DECLS
