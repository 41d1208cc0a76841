/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "cache.h"
#include "data-dir.h"
#include "feed.h"
#include "input-files.h"
#include "metrics.h"
#include "settings.h"
#include "signer.h"
#include "store.h"
#include "worker.h"

G_BEGIN_DECLS

/* What those work with who do what the catalog has to be done: whoever makes
 * them has all of it for as long as they are there. Constant; what of it belongs
 * to one thread says so itself. */
typedef struct
{
  const HabSettings *settings;
  HabDataDir *dir;
  HabInputFiles *files;     /* every thread's */
  HabStore *store;
  HabMetrics *metrics;
  HabCache *cache;          /* what was made of inputs */
  HabFeed *feed;            /* where changes of packages are told */
  HabWorkers *readers;      /* children that somebody waits for: indexing,
                             * cutting */
  const HabSigner *signer;  /* signs addresses, where delivery is signed */
  GCancellable *cancellable; /* cancelled when nothing is waited for any more */

  /* In the main thread: one of them may have become idle. */
  void (*check_idle) (gpointer data);
  gpointer check_idle_data;
} HabJobsContext;

static inline void
hab_jobs_context_check_idle (const HabJobsContext *context)
{
  context->check_idle (context->check_idle_data);
}

G_END_DECLS
