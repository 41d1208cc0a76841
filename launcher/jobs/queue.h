/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Makes the packages that wait in the catalog, a number at a time. The catalog
 * is the queue, so it outlives the service. Main thread. */
typedef struct _HabQueue HabQueue;

HabQueue *hab_queue_new (const HabJobsContext *context, guint limit);
/* When it is idle. */
void hab_queue_free (HabQueue *queue);

/* A package may be waiting. */
void hab_queue_kick (HabQueue *queue);
/* Stops making the package, which is Cancelled in the catalog already. */
void hab_queue_drop (HabQueue *queue, gint64 package_id);
/* Claims nothing more. What is being made goes back to the queue once the
 * service's cancellable has stopped its child. */
void hab_queue_stop (HabQueue *queue);
/* The children that make packages. */
HabWorkers *hab_queue_get_packagers (HabQueue *queue);
gboolean hab_queue_is_stopped (HabQueue *queue);
gboolean hab_queue_is_idle (HabQueue *queue);

G_END_DECLS
