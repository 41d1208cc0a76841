/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tokens.h"

G_BEGIN_DECLS

/* Who has signed in by a browser: a random id of 256 bits stands for a token
 * for some time. Only digests of ids are kept, in memory: they end with the
 * service. Times are microseconds of a clock that the caller chooses. */
typedef struct _HabSessions HabSessions;

/* Of a session, from when it was opened. */
#define HAB_SESSION_SECONDS (12 * 60 * 60)

HabSessions *hab_sessions_new (void);
void hab_sessions_free (HabSessions *sessions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabSessions, hab_sessions_free)

/* Returns the id, in base64url. Where there are 1000 already the one that
 * would end first ends now. (transfer full) */
gchar *hab_sessions_open (HabSessions *sessions,
    const guint8 token_digest[HAB_TOKEN_DIGEST_SIZE], gint64 now_us);
/* The digest of the token that opened it; NULL where there is none or it has
 * expired. Valid until the next call. */
const guint8 *hab_sessions_find (HabSessions *sessions, const gchar *id,
    gint64 now_us);
void hab_sessions_close (HabSessions *sessions, const gchar *id);

G_END_DECLS
