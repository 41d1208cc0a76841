/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "init-segment.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 offset;  /* in the file */
  guint32 size, duration;
  gint64 dts, cts; /* ticks of the media, before any edit list */
  gboolean sync;
  guint first_subsample, n_subsamples; /* in the fragment's list */
  guint8 iv[16];
} HabFragmentSample;

/* A movie fragment (moof) of one track. */
typedef struct
{
  guint64 offset;        /* of the moof in the file */
  guint32 sequence;
  guint entry;           /* number of the sample entry, from 0 */
  guint64 decode_time;   /* tfdt */
  gboolean has_auxiliary; /* senc */
  HabSampleProtection protection;
  GArray *samples;       /* of HabFragmentSample */
  GArray *subsamples;    /* of HabSubsample */
} HabFragment;

void hab_fragment_init (HabFragment *fragment);
void hab_fragment_clear (HabFragment *fragment);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabFragment, hab_fragment_clear)

/* Fills fragment, which was used before or not. FALSE where what it says of
 * the samples is of no use; every finding goes into report. */
gboolean hab_fragment_read (HabFragment *fragment, const HabMediaFile *file,
    const HabFileBox *moof, const HabInitSegment *init, HabReport *report);

G_END_DECLS
