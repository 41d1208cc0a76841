/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The time from which tsdemux counts: the first clock reference (PCR) of an
 * MPEG transport stream, in ticks of 90 kHz; 0 where there is none in the
 * first bytes. Pure. Packets may have 4 bytes in front (Blu-ray) or 16 behind
 * them. */
guint64 hab_ts_clock_find_first (const guint8 *data, gsize size);

G_END_DECLS
