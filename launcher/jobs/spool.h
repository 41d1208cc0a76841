/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "data-dir.h"

G_BEGIN_DECLS

/* A file in incoming/ that grows as bytes come: written and hashed in blocks
 * in other threads, so that the main loop never waits for the disk. Bytes may
 * come faster than the disk takes them; hab_spool_is_full () says when to
 * stop for a while. Main thread only. */
typedef struct _HabSpool HabSpool;

HabSpool *hab_spool_new (HabDataDir *dir, GError **error);
/* Goes on at offset of a file that is there and stays there; what was behind
 * is lost. */
HabSpool *hab_spool_new_append (HabDataDir *dir, HabFolder folder,
    const gchar *name, guint64 offset, GError **error);
/* Removes the file unless its name was stolen. */
void hab_spool_free (HabSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabSpool, hab_spool_free)

/* Called in the main loop each time a block was written. */
void hab_spool_set_drained (HabSpool *spool, void (*drained) (gpointer data),
    gpointer data);

/* FALSE when an earlier block could not be written. */
gboolean hab_spool_append (HabSpool *spool, const guint8 *bytes, gsize size,
    GError **error);
gboolean hab_spool_is_full (HabSpool *spool);
/* Of the file when all is written. */
guint64 hab_spool_get_size (HabSpool *spool);

/* Writes what is left, durably. */
void hab_spool_finish_async (HabSpool *spool, GAsyncReadyCallback callback,
    gpointer user_data);
/* The SHA-256 of all that was appended as 64 hex digits. */
gchar *hab_spool_finish_finish (HabSpool *spool, GAsyncResult *result,
    GError **error);

/* The file's name, for a caller who looks after the file from now on. */
gchar *hab_spool_steal_name (HabSpool *spool);

G_END_DECLS
