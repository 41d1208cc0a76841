/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "catalog.h"
#include "seal.h"

G_BEGIN_DECLS

/* The catalog behind threads of its own: SQLite may wait for the disk, the main
 * loop may not. One thread changes it, by calls that run one after the other in
 * the order in which they were made, whoever made them; a few others read it,
 * and wait neither for that one nor for each other. */
typedef struct _HabStore HabStore;

/* What only one of these threads may touch: a connection to the catalog, and the
 * seal, which they share since nothing changes it. */
typedef struct
{
  HabCatalog *catalog;
  HabSeal *seal;
} HabVault;

/* Runs in one of the store's threads. Returns the call's result, or NULL with
 * error set; NULL without an error is a result too. */
typedef gpointer (*HabStoreFunc) (HabVault *vault, gpointer data,
    GError **error);

/* Opens the catalog and the master key, making both where there are none.
 * create_key is FALSE where somebody else looks after the key. */
HabStore *hab_store_new (const gchar *catalog_path, const gchar *key_path,
    gboolean create_key, GError **error);
/* Finishes the calls and reads that were made, then closes the catalog. */
void hab_store_free (HabStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabStore, hab_store_free)

/* data belongs to the caller and must live until callback. A result that
 * nobody fetches goes to free_result. */
void hab_store_call_async (HabStore *store, HabStoreFunc func, gpointer data,
    GDestroyNotify free_result, GAsyncReadyCallback callback,
    gpointer user_data);
/* The same for what only reads, and may run at the same time as other reads and
 * as a call that changes something: it sees the catalog as it was at one moment,
 * with all that calls had changed whose results were had when the read was
 * asked for. A change fails. */
void hab_store_read_async (HabStore *store, HabStoreFunc func, gpointer data,
    GDestroyNotify free_result, GAsyncReadyCallback callback,
    gpointer user_data);
/* Of a call or a read. */
gpointer hab_store_call_finish (GAsyncResult *result, GError **error);

/* Waits for the result of a call: at start and stop only. */
gpointer hab_store_call (HabStore *store, HabStoreFunc func, gpointer data,
    GError **error);

G_END_DECLS
