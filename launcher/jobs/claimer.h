/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Claims what is due from the catalog, one item after the other, as long as
 * there is room for more, and sleeps until it is kicked or the next item is due.
 * Main thread, except where said. */
typedef struct _HabClaimer HabClaimer;

/* What is claimed; constant. */
typedef struct
{
  /* In the store's thread: the item whose turn it is. NULL without an error
   * where none is; then next_us, which is 0 before, is set to the time from
   * which on one is, in microseconds since 1970, if there is such a time. */
  gpointer (*claim) (HabVault *vault, gint64 *next_us, gpointer data,
      GError **error);
  /* Whether one more can be started. */
  gboolean (*has_room) (gpointer data);
  /* Begins with item, which it takes; kicks the claimer when that has ended. */
  void (*start) (gpointer item, gpointer data);
  /* Of an item that will not be started. */
  GDestroyNotify free;
  const gchar *warning; /* "Cannot …": before the catalog's error */
} HabClaimerType;

/* context and type must outlive it. data: what the functions of type get. */
HabClaimer *hab_claimer_new (const HabJobsContext *context,
    const HabClaimerType *type, gpointer data);
/* (nullable): when it is idle. */
void hab_claimer_free (HabClaimer *claimer);

/* Something may be due, or there may be room. */
void hab_claimer_kick (HabClaimer *claimer);
/* Claims nothing more; what is being claimed is still started. */
void hab_claimer_stop (HabClaimer *claimer);
gboolean hab_claimer_is_stopped (HabClaimer *claimer);
/* Whether nothing is being claimed. The context is told when it may have become
 * so. */
gboolean hab_claimer_is_idle (HabClaimer *claimer);

G_END_DECLS
