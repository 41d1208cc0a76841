/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Whether object has no members but the known ones (NULL at the end): what is
 * misspelt is not passed over. FALSE with a 400 that names the member, and the
 * known one that was probably meant. prefix: what object is called, with a full
 * stop; "" for the request itself. Pure. */
gboolean hab_member_names_check (JsonObject *object, const gchar *prefix,
    const gchar *const *known, GError **error);

G_END_DECLS
