/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cbcs-cipher.h"
#include "cmaf-picture.h"

G_BEGIN_DECLS

/* A track of one ISO BMFF file that is all fragments: a CMAF track (ISO/IEC
 * 23000-19). What its init segment says, and the writing of it. Fields that
 * are zero or NULL are left out of the file. */
typedef struct
{
  const HabCodec *codec;
  gchar *stream_format;  /* as in caps */
  GBytes *codec_data;
  guint32 timescale;     /* ticks a second */
  guint64 media_time;    /* ticks in the media timeline that are shown at 0 */
  gchar language[4];     /* ISO 639-2/T */
  gchar *language_tag;   /* BCP 47, where it says more than that */

  HabCmafPicture picture; /* video */
  HabAudioFormat audio;  /* audio */

  gboolean encrypted;
  gboolean clear_lead;   /* the first samples are not */
  guint8 kid[16];
  guint8 iv[16];
  HabCbcsPattern pattern;
  GPtrArray *pssh;       /* of GBytes, whole boxes */
} HabCmafTrack;

HabCmafTrack *hab_cmaf_track_new (void);
void hab_cmaf_track_free (HabCmafTrack *track);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCmafTrack, hab_cmaf_track_free)

/* Which sample entry of an encrypted track samples have, from 1. The second is
 * there where it has a clear lead. */
#define HAB_CMAF_ENTRY_ENCRYPTED 1
#define HAB_CMAF_ENTRY_CLEAR 2

/* What tenc and the sample group seig say alike: the pattern, that samples are
 * protected, the key id and the constant IV. 37 bytes. */
void hab_cmaf_track_put_key (HabBoxWriter *writer, const HabCmafTrack *track,
    const guint8 kid[16]);

/* ftyp and moov. NULL with error set where codec_data does not do. */
GBytes *hab_cmaf_track_init_segment (const HabCmafTrack *track, GError **error);

G_END_DECLS
