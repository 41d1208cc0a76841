/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"
#include "pssh-boxes.h"
#include "single-file.h"

G_BEGIN_DECLS

/* What a presentation is, in the terms of MPEG-DASH (ISO/IEC 23009-1): one
 * Period of AdaptationSets, each of the Representations of one content that a
 * player switches between. The MPD and the HLS playlists are two ways to write
 * it down; no element is known here. */

/* Names in the folder of a representation. Text is one file in any case. */
#define HAB_INIT_SEGMENT "init.mp4"
#define HAB_SINGLE_FILE "track.mp4"
#define HAB_TEXT_FILE "track.vtt"

/* Where a segment lies in the presentation, in ticks of its representation. */
typedef struct
{
  guint64 time;
  guint64 duration;
  guint64 offset;         /* bytes, in the single file, where there is one */
  guint64 size;           /* bytes */
  guint64 key_frame_size; /* bytes from its start to the end of its first
                           * picture, 0 unknown */
  gchar kid[33];          /* hex digits of the key id; empty where it is in the
                           * clear, as that of an encrypted representation may
                           * be */
} HabSegment;

/* What a content is for (urn:mpeg:dash:role:2011). */
typedef enum
{
  HAB_ROLE_NONE, /* nothing is said of it */
  HAB_ROLE_MAIN,
  HAB_ROLE_ALTERNATE,
  HAB_ROLE_SUPPLEMENTARY,
  HAB_ROLE_COMMENTARY,
  HAB_ROLE_DUB,
  HAB_ROLE_DESCRIPTION,
  HAB_ROLE_SIGN,
  HAB_ROLE_ENHANCED_AUDIO_INTELLIGIBILITY,
  HAB_ROLE_EMERGENCY,
  HAB_ROLE_CAPTION,
  HAB_ROLE_SUBTITLE,
  HAB_ROLE_FORCED_SUBTITLE,
} HabRole;

#define HAB_N_ROLES (HAB_ROLE_FORCED_SUBTITLE + 1)

/* The scheme's word for it, NULL for HAB_ROLE_NONE. */
const gchar *hab_role_to_string (HabRole role);

/* What a representation is of: the same for all of an adaptation set. */
typedef struct
{
  HabMediaKind kind;
  gchar *language; /* BCP 47 or ISO 639, or NULL */
  gchar *label;    /* for people to choose by, or NULL */
  HabRole role;
} HabContent;

typedef struct
{
  gchar *id;             /* also the folder of its segments */
  HabContent content;
  gchar *codecs;         /* RFC 6381 */
  guint32 timescale;     /* ticks a second */
  guint64 bandwidth;     /* bits a second of its largest segment */
  guint width, height;   /* video */
  guint fps_n, fps_d;    /* 0 where the rate is not constant or unknown */
  guint sar_n, sar_d;    /* sample aspect ratio, 0 where unknown */
  guint8 primaries, transfer, matrix; /* of ISO/IEC 23091-2, or 0 */
  guint rate, channels;  /* audio */
  guint arrangement;     /* ChannelConfiguration of ISO/IEC 23091-3, or 0 */
  guint16 dolby_map;     /* channel map of ETSI TS 102 366, E.1.3.1.8, or 0 */
  gchar *default_kid;    /* UUID where it is encrypted, else NULL */
  GPtrArray *pssh;       /* of HabPssh, one for each system */
  guint first_number;    /* of its first segment, usually 1 */
  gboolean lead_gone;    /* there were segments in the clear before that */
  GArray *segments;      /* of HabSegment, one after the other, one or more */
  guint64 longest;       /* ticks that no segment exceeds, also of those that
                          * are to come; 0: those here are all there are */
  gint set;              /* number of the adaptation set that it was told to be
                          * in, or HAB_SET_BY_CONTENT */
  gboolean placed;       /* it is in that set already, for better or worse */

  /* Where it is one file and not one for each segment. */
  gboolean single_file;
  HabSingleFileLayout file_layout;
} HabRepresentation;

#define HAB_SET_BY_CONTENT (-1)

HabRepresentation *hab_representation_new (const gchar *id,
    HabMediaKind kind);
void hab_representation_free (HabRepresentation *representation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabRepresentation, hab_representation_free)

const HabSegment *hab_representation_get_segment (
    const HabRepresentation *representation, guint i);

/* Ticks as milliseconds, rounded up, so that nothing lies behind the end. */
guint64 hab_representation_to_ms (const HabRepresentation *representation,
    guint64 ticks);

/* Ticks of its longest segment, or what none exceeds. */
guint64 hab_representation_get_longest (
    const HabRepresentation *representation);

/* Whether its pictures have a high dynamic range, and how that is coded. */
typedef enum
{
  HAB_RANGE_UNKNOWN,
  HAB_RANGE_SDR,
  HAB_RANGE_HLG,
  HAB_RANGE_PQ,
} HabVideoRange;

HabVideoRange hab_representation_get_range (
    const HabRepresentation *representation);

/* Picture aspect ratio, reduced. FALSE where it is not known. */
gboolean hab_representation_get_aspect (
    const HabRepresentation *representation, guint *width, guint *height);

/* Representations of one content, one or more. */
typedef struct
{
  guint id;
  gboolean overlapping;       /* their segments begin at different times */
  GPtrArray *representations; /* of HabRepresentation */
  GArray *switchable;         /* of guint, ids of the sets with the same content,
                               * encrypted with other keys */
} HabAdaptationSet;

/* representation: (transfer full). */
HabAdaptationSet *hab_adaptation_set_new (HabRepresentation *representation);
void hab_adaptation_set_free (HabAdaptationSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabAdaptationSet, hab_adaptation_set_free)

/* representation: (transfer full), of the set's content. */
void hab_adaptation_set_add (HabAdaptationSet *set,
    HabRepresentation *representation);

HabRepresentation *hab_adaptation_set_get (const HabAdaptationSet *set,
    guint i);
const HabContent *hab_adaptation_set_get_content (
    const HabAdaptationSet *set);

/* Of a presentation that is, or was, watched while it is made. Times in
 * microseconds since 1970 (UTC), durations in milliseconds. */
typedef struct
{
  gint64 start;         /* when that happened which is shown at 0 */
  gint64 published;     /* when this was what there was */
  guint64 window;       /* how far back it can be watched, 0: to the start */
  guint64 update_period;
  guint64 delay;        /* behind the present at which to watch it */
  const gchar *clock_url; /* of a server that tells the time, or NULL */
} HabLive;

/* (transfer full): a time of HabLive in ISO 8601, with milliseconds. */
gchar *hab_live_time_to_string (gint64 time);

typedef struct
{
  GPtrArray *sets; /* of HabAdaptationSet */
  gboolean dynamic; /* there is more to come */
  gboolean is_live; /* live says something; also behind the end */
  HabLive live;
} HabPresentation;

HabPresentation *hab_presentation_new (void);
void hab_presentation_free (HabPresentation *presentation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabPresentation, hab_presentation_free)

/* set: (transfer full). */
void hab_presentation_add (HabPresentation *presentation,
    HabAdaptationSet *set);

HabAdaptationSet *hab_presentation_get (const HabPresentation *presentation,
    guint i);

/* (transfer container) (element-type HabRepresentation): those of all sets. */
GPtrArray *hab_presentation_list (const HabPresentation *presentation);

/* (transfer container) (element-type HabRepresentation): those that say how long
 * the presentation is: without text, which may go on behind the end, unless
 * there is nothing else. */
GPtrArray *hab_presentation_list_timed (const HabPresentation *presentation);

/* When it ends, in milliseconds, rounded up. */
guint64 hab_presentation_get_end (const HabPresentation *presentation);

G_END_DECLS
