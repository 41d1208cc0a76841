/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Tells those who asked for it of the end of packages: posts the package as
 * JSON, signed, to their address, and tries again for over an hour where that
 * fails. Who is to be told is in the catalog, so it outlives the service; one
 * who was told may be told again after a crash. A few at a time. Main thread. */
typedef struct _HabCallbacks HabCallbacks;

HabCallbacks *hab_callbacks_new (const HabJobsContext *context);
/* When it is idle. */
void hab_callbacks_free (HabCallbacks *callbacks);

/* Somebody may be due. */
void hab_callbacks_kick (HabCallbacks *callbacks);
/* Begins nothing more; what is on its way is broken off and waits for the next
 * start. */
void hab_callbacks_stop (HabCallbacks *callbacks);
gboolean hab_callbacks_is_idle (HabCallbacks *callbacks);

G_END_DECLS
