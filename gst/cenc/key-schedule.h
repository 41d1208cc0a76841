/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cbcs-cipher.h"
#include "key-settings.h"

G_BEGIN_DECLS

/* Which key encrypts at which time: one for all of it, or several in turn, each
 * for a crypto period, from the first again behind the last. */
typedef struct _HabKeySchedule HabKeySchedule;

/* settings->kid: key ids, separated by commas, white space or both; several
 * where period, in nanoseconds, is not 0. NULL with error set where they are
 * malformed, or one has no key. */
HabKeySchedule *hab_key_schedule_new (const HabKeySettings *settings,
    guint64 period, GError **error);
void hab_key_schedule_free (HabKeySchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabKeySchedule, hab_key_schedule_free)

guint hab_key_schedule_get_n_keys (const HabKeySchedule *schedule);
const guint8 *hab_key_schedule_get_kid (const HabKeySchedule *schedule,
    guint i);
const HabCbcsCipher *hab_key_schedule_get_cipher (
    const HabKeySchedule *schedule, guint i);

/* The key of what begins at this running time. */
guint hab_key_schedule_at (const HabKeySchedule *schedule, gint64 time);

G_END_DECLS
