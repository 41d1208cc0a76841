/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hls.h"

G_BEGIN_DECLS

/* The files that name the segments: the MPD and, on demand, HLS playlists
 * beside it and in the representations' folders. */
typedef struct
{
  const gchar *location;    /* path of the MPD; stream.mpd has stream.m3u8 */
  const gchar *license_url; /* of a ClearKey licence service, or NULL */
  gboolean hls;
  HabHlsKeys hls_keys;      /* what the playlists say of them */
  guint64 text_segment_length; /* of HLS, ns; 0: a text track is one file */
  gboolean durable;         /* they must survive a power cut */
} HabManifestFiles;

/* The segments are in place. The MPD comes last. changed: id of the only
 * representation whose segments are others than before, or NULL. */
gboolean hab_manifest_files_write (const HabManifestFiles *files,
    const HabPresentation *presentation, const gchar *changed,
    GError **error);

/* Takes those of an earlier run away, if there are any, so that nothing names
 * segments that are being replaced. */
gboolean hab_manifest_files_remove (const HabManifestFiles *files,
    GError **error);

G_END_DECLS
