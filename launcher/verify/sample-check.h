/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "content-keys.h"
#include "fragment.h"

G_BEGIN_DECLS

/* Looks into the samples of one track: whether pictures are what the tables
 * call them, and whether exactly what the standard says is encrypted. */
typedef struct _HabSampleCheck HabSampleCheck;

/* init, keys and report stay the caller's. */
HabSampleCheck *hab_sample_check_new (const HabInitSegment *init,
    const HabContentKeys *keys, HabReport *report);
void hab_sample_check_free (HabSampleCheck *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabSampleCheck, hab_sample_check_free)

/* The sample lies wholly in file. */
void hab_sample_check_take (HabSampleCheck *check, const HabMediaFile *file,
    const HabFragment *fragment, guint index);

/* Behind the last sample: whether what was decrypted looks like media. name:
 * of the track's first file. */
void hab_sample_check_finish (HabSampleCheck *check, const gchar *name);

/* How many samples were encrypted, and how many of these were decrypted. */
guint64 hab_sample_check_get_encrypted (const HabSampleCheck *check);
guint64 hab_sample_check_get_decrypted (const HabSampleCheck *check);

G_END_DECLS
