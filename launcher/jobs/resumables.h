/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "resumable.h"

G_BEGIN_DECLS

/* All uploads that can be resumed, by their ids: those of the catalog. They are
 * removed when nobody has sent anything for too long. Main thread. */
typedef struct _HabResumables HabResumables;

/* Finds what an earlier service left, and removes what nobody knows. */
HabResumables *hab_resumables_new (const HabJobsContext *context,
    GError **error);
void hab_resumables_free (HabResumables *resumables);
/* Goes on with what is whole already. */
void hab_resumables_start (HabResumables *resumables);

/* A new one, in which nothing is yet, of owner. name is checked, size_bytes at
 * least 1. */
void hab_resumables_create_async (HabResumables *resumables, const gchar *owner,
    const gchar *name, guint64 size_bytes, GAsyncReadyCallback callback,
    gpointer user_data);
/* (transfer full) */
HabResumable *hab_resumables_create_finish (GAsyncResult *result,
    GError **error);
/* (transfer none): NULL where there is none. */
HabResumable *hab_resumables_find (HabResumables *resumables, const gchar *id);

G_END_DECLS
