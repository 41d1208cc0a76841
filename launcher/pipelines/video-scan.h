/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"
#include "media.h"
#include "mp4-movie.h"

G_BEGIN_DECLS

/* Looks at each access unit of a file's first video track in decode order,
 * reading no more of it than tells what it is. GOPs begin where the table of sync
 * samples says, and the access unit, too; where the table is found to lack some,
 * the access units alone tell. */
typedef struct _HabVideoScan HabVideoScan;

/* An access unit. */
typedef struct
{
  HabMp4Sample sample;
  HabAccessUnitInfo info;
  gint64 pts, dts; /* of playback, in ticks of the track */
} HabVideoScanUnit;

/* Errors are HAB_MEDIA_ERROR; HAB_MEDIA_ERROR_NO_TABLE where the file is not MP4
 * or MOV, or fragmented. */
HabVideoScan *hab_video_scan_open (const gchar *path, GError **error);
/* The same of a file that was looked at before, in a process that is there for it
 * alone (hab_mp4_movie_map_fd ()). */
HabVideoScan *hab_video_scan_open_known (const gchar *path, GError **error);
void hab_video_scan_free (HabVideoScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabVideoScan, hab_video_scan_free)

const HabMp4Movie *hab_video_scan_get_movie (const HabVideoScan *scan);
const HabMp4Track *hab_video_scan_get_track (const HabVideoScan *scan);

/* To be called before the first access unit: where GOPs begin and what leads
 * them is all that is asked. Then only access units that may tell are read, and of
 * the others neither picture type nor damage is known. */
void hab_video_scan_look_for_gops (HabVideoScan *scan);

/* FALSE after the last access unit, and with error set on failure. */
gboolean hab_video_scan_next (HabVideoScan *scan, HabVideoScanUnit *unit,
    GError **error);

/* Goes on behind so many access units, of which not a byte is read: parameter
 * sets that only they have stay unknown. */
void hab_video_scan_skip (HabVideoScan *scan, guint32 count);

/* (transfer full): all bytes of an access unit, of which there may be
 * 32 MiB; without times. */
GstBuffer *hab_video_scan_read (const HabVideoScan *scan,
    const HabMp4Sample *sample, GError **error);

G_END_DECLS
