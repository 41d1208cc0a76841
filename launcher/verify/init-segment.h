/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cbcs-cipher.h"
#include "media-file.h"
#include "mp4-sample-entry.h"
#include "pssh-boxes.h"
#include "report.h"

G_BEGIN_DECLS

/* How samples are encrypted: tenc, or an entry of the sample group seig
 * (ISO/IEC 23001-7, 8.2 and 6). */
typedef struct
{
  gboolean encrypted;
  HabCbcsPattern pattern;
  guint8 kid[16];
  guint8 iv_size;          /* of each sample; 0: constant_iv is that of all */
  guint8 constant_iv[16];
  guint8 constant_iv_size;
} HabSampleProtection;

/* A sample entry. */
typedef struct
{
  guint32 type;   /* as it stands: avc1, encv, … */
  guint32 format; /* what it is in the clear: avc1, … */
  guint32 scheme; /* cbcs, cenc, …; 0 in the clear */
  HabSampleProtection protection;
  HabMp4SampleEntry entry;
  const HabCodec *codec;      /* NULL: not known here */
  const gchar *stream_format; /* of the codec's caps, or NULL */
  guint8 *copy;               /* what entry points into */
} HabInitEntry;

/* The init segment of one track. */
typedef struct
{
  guint32 track_id, timescale, handler;
  gint64 shift;     /* ticks that presentation is behind composition, by the
                     * edit list */
  guint32 default_entry, default_duration, default_size, default_flags;
  GArray *entries;  /* of HabInitEntry */
  GPtrArray *pssh;  /* of HabPssh */
} HabInitSegment;

/* moov: of file. Findings go into report; NULL where it is of no use. */
HabInitSegment *hab_init_segment_read (const HabMediaFile *file,
    const HabFileBox *moov, HabReport *report);
void hab_init_segment_free (HabInitSegment *init);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabInitSegment, hab_init_segment_free)

/* Takes the fields from crypt_byte_block on, that tenc and seig share. */
gboolean hab_sample_protection_read (GstByteReader *reader,
    gboolean has_pattern, HabSampleProtection *protection);

G_END_DECLS
