/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker.h"

G_BEGIN_DECLS

/* Whether children can start and find their plug-ins. What was found out
 * holds for a minute, so that who asks often starts no crowd of them. Main
 * thread only. */
typedef struct _HabProbe HabProbe;

HabProbe *hab_probe_new (HabWorkers *workers);
/* After all work has ended. */
void hab_probe_free (HabProbe *probe);

/* One child answers all who ask meanwhile. */
void hab_probe_run_async (HabProbe *probe, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data);
/* FALSE with a HAB_MEDIA_ERROR. */
gboolean hab_probe_run_finish (HabProbe *probe, GAsyncResult *result,
    GError **error);

G_END_DECLS
