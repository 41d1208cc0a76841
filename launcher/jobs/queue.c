/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "queue.h"

#include "job.h"

/* When the catalog cannot be read, which passes. */
#define RETRY_SECONDS 2
#define MAX_TIMER_SECONDS 60

struct _HabQueue
{
  const HabJobsContext *context;
  HabWorkers *packagers;
  guint limit;
  gboolean claiming, kicked, stopped;
  guint timer_id;         /* for what may be claimed later only */
  gint64 next_attempt_us; /* of the last claim: written in the store's thread
                           * while claiming */
  GHashTable *jobs; /* id of the package -> HabJob, not owned */
};

HabQueue *
hab_queue_new (const HabJobsContext *context, guint limit)
{
  HabQueue *self = g_new0 (HabQueue, 1);

  self->context = context;
  self->limit = limit;
  self->packagers = hab_workers_new (limit);
  self->jobs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
      NULL);
  return self;
}

void
hab_queue_free (HabQueue *self)
{
  g_clear_handle_id (&self->timer_id, g_source_remove);
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
  hab_jobs_context_check_idle (self->context);
}

static void
queue_start (HabQueue *self, HabJob *job)
{
  gint64 id = hab_job_get_package_id (job);

  g_hash_table_insert (self->jobs, g_memdup2 (&id, sizeof id), job);
  hab_job_start (job, self->packagers, on_job_ended, self);
}

/* In the store's thread. */
static gpointer
claim (HabVault *vault, gpointer data, GError **error)
{
  HabQueue *self = data;
  g_autoptr (GError) failure = NULL;
  HabJob *job = hab_job_claim (self->context, vault, &failure);

  self->next_attempt_us = 0;
  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  else if (job == NULL)
    hab_catalog_get_next_attempt (vault->catalog, &self->next_attempt_us,
        error);
  return job;
}

static gboolean
on_timer (gpointer data)
{
  HabQueue *self = data;

  self->timer_id = 0;
  hab_queue_kick (self);
  return G_SOURCE_REMOVE;
}

/* The clock that says when may be set meanwhile: it is looked at again now and
 * then. */
static void
queue_kick_later (HabQueue *self, gint64 delay_us)
{
  g_clear_handle_id (&self->timer_id, g_source_remove);
  if (!self->stopped)
    self->timer_id = g_timeout_add (
        CLAMP (delay_us / 1000 + 1, 1, MAX_TIMER_SECONDS * 1000), on_timer,
        self);
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
    queue_kick_later (self, RETRY_SECONDS * G_USEC_PER_SEC);
  } else if (self->next_attempt_us > 0) {
    queue_kick_later (self, self->next_attempt_us - g_get_real_time ());
  }
  if (job != NULL)
    queue_start (self, job);
  if (again)
    hab_queue_kick (self);
  hab_jobs_context_check_idle (self->context);
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
  hab_store_call_async (self->context->store, claim, self,
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
  g_clear_handle_id (&self->timer_id, g_source_remove);
}

gboolean
hab_queue_is_stopped (HabQueue *self)
{
  return self->stopped;
}

HabWorkers *
hab_queue_get_packagers (HabQueue *self)
{
  return self->packagers;
}

gboolean
hab_queue_is_idle (HabQueue *self)
{
  return !self->claiming && g_hash_table_size (self->jobs) == 0;
}
