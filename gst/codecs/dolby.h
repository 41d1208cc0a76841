/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

/* What AC-3 and E-AC-3 have in common (ETSI TS 102 366). */

#define HAB_DOLBY_SYNC_WORD 0x0b77

/* Of a syncframe with all six blocks, and so of an MP4 sample. */
#define HAB_DOLBY_SAMPLES 1536

/* The first bsid of E-AC-3's syntax, which is another from there on, and the
 * last of what there is. */
#define HAB_DOLBY_BSID_EAC3 11
#define HAB_DOLBY_BSID_MAX 16

/* The channel map of E.1.3.1.8 for acmod and lfeon. */
guint16 hab_dolby_map (guint acmod, gboolean lfe);

/* What a decoder gives. fscod is below 3. */
HabAudioFormat hab_dolby_format (guint fscod, guint16 map);

/* Hz; 0 where fscod says it in another way. */
guint hab_dolby_rate (guint fscod);

G_END_DECLS
