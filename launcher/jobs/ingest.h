/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Makes an upload an input content: looks whether it is there already, or its
 * bytes are under another name; else reads in a child process what is in it,
 * moves the file to inputs/ and adds it to the catalog. Main thread. */

typedef struct
{
  gint64 id;
  gchar *name;
  gboolean was_there; /* the same name and bytes: nothing was added */
} HabIngested;

void hab_ingested_free (HabIngested *ingested);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabIngested, hab_ingested_free)

/* owner: whose input it will be. incoming: the file's name in that folder; gone
 * afterwards, whatever the outcome. HAB_CATALOG_ERROR_EXISTS where other bytes
 * of this owner have the name. request_id: for the log, or NULL. */
void hab_ingest_async (const HabJobsContext *context, const gchar *owner,
    const gchar *name, const gchar *incoming, guint64 size_bytes,
    const gchar *sha256, const gchar *request_id,
    GAsyncReadyCallback callback, gpointer user_data);
HabIngested *hab_ingest_finish (GAsyncResult *result, GError **error);

G_END_DECLS
