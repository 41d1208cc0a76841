/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "fork-server.h"

G_BEGIN_DECLS

/* Media work in child processes (`haberdash worker`, see the protocol in
 * docs/architecture.md), a limited number at a time; the rest waits in the
 * order in which it came. Main thread only. */
typedef struct _HabWorkers HabWorkers;

/* A piece of work; copied by hab_workers_run_async () except where said. */
typedef struct
{
  GBytes *job;   /* JSON; may hold keys, so it should be made by
                  * hab_worker_job_new () */
  int input_fd;  /* taken */
  int output_fd; /* taken; -1 without */
  const gchar *request_id; /* for the child's log, or NULL */
  guint timeout_seconds; /* beside what reading the input takes on a slow disk;
                          * 0: it may take as long as it takes */
  /* Each record but the last one. May be NULL. */
  void (*record) (JsonObject *record, gpointer data);
  gpointer data;
} HabWork;

HabWorkers *hab_workers_new (guint limit);
/* After all work has ended. */
void hab_workers_free (HabWorkers *workers);
/* Children are forked where it is there. Theirs who set it, longer than these; or
 * NULL. */
void hab_workers_set_fork_server (HabWorkers *workers,
    HabForkServer *fork_server);
gboolean hab_workers_is_idle (HabWorkers *workers);
guint hab_workers_count_running (HabWorkers *workers);
guint hab_workers_count_waiting (HabWorkers *workers);
/* Called each time a piece of work has ended. */
void hab_workers_set_ended (HabWorkers *workers,
    void (*ended) (gpointer data), gpointer data);

/* The JSON text of builder's object, wiped when it is freed. */
GBytes *hab_worker_job_new (JsonBuilder *builder);

/* cancellable (nullable): cancelled in the main thread; then the child is ended,
 * and what waits gives up its place. */
void hab_workers_run_async (HabWorkers *workers, const HabWork *work,
    GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data);
/* FALSE with a HAB_MEDIA_ERROR. */
gboolean hab_workers_run_finish (HabWorkers *workers, GAsyncResult *result,
    GError **error);
/* (transfer full): the error of what was cancelled. */
GError *hab_worker_new_cancelled (void);

G_END_DECLS
