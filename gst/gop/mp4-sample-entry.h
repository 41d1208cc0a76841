/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mp4-box.h"

G_BEGIN_DECLS

/* What a track's first sample entry (stsd) says of its media. Pointers are
 * into the block that was parsed. */
typedef struct
{
  guint32 type; /* avc1, hvc1, mp4a, …; 0 when there is none */

  /* video */
  guint width, height;
  guint par_n, par_d; /* 0 unless the entry has them (pasp) */

  /* audio, as the entry has them; those of the codec data are better */
  guint channels, rate;
  guint8 object_type; /* MPEG-4 objectTypeIndication, 0 unknown */

  /* Payload of avcC, hvcC, av1C, vpcC, dOps, dfLa (behind its version and
   * flags), dac3 or dec3, or the AudioSpecificConfig; NULL when there is none */
  const guint8 *codec_data;
  gsize codec_data_size;
} HabMp4SampleEntry;

/* handler is the track's: vide, soun or another, of which only the type is
 * read. */
gboolean hab_mp4_sample_entry_parse (HabMp4SampleEntry *entry,
    const HabMp4Box *stsd, guint32 handler, GError **error);

G_END_DECLS
