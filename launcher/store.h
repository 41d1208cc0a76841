/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "catalog.h"
#include "seal.h"

G_BEGIN_DECLS

/* The catalog behind a thread of its own: SQLite may wait for the disk, the
 * main loop may not. Calls run one after the other in the order in which they
 * were made, whoever made them. */
typedef struct _HabStore HabStore;

/* What only that thread may touch. */
typedef struct
{
  HabCatalog *catalog;
  HabSeal *seal;
} HabVault;

/* Runs in the store's thread. Returns the call's result, or NULL with error
 * set; NULL without an error is a result too. */
typedef gpointer (*HabStoreFunc) (HabVault *vault, gpointer data,
    GError **error);

/* Opens the catalog and the master key, making both where there are none.
 * create_key is FALSE where somebody else looks after the key. */
HabStore *hab_store_new (const gchar *catalog_path, const gchar *key_path,
    gboolean create_key, GError **error);
/* Finishes the calls that were made, then closes the catalog. */
void hab_store_free (HabStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabStore, hab_store_free)

/* data belongs to the caller and must live until callback. A result that
 * nobody fetches goes to free_result. */
void hab_store_call_async (HabStore *store, HabStoreFunc func, gpointer data,
    GDestroyNotify free_result, GAsyncReadyCallback callback,
    gpointer user_data);
gpointer hab_store_call_finish (GAsyncResult *result, GError **error);

/* Waits for the result: at start and stop only. */
gpointer hab_store_call (HabStore *store, HabStoreFunc func, gpointer data,
    GError **error);

G_END_DECLS
