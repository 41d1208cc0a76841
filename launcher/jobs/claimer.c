/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "claimer.h"

#include "clock.h"

/* When the catalog cannot be read or written, which passes. */
#define RETRY_SECONDS 2
#define MAX_TIMER_SECONDS 60

struct _HabClaimer
{
  const HabJobsContext *context;
  const HabClaimerType *type;
  gpointer data;
  gboolean claiming, kicked, stopped;
  guint timer_id; /* for what may be claimed later only */
  gint64 next_us; /* of the last claim: written in the store's thread while
                   * claiming */
};

HabClaimer *
hab_claimer_new (const HabJobsContext *context, const HabClaimerType *type,
    gpointer data)
{
  HabClaimer *self = g_new0 (HabClaimer, 1);

  self->context = context;
  self->type = type;
  self->data = data;
  return self;
}

void
hab_claimer_free (HabClaimer *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_free (self);
}

static gpointer
claim (HabVault *vault, gpointer data, GError **error)
{
  HabClaimer *self = data;

  self->next_us = 0;
  return self->type->claim (vault, &self->next_us, self->data, error);
}

static gboolean
on_timer (gpointer data)
{
  HabClaimer *self = data;

  self->timer_id = 0;
  hab_claimer_kick (self);
  return G_SOURCE_REMOVE;
}

/* The clock that says when may be set meanwhile: it is looked at again now and
 * then. */
static void
kick_later (HabClaimer *self, gint64 delay_us)
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
  HabClaimer *self = data;
  g_autoptr (GError) error = NULL;
  gpointer item = hab_store_call_finish (result, &error);
  gboolean again = item != NULL || self->kicked;

  self->claiming = self->kicked = FALSE;
  if (error != NULL) {
    g_warning ("%s: %s", self->type->warning, error->message);
    kick_later (self, RETRY_SECONDS * G_USEC_PER_SEC);
  } else if (self->next_us > 0) {
    kick_later (self, self->next_us - hab_clock_now ());
  }
  if (item != NULL)
    self->type->start (item, self->data);
  if (again)
    hab_claimer_kick (self);
  hab_jobs_context_check_idle (self->context);
}

void
hab_claimer_kick (HabClaimer *self)
{
  if (self->stopped || !self->type->has_room (self->data))
    return;
  if (self->claiming) {
    self->kicked = TRUE;
    return;
  }
  self->claiming = TRUE;
  hab_store_call_async (self->context->store, claim, self, self->type->free,
      on_claimed, self);
}

void
hab_claimer_stop (HabClaimer *self)
{
  self->stopped = TRUE;
  g_clear_handle_id (&self->timer_id, g_source_remove);
}

gboolean
hab_claimer_is_stopped (HabClaimer *self)
{
  return self->stopped;
}

gboolean
hab_claimer_is_idle (HabClaimer *self)
{
  return !self->claiming;
}
