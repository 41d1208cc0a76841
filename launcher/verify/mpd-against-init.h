/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "init-segment.h"
#include "mpd-document.h"

G_BEGIN_DECLS

/* What an MPD says of a track, against its init segment, which is file: codecs,
 * size, protection, pssh boxes. */
void hab_mpd_check_init (const HabMpdDocument *document,
    const HabMpdTrack *track, const HabInitSegment *init, const gchar *file,
    HabReport *report);

/* (transfer full) (nullable): the RFC 6381 string of a sample entry; NULL where
 * its codec is not known here. */
gchar *hab_init_entry_get_codecs (const HabInitEntry *entry);

G_END_DECLS
