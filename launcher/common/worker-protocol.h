/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Between the service and its children; docs/architecture.md says the same in
 * words. */

/* Descriptors of a child. */
#define HAB_WORKER_JOB_FD 0 /* JSON, to its end */
#define HAB_WORKER_INPUT_FD 3
#define HAB_WORKER_OUTPUT_FD 4 /* or nothing, which it sees as /dev/null */
#define HAB_WORKER_RECORDS_FD 5

#define HAB_WORKER_INPUT_PATH "/proc/self/fd/3"
#define HAB_WORKER_OUTPUT_PATH "/proc/self/fd/4"

/* Bytes. */
#define HAB_WORKER_MAX_JOB (64 * 1024)

/* A fork server has a socket (SOCK_SEQPACKET) as descriptor 0. A message to it is
 * the id of a request and a byte of 0, with descriptors of a child in this order;
 * it answers each, and says once that it is ready. */
enum
{
  HAB_FORK_JOB,
  HAB_FORK_INPUT,
  HAB_FORK_RECORDS,
  HAB_FORK_OUTPUT, /* or absent */
  HAB_FORK_MAX_FDS,
};

/* Bytes, with the 0. */
#define HAB_FORK_MAX_MESSAGE 256

/* An answer: the number of the child's process, or HAB_FORK_READY, or -1 times
 * errno where there is none. */
typedef gint32 HabForkAnswer;
#define HAB_FORK_READY 0

G_END_DECLS
