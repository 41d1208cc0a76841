/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Puts the NAL units of an access unit in byte stream format (ITU-T H.264
 * Annex B) into units as the codec parsers take them: each behind its length
 * in 4 bytes. What units held before is dropped. */
void hab_byte_stream_to_units (const guint8 *data, gsize size,
    GByteArray *units);

G_END_DECLS
