/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "single-file.h"

G_BEGIN_DECLS

/* A DASH manifest (ISO/IEC 23009-1), what it says and the writing of it: static,
 * one AdaptationSet a track, with SegmentTemplate and SegmentTimeline or, where
 * a track is one file, with SegmentBase. */

/* Names in the folder of a track. */
#define HAB_MPD_INIT "init.mp4"
#define HAB_MPD_SINGLE_FILE "track.mp4"

/* Where a segment lies in the presentation, in ticks of its track. */
typedef struct
{
  guint64 time;
  guint64 duration;
  guint64 offset;         /* bytes, in the track's file, where there is one */
  guint64 size;           /* bytes */
  guint64 key_frame_size; /* bytes from its start to the end of its first
                           * picture, 0 unknown */
} HabMpdSegment;

typedef struct
{
  gchar *id;             /* also the folder of its segments */
  gboolean video;
  gchar *codecs;         /* RFC 6381 */
  gchar *language;       /* BCP 47 or ISO 639, or NULL */
  guint32 timescale;     /* ticks a second */
  guint64 bandwidth;     /* bits a second of its largest segment */
  guint width, height;   /* video */
  guint fps_n, fps_d;    /* 0 where the rate is not constant or unknown */
  guint sar_n, sar_d;    /* sample aspect ratio, 0 where unknown */
  guint rate, channels;  /* audio */
  guint arrangement;     /* ChannelConfiguration of ISO/IEC 23091-3, or 0 */
  guint16 dolby_map;     /* channel map of ETSI TS 102 366, E.1.3.1.8, or 0 */
  gchar *default_kid;    /* UUID where it is encrypted, else NULL */
  gchar *pssh;           /* base64 of the W3C common box, or NULL */
  GArray *segments;      /* of HabMpdSegment, one after the other */

  /* Where the track is one file and not one for each segment. */
  gboolean single_file;
  HabSingleFileLayout file_layout;
} HabMpdTrack;

HabMpdTrack *hab_mpd_track_new (const gchar *id);
void hab_mpd_track_free (HabMpdTrack *track);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabMpdTrack, hab_mpd_track_free)

typedef struct
{
  GPtrArray *tracks;         /* of HabMpdTrack, each with a segment or more */
  const gchar *license_url;  /* ClearKey licence service, or NULL */
} HabMpd;

/* (transfer full): the document, *size bytes without a final NUL. */
gchar *hab_mpd_write (const HabMpd *mpd, gsize *size);

G_END_DECLS
