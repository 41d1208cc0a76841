/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"

G_BEGIN_DECLS

/* For calls below /videos/{file}, whose first parameter is the name. In a
 * thread of the store. */

/* The input, or 404. */
HabInput *hab_gops_find_video (HabRequest *request, HabVault *vault,
    GError **error);
/* 404 where it has no GOP of that number. */
gboolean hab_gops_check (HabCatalog *catalog, gint64 input_id, guint64 last,
    GError **error);
/* The number of one GOP in the path, or 404. */
gboolean hab_gops_read_number (HabRequest *request, guint64 *gop,
    GError **error);

G_END_DECLS
