/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a child is started with, as worker-protocol.h has it; the descriptors stay
 * the caller's. */
typedef struct
{
  const gchar *request_id; /* or NULL */
  int job_fd, input_fd, records_fd;
  int output_fd; /* -1 without */
} HabWorkerStart;

/* Descriptor of a pipe that has the job and its end, for one child; or -1. No
 * process but that child gets to see what is in it. */
int hab_worker_job_open (GBytes *job, GError **error);

/* A process of its own, to be waited for. */
gboolean hab_worker_spawn (const HabWorkerStart *start, GPid *pid,
    GError **error);

G_END_DECLS
