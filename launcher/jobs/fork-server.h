/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "worker-start.h"

G_BEGIN_DECLS

/* The process (`haberdash fork-server`, see docs/architecture.md) that children
 * are forked from, so that they need not start by themselves. When it ends it is
 * started again, later each time. Main thread only. */
typedef struct _HabForkServer HabForkServer;

/* ended: called when a process of it has ended after hab_fork_server_stop (). */
HabForkServer *hab_fork_server_new (void (*ended) (gpointer data),
    gpointer data);
/* When it is idle. */
void hab_fork_server_free (HabForkServer *server);

void hab_fork_server_start (HabForkServer *server);
/* For ever, when no child is waited for. */
void hab_fork_server_stop (HabForkServer *server);
/* Whether no process is left of it. */
gboolean hab_fork_server_is_idle (const HabForkServer *server);

/* pid: 0 where there is no such child, and never was. */
typedef void (*HabForkFunc) (GPid pid, gpointer data);

/* For a child of this process, which has to wait for it. FALSE where the server is
 * not there, or not ready; then func is not called. */
gboolean hab_fork_server_ask (HabForkServer *server,
    const HabWorkerStart *start, HabForkFunc func, gpointer data);

/* A child crashed. Those that come are forked from another process, so that what
 * its crash told of addresses says nothing about them. */
void hab_fork_server_renew (HabForkServer *server);

G_END_DECLS
