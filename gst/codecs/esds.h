/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "box.h"

G_BEGIN_DECLS

/* objectTypeIndication (ISO/IEC 14496-1, 7.2.6.6) */
#define HAB_ESDS_MPEG4_AUDIO 0x40
#define HAB_ESDS_MPEG2_AUDIO 0x69
#define HAB_ESDS_MPEG1_AUDIO 0x6b

/* What specific, the DecoderSpecificInfo, may have at the most. */
#define HAB_ESDS_MAX_SPECIFIC 1024

/* The esds box of an audio track (ISO/IEC 14496-14, 5.6). specific is NULL
 * where the object type has none. */
void hab_esds_write (HabBoxWriter *writer, guint8 object_type,
    const guint8 *specific, gsize size);

G_END_DECLS
