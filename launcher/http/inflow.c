/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "inflow.h"

#include "problem.h"
#include "request.h"

/* Each holds as much memory as a spool does. */
#define MAX_INFLOWS 32
/* How often a body without a length looks for space. */
#define SPACE_STEP (4 * 1024 * 1024)

struct _HabInflow
{
  HabRequest *request; /* not counted: the request owns the inflow's owner */
  HabDiskSpace *space;
  guint64 claimed;     /* of the disk, still to come */
  HabSpool *spool;
  gboolean stopped, held;
  guint idle_id;
  gint64 heard_us; /* when the last bytes came, or it was resumed */
};

static guint n_inflows; /* main thread */

guint64
hab_inflow_get_announced (HabRequest *request)
{
  SoupMessageHeaders *headers = hab_request_get_headers (request);

  if (soup_message_headers_get_encoding (headers) !=
      SOUP_ENCODING_CONTENT_LENGTH)
    return 0;
  return MAX (soup_message_headers_get_content_length (headers), 0);
}

static guint
get_timeout (HabInflow *self)
{
  return hab_request_get_context (self->request)->settings->client_timeout;
}

static void
inflow_refuse_idle (HabInflow *self)
{
  GError *error = NULL;

  hab_http_error_set (&error, SOUP_STATUS_REQUEST_TIMEOUT,
      "Nothing of the file came for %u seconds; send it again",
      get_timeout (self));
  hab_request_refuse (self->request, error);
}

/* Looks how long ago the last bytes came, instead of being set anew for each
 * 8 KiB of them. While the request is paused the disk is waited for. */
static gboolean
on_tick (gpointer data)
{
  HabInflow *self = data;
  gint64 silent_us = g_get_monotonic_time () - self->heard_us;

  if (self->held || silent_us < get_timeout (self) * G_USEC_PER_SEC)
    return G_SOURCE_CONTINUE;
  self->idle_id = 0;
  inflow_refuse_idle (self);
  return G_SOURCE_REMOVE;
}

static void
inflow_hear (HabInflow *self)
{
  self->heard_us = g_get_monotonic_time ();
}

HabInflow *
hab_inflow_new (HabRequest *request, GError **error)
{
  HabDiskSpace *space = hab_request_get_context (request)->space;
  guint64 announced = hab_inflow_get_announced (request);
  HabInflow *self;

  if (n_inflows >= MAX_INFLOWS) {
    hab_http_error_set (error, SOUP_STATUS_SERVICE_UNAVAILABLE,
        "%d uploads are on their way; try again when one is done",
        MAX_INFLOWS);
    return NULL;
  }
  if (!hab_disk_space_claim (space, announced, error))
    return NULL;
  self = g_new0 (HabInflow, 1);
  n_inflows++;
  self->request = request;
  self->space = space;
  self->claimed = announced;
  self->idle_id = g_timeout_add_seconds (1, on_tick, self);
  inflow_hear (self);
  return self;
}

void
hab_inflow_free (HabInflow *self)
{
  hab_inflow_stop (self);
  n_inflows--;
  g_free (self);
}

static void
on_drained (gpointer data)
{
  HabInflow *self = data;

  if (!self->held || self->stopped || hab_spool_is_full (self->spool))
    return;
  self->held = FALSE;
  hab_request_resume (self->request);
  inflow_hear (self);
}

void
hab_inflow_set_spool (HabInflow *self, HabSpool *spool)
{
  self->spool = spool;
  hab_spool_set_drained (spool, on_drained, self);
}

HabSpool *
hab_inflow_get_spool (HabInflow *self)
{
  return self->spool;
}

HabSpool *
hab_inflow_steal_spool (HabInflow *self)
{
  HabSpool *spool = g_steal_pointer (&self->spool);

  if (spool != NULL)
    hab_spool_set_drained (spool, NULL, NULL);
  hab_inflow_stop (self);
  return spool;
}

static void
inflow_unclaim (HabInflow *self, guint64 bytes)
{
  bytes = MIN (bytes, self->claimed);
  hab_disk_space_release (self->space, bytes);
  self->claimed -= bytes;
}

/* A body that does not tell its length takes space a step at a time. */
static gboolean
inflow_use_space (HabInflow *self, gsize size, GError **error)
{
  if (size > self->claimed) {
    guint64 step = MAX (size, SPACE_STEP);

    if (!hab_disk_space_claim (self->space, step, error))
      return FALSE;
    self->claimed += step;
  }
  inflow_unclaim (self, size);
  return TRUE;
}

gboolean
hab_inflow_append (HabInflow *self, const guint8 *bytes, gsize size,
    GError **error)
{
  return inflow_use_space (self, size, error) &&
      hab_spool_append (self->spool, bytes, size, error);
}

void
hab_inflow_go_on (HabInflow *self)
{
  if (self->stopped)
    return;
  if (hab_spool_is_full (self->spool)) {
    self->held = TRUE;
    hab_request_pause (self->request);
  }
  inflow_hear (self);
}

void
hab_inflow_end (HabInflow *self)
{
  g_clear_handle_id (&self->idle_id, g_source_remove);
  inflow_unclaim (self, self->claimed);
}

void
hab_inflow_stop (HabInflow *self)
{
  self->stopped = TRUE;
  hab_inflow_end (self);
  g_clear_pointer (&self->spool, hab_spool_free);
}

gboolean
hab_inflow_is_stopped (HabInflow *self)
{
  return self->stopped;
}
