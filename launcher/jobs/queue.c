/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "queue.h"

#include "job.h"

/* When the catalog cannot be read, which passes. */
#define RETRY_SECONDS 2

struct _HabQueue
{
  HabService *service;
  HabWorkers *packagers;
  guint limit;
  gboolean claiming, kicked, stopped;
  GHashTable *jobs; /* id of the package -> HabJob, not owned */
};

HabQueue *
hab_queue_new (HabService *service, guint limit)
{
  HabQueue *self = g_new0 (HabQueue, 1);

  self->service = service;
  self->limit = limit;
  self->packagers = hab_workers_new (limit);
  self->jobs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
      NULL);
  return self;
}

void
hab_queue_free (HabQueue *self)
{
  g_hash_table_unref (self->jobs);
  hab_workers_free (self->packagers);
  g_free (self);
}

static void
on_job_ended (HabJob *job, gpointer data)
{
  HabQueue *self = data;
  gint64 id = hab_job_get_package_id (job);

  g_hash_table_remove (self->jobs, &id);
  hab_job_free (job);
  hab_queue_kick (self);
  hab_service_check_idle (self->service);
}

static void
queue_start (HabQueue *self, HabJob *job)
{
  gint64 id = hab_job_get_package_id (job);

  g_hash_table_insert (self->jobs, g_memdup2 (&id, sizeof id), job);
  hab_job_start (job, self->packagers, on_job_ended, self);
}

static gpointer
claim (HabVault *vault, gpointer data, GError **error)
{
  HabQueue *self = data;

  return hab_job_claim (self->service, vault, error);
}

static gboolean
on_kick_again (gpointer data)
{
  hab_queue_kick (data);
  return G_SOURCE_REMOVE;
}

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer data)
{
  HabQueue *self = data;
  g_autoptr (GError) error = NULL;
  HabJob *job = hab_store_call_finish (result, &error);
  gboolean again = job != NULL || self->kicked;

  self->claiming = self->kicked = FALSE;
  if (error != NULL) {
    g_warning ("Cannot look for work: %s", error->message);
    if (!self->stopped)
      g_timeout_add_seconds (RETRY_SECONDS, on_kick_again, self);
  }
  if (job != NULL)
    queue_start (self, job);
  if (again)
    hab_queue_kick (self);
  hab_service_check_idle (self->service);
}

void
hab_queue_kick (HabQueue *self)
{
  if (self->stopped || g_hash_table_size (self->jobs) >= self->limit)
    return;
  if (self->claiming) {
    self->kicked = TRUE;
    return;
  }
  self->claiming = TRUE;
  hab_store_call_async (hab_service_get_store (self->service), claim, self,
      (GDestroyNotify) hab_job_free, on_claimed, self);
}

void
hab_queue_drop (HabQueue *self, gint64 package_id)
{
  HabJob *job = g_hash_table_lookup (self->jobs, &package_id);

  if (job != NULL)
    hab_job_cancel (job);
}

void
hab_queue_stop (HabQueue *self)
{
  self->stopped = TRUE;
}

gboolean
hab_queue_is_idle (HabQueue *self)
{
  return !self->claiming && g_hash_table_size (self->jobs) == 0;
}
