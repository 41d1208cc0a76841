/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "jail.h"

G_BEGIN_DECLS

/* Confines this process to what job needs: its own input and output, of all files
 * of the service. jail: by hab_cmd_make_jail (). */
gboolean hab_worker_confine (JsonObject *job, HabJail *jail, GError **error);

G_END_DECLS
