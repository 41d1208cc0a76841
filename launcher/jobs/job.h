/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* A package that is being made: from its claim over the child's work to a
 * final status, or back to the queue. */
typedef struct _HabJob HabJob;

/* In the store's thread: takes the package whose turn it is. NULL without an
 * error where none waits. */
HabJob *hab_job_claim (const HabJobsContext *context, HabVault *vault,
    GError **error);
void hab_job_free (HabJob *job);

gint64 hab_job_get_package_id (HabJob *job);

/* Main thread, the rest: makes the package. ended is called when the catalog
 * has what became of it and may free the job. */
void hab_job_start (HabJob *job, HabWorkers *packagers,
    void (*ended) (HabJob *job, gpointer data), gpointer data);
/* Stops it; the package is Cancelled in the catalog already. */
void hab_job_cancel (HabJob *job);

G_END_DECLS
