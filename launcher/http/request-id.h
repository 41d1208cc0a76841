/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a request is called in logs: the given text (nullable, of its
 * X-Request-Id) where that is 1 to 128 letters, digits and - _ . : only, else
 * a new UUID. (transfer full) */
gchar *hab_request_id_choose (const gchar *given);

G_END_DECLS
