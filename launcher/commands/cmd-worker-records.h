/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "record-json.h"

G_BEGIN_DECLS

/* What a child tells the service, on descriptor 5: records, one a line. A
 * service that is gone ends this process. */

/* Takes record. */
void hab_worker_write (JsonObject *record);
/* The same, with the cause and the detail of error. */
void hab_worker_write_failure (JsonObject *record, const GError *error);

G_END_DECLS
