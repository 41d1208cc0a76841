/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cue.h"

G_BEGIN_DECLS

/* Reads the cues of WebVTT that comes in pieces. Identifiers, notes, style
 * sheets and regions are passed over; a block that is no cue is, too. */
typedef struct _HabWebvttReader HabWebvttReader;

/* Bytes that one block may have. What is longer is no text to be shown. */
#define HAB_WEBVTT_MAX_BLOCK 65536

HabWebvttReader *hab_webvtt_reader_new (void);
void hab_webvtt_reader_free (HabWebvttReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabWebvttReader, hab_webvtt_reader_free)

/* Appends the cues that end in the piece to cues (element-type HabCue). */
void hab_webvtt_reader_push (HabWebvttReader *reader, const gchar *data,
    gsize size, GPtrArray *cues);

/* The last piece has been pushed. Ready for another file after it. */
void hab_webvtt_reader_end (HabWebvttReader *reader, GPtrArray *cues);

G_END_DECLS
