/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rate-limit.h"
#include "request.h"

G_BEGIN_DECLS

/* Whether a request is let in. Main thread, once its headers are there; the
 * rules themselves are in access.h. */

/* By its Host and, where it changes something on the API, its Origin. */
gboolean hab_admission_check_address (HabRequest *request,
    HabListenerKind kind, GError **error);

/* By a token or session where the service asks for one, from which the request
 * learns its client. A browser that wants to show a page is sent to sign in. */
gboolean hab_admission_check_client (HabRequest *request,
    HabListenerKind kind, const HabRoute *route, GError **error);

/* Whether the client, a token's name or else an address, may make one more
 * request; Retry-After is set where not. */
gboolean hab_admission_check_rate (HabRequest *request, HabRateLimit *limit);

/* Names of this service's cookies; the ones of delivery are nobody's. */
#define HAB_SESSION_COOKIE "haberdash-session"

/* The session's id that a request has, whether it is one or not; NULL without.
 * (transfer full) */
gchar *hab_admission_get_session_id (HabRequest *request);

G_END_DECLS
