/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reply.h"

G_BEGIN_DECLS

/* Errors whose code is the HTTP status, for what only HTTP knows. */
/* libsoup does not name it. */
#define HAB_STATUS_TOO_MANY_REQUESTS 429

#define HAB_HTTP_ERROR (hab_http_error_quark ())
GQuark hab_http_error_quark (void);

void hab_http_error_set (GError **error, guint status, const gchar *format,
    ...) G_GNUC_PRINTF (3, 4);

/* The answer that tells error: application/problem+json (RFC 9457), or the
 * page for people. request_id (nullable) is what the log has it under. */
HabReply *hab_problem_reply (const GError *error, const gchar *request_id,
    gboolean html);

G_END_DECLS
