/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "store.h"

struct _HabStore
{
  GThread *thread;
  GAsyncQueue *calls; /* of HabStoreCall; one without func ends the thread */

  /* store's thread only */
  HabVault vault;

  /* set before the thread starts, then constant */
  gchar *catalog_path, *key_path;
  gboolean create_key;
};

typedef struct
{
  HabStoreFunc func;
  gpointer data;

  /* of a call that nobody waits for */
  GTask *task;
  GDestroyNotify free_result;

  /* of a call that its caller waits for, who owns it */
  GMutex lock;
  GCond done_cond;
  gboolean done;
  gpointer result;
  GError *error;
} HabStoreCall;

static void
store_call_return (HabStoreCall *call, gpointer result, GError *error)
{
  if (call->task != NULL) {
    if (error != NULL)
      g_task_return_error (call->task, error);
    else
      g_task_return_pointer (call->task, result, call->free_result);
    g_object_unref (call->task);
    g_free (call);
    return;
  }
  g_mutex_lock (&call->lock);
  call->result = result;
  call->error = error;
  call->done = TRUE;
  g_cond_signal (&call->done_cond);
  g_mutex_unlock (&call->lock);
}

static gpointer
store_thread (gpointer data)
{
  HabStore *self = data;

  while (TRUE) {
    HabStoreCall *call = g_async_queue_pop (self->calls);
    HabStoreFunc func = call->func;
    GError *error = NULL;
    gpointer result = NULL;

    if (func != NULL)
      result = func (&self->vault, call->data, &error);
    store_call_return (call, result, error);
    if (func == NULL)
      break;
  }
  g_clear_pointer (&self->vault.catalog, hab_catalog_close);
  g_clear_pointer (&self->vault.seal, hab_seal_free);
  return NULL;
}

/* A new master key opens no key that was sealed under another one. */
static gboolean
check_key_is_there (HabStore *self, HabCatalog *catalog, GError **error)
{
  guint64 count;

  if (g_file_test (self->key_path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!hab_catalog_count_sealed_keys (catalog, &count, error))
    return FALSE;
  if (count == 0)
    return TRUE;
  g_set_error (error, HAB_SEAL_ERROR, HAB_SEAL_ERROR_FILE,
      "the master key file %s is missing, and the catalog has %"
      G_GUINT64_FORMAT " content keys that only it opens: restore it from a "
      "backup", self->key_path, count);
  return FALSE;
}

static gpointer
store_open (HabVault *vault, gpointer data, GError **error)
{
  HabStore *self = data;

  vault->catalog = hab_catalog_open (self->catalog_path, error);
  if (vault->catalog == NULL ||
      !check_key_is_there (self, vault->catalog, error))
    return NULL;
  vault->seal = self->create_key
      ? hab_seal_new (self->key_path, TRUE, error)
      : hab_seal_new_from_credential (self->key_path, error);
  return NULL;
}

HabStore *
hab_store_new (const gchar *catalog_path, const gchar *key_path,
    gboolean create_key, GError **error)
{
  g_autoptr (HabStore) self = g_new0 (HabStore, 1);
  GError *failure = NULL;

  self->catalog_path = g_strdup (catalog_path);
  self->key_path = g_strdup (key_path);
  self->create_key = create_key;
  self->calls = g_async_queue_new ();
  self->thread = g_thread_new ("catalog", store_thread, self);

  hab_store_call (self, store_open, self, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
hab_store_free (HabStore *self)
{
  if (self == NULL)
    return;
  hab_store_call (self, NULL, NULL, NULL);
  g_thread_join (self->thread);
  g_async_queue_unref (self->calls);
  g_free (self->catalog_path);
  g_free (self->key_path);
  g_free (self);
}

void
hab_store_call_async (HabStore *self, HabStoreFunc func, gpointer data,
    GDestroyNotify free_result, GAsyncReadyCallback callback,
    gpointer user_data)
{
  HabStoreCall *call = g_new0 (HabStoreCall, 1);

  call->func = func;
  call->data = data;
  call->free_result = free_result;
  call->task = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (call->task, hab_store_call_async);
  g_async_queue_push (self->calls, call);
}

gpointer
hab_store_call_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

gpointer
hab_store_call (HabStore *self, HabStoreFunc func, gpointer data,
    GError **error)
{
  HabStoreCall call = { .func = func, .data = data };

  g_mutex_init (&call.lock);
  g_cond_init (&call.done_cond);
  g_async_queue_push (self->calls, &call);
  g_mutex_lock (&call.lock);
  while (!call.done)
    g_cond_wait (&call.done_cond, &call.lock);
  g_mutex_unlock (&call.lock);
  g_mutex_clear (&call.lock);
  g_cond_clear (&call.done_cond);
  if (call.error != NULL)
    g_propagate_error (error, call.error);
  return call.result;
}
