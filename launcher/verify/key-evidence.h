/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

/* Whether a sample that was decrypted can be what its codec is, without
 * decoding it: what noise breaks sooner or later and no stream does. Pure. */

/* Audio: by the sync word, or the first syntax element of AAC, which noise has
 * by chance at times. *plausible is set where the codec has such a thing. */
gboolean hab_key_evidence_of_audio (const HabCodec *codec, guint channels,
    const guint8 *data, gsize size, gboolean *plausible);

/* H.264, H.265: whether an arithmetic decoder can begin at the first byte of
 * the slice's data. */
gboolean hab_key_evidence_of_slice (guint8 first_byte);

/* H.264, H.265: whether NAL units, each behind a length, are free of byte
 * patterns that emulation prevention keeps out. */
gboolean hab_key_evidence_of_nal_units (guint length_size, const guint8 *data,
    gsize size);

/* Whether avcC says that its (first) picture parameter set is of CABAC. */
gboolean hab_key_evidence_avc_has_cabac (const guint8 *avcc, gsize size);

G_END_DECLS
