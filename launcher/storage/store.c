/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "store.h"

/* Whoever reads waits for none but the disk and the processors. */
#define N_READERS 2

/* A thread and its connection. */
typedef struct
{
  HabStore *store;
  GThread *thread;
  GAsyncQueue *calls; /* of HabStoreCall; one without func ends a thread */
  HabVault vault;     /* that thread's only, once it runs */
} HabStoreThread;

struct _HabStore
{
  HabStoreThread writer;
  HabStoreThread readers[N_READERS]; /* of one queue */
  GAsyncQueue *reads;
  gint damaged; /* atomic: a reader has met damage */

  /* set before the threads start, then constant */
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

static void
store_wait (GAsyncQueue *calls, HabStoreCall *call)
{
  g_mutex_init (&call->lock);
  g_cond_init (&call->done_cond);
  g_async_queue_push (calls, call);
  g_mutex_lock (&call->lock);
  while (!call->done)
    g_cond_wait (&call->done_cond, &call->lock);
  g_mutex_unlock (&call->lock);
  g_mutex_clear (&call->lock);
  g_cond_clear (&call->done_cond);
}

/* What a read sees is of one moment, however many statements it takes. */
static gpointer
run_read (HabStoreThread *self, HabStoreCall *call, GError **error)
{
  HabCatalog *catalog = self->vault.catalog;
  gpointer result = NULL;

  if (hab_catalog_begin_reading (catalog, error)) {
    result = call->func (&self->vault, call->data, error);
    hab_catalog_rollback (catalog);
  }
  if (hab_catalog_is_damaged (catalog))
    g_atomic_int_set (&self->store->damaged, TRUE);
  return result;
}

static gpointer
run_call (HabStoreThread *self, HabStoreCall *call, GError **error)
{
  if (self != &self->store->writer)
    return run_read (self, call, error);
  if (g_atomic_int_get (&self->store->damaged))
    hab_catalog_set_damaged (self->vault.catalog);
  return call->func (&self->vault, call->data, error);
}

static gpointer
store_thread (gpointer data)
{
  HabStoreThread *self = data;
  gboolean ended = FALSE;

  while (!ended) {
    HabStoreCall *call = g_async_queue_pop (self->calls);
    GError *error = NULL;
    gpointer result = NULL;

    ended = call->func == NULL;
    if (!ended)
      result = run_call (self, call, &error);
    store_call_return (call, result, error);
  }
  g_clear_pointer (&self->vault.catalog, hab_catalog_close);
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

/* In the thread that changes it, and before the others run. */
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

static void
thread_start (HabStoreThread *self, HabStore *store, const gchar *name,
    GAsyncQueue *calls)
{
  self->store = store;
  self->calls = calls;
  self->thread = g_thread_new (name, store_thread, self);
}

static gboolean
start_readers (HabStore *self, GError **error)
{
  for (guint i = 0; i < N_READERS; i++) {
    HabStoreThread *reader = &self->readers[i];

    reader->vault.seal = self->writer.vault.seal;
    reader->vault.catalog =
        hab_catalog_open_for_reading (self->catalog_path, error);
    if (reader->vault.catalog == NULL)
      return FALSE;
    thread_start (reader, self, "catalog reader", self->reads);
  }
  return TRUE;
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
  self->reads = g_async_queue_new ();
  thread_start (&self->writer, self, "catalog", g_async_queue_new ());

  hab_store_call (self, store_open, self, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return NULL;
  }
  return start_readers (self, error) ? g_steal_pointer (&self) : NULL;
}

/* Behind what was asked for; of a queue that several read, one of them ends. */
static void
end_one (GAsyncQueue *calls)
{
  HabStoreCall call = { 0 };

  store_wait (calls, &call);
}

/* The one that changes the catalog last: it puts all into one file. */
void
hab_store_free (HabStore *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < N_READERS; i++)
    if (self->readers[i].thread != NULL)
      end_one (self->reads);
  for (guint i = 0; i < N_READERS; i++)
    g_clear_pointer (&self->readers[i].thread, g_thread_join);
  end_one (self->writer.calls);
  g_thread_join (self->writer.thread);
  g_clear_pointer (&self->writer.vault.seal, hab_seal_free);
  g_async_queue_unref (self->writer.calls);
  g_async_queue_unref (self->reads);
  g_free (self->catalog_path);
  g_free (self->key_path);
  g_free (self);
}

static void
push (GAsyncQueue *calls, HabStoreFunc func, gpointer data,
    GDestroyNotify free_result, GTask *task)
{
  HabStoreCall *call = g_new0 (HabStoreCall, 1);

  call->func = func;
  call->data = data;
  call->free_result = free_result;
  call->task = task;
  g_task_set_source_tag (task, push);
  g_async_queue_push (calls, call);
}

void
hab_store_call_async (HabStore *self, HabStoreFunc func, gpointer data,
    GDestroyNotify free_result, GAsyncReadyCallback callback,
    gpointer user_data)
{
  push (self->writer.calls, func, data, free_result,
      g_task_new (NULL, NULL, callback, user_data));
}

void
hab_store_read_async (HabStore *self, HabStoreFunc func, gpointer data,
    GDestroyNotify free_result, GAsyncReadyCallback callback,
    gpointer user_data)
{
  push (self->reads, func, data, free_result,
      g_task_new (NULL, NULL, callback, user_data));
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

  store_wait (self->writer.calls, &call);
  if (call.error != NULL)
    g_propagate_error (error, call.error);
  return call.result;
}
