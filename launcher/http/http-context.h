/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cutter.h"
#include "data-dir.h"
#include "disk-space.h"
#include "feed.h"
#include "http-types.h"
#include "jobs-context.h"
#include "metrics.h"
#include "resumables.h"
#include "probe.h"
#include "published.h"
#include "queue.h"
#include "sessions.h"
#include "settings.h"
#include "signer.h"
#include "store.h"
#include "worker.h"

G_BEGIN_DECLS

/* What the handlers of requests work with: whoever makes the listeners has all
 * of it for as long as they are there. Every thread may read settings, dir,
 * signer and hosts; the rest is the main thread's, or says itself whose it
 * is. */
typedef struct
{
  const HabSettings *settings;
  HabDataDir *dir;
  HabDiskSpace *space;
  HabStore *store;
  HabMetrics *metrics;
  HabWorkers *readers;      /* children that somebody waits for */
  HabProbe *probe;
  HabFeed *feed;            /* where changes of packages are told */
  HabPublished *published;  /* packages that are known to be Ready */
  HabResumables *resumables; /* uploads that can be resumed */
  HabQueue *queue;
  HabCache *cache;          /* what was made of inputs; every thread's */
  HabCutter *cutter;
  const HabJobsContext *jobs; /* for what of jobs/ is called with it */
  HabTokens *tokens;        /* of which a client must send one; or NULL */
  HabSessions *sessions;    /* who has signed in */
  const HabSigner *signer;  /* of viewer tokens */
  GCancellable *cancellable; /* cancelled when the service ends */
  const gchar *const *hosts; /* the names beside localhost and addresses as
                              * which it may be asked for */
  guint ports[HAB_N_LISTENERS]; /* of HabListenerKind, once they listen */
} HabHttpContext;

/* Where this listener is, for a client who reached the service at this host,
 * and by this scheme (nullable: the listeners' own); without a slash at the
 * end. */
gchar *hab_http_context_build_url (const HabHttpContext *context,
    HabListenerKind listener, const gchar *scheme, const gchar *host);

G_END_DECLS
