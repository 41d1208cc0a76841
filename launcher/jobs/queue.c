/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "queue.h"

#include "claimer.h"
#include "job.h"

struct _HabQueue
{
  const HabJobsContext *context;
  HabClaimer *claimer;
  HabWorkers *packagers;
  guint limit;
  GHashTable *jobs; /* id of the package -> HabJob, not owned */
};

/* In the store's thread. */
static gpointer
claim (HabVault *vault, gint64 *next_us, gpointer data, GError **error)
{
  HabQueue *self = data;
  g_autoptr (GError) failure = NULL;
  HabJob *job = hab_job_claim (self->context, vault, &failure);

  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  else if (job == NULL)
    hab_catalog_get_next_attempt (vault->catalog, next_us, error);
  return job;
}

static gboolean
has_room (gpointer data)
{
  HabQueue *self = data;

  return g_hash_table_size (self->jobs) < self->limit;
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
start (gpointer job, gpointer data)
{
  HabQueue *self = data;
  gint64 id = hab_job_get_package_id (job);

  g_hash_table_insert (self->jobs, g_memdup2 (&id, sizeof id), job);
  hab_job_start (job, self->packagers, on_job_ended, self);
}

static const HabClaimerType claimer_type = {
  .claim = claim,
  .has_room = has_room,
  .start = start,
  .free = (GDestroyNotify) hab_job_free,
  .warning = "Cannot look for work",
};

HabQueue *
hab_queue_new (const HabJobsContext *context, guint limit)
{
  HabQueue *self = g_new0 (HabQueue, 1);

  self->context = context;
  self->limit = limit;
  self->claimer = hab_claimer_new (context, &claimer_type, self);
  self->packagers = hab_workers_new (limit);
  self->jobs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
      NULL);
  return self;
}

void
hab_queue_free (HabQueue *self)
{
  hab_claimer_free (self->claimer);
  g_hash_table_unref (self->jobs);
  hab_workers_free (self->packagers);
  g_free (self);
}

void
hab_queue_kick (HabQueue *self)
{
  hab_claimer_kick (self->claimer);
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
  hab_claimer_stop (self->claimer);
}

gboolean
hab_queue_is_stopped (HabQueue *self)
{
  return hab_claimer_is_stopped (self->claimer);
}

HabWorkers *
hab_queue_get_packagers (HabQueue *self)
{
  return self->packagers;
}

gboolean
hab_queue_is_idle (HabQueue *self)
{
  return hab_claimer_is_idle (self->claimer) &&
      g_hash_table_size (self->jobs) == 0;
}
