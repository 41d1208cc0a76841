/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "http-types.h"

G_BEGIN_DECLS

/* Splits the path of a request into components and decodes each, so that an
 * encoded slash stays inside its component. NULL where an escape is malformed
 * or the text is no UTF-8 without control characters. */
gchar **hab_router_split (const gchar *path);

/* Whether components match a pattern; params then has what the places of the
 * pattern stand for, in order. A pattern is a path in which a component may
 * have one {}, which stands for at least one character, and whose last
 * component may be **, which stands for the rest of the path. */
gboolean hab_router_match (const gchar *pattern, gchar **components,
    GPtrArray *params);

/* The route for method (HEAD is served by GET's) and path. NULL where there is
 * none; then allow has the methods that the path knows, if any. */
const HabRoute *hab_router_find (const HabRoute *const *tables,
    const gchar *method, gchar **components, GPtrArray *params,
    gchar **allow);

G_END_DECLS
