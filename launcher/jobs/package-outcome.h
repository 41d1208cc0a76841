/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* What becomes of a package whose child has ended: Ready, with its files in
 * packages/; back in the queue, for an attempt that is due later or at the next
 * start; or Failed, with a reason that says what to do. */
typedef struct
{
  const HabJobsContext *context;
  const HabPackage *package;
  gchar *storage;  /* of its input; NULL where that is not known */
  gchar *notes;    /* the child's, as the catalog has them */
  GError *error;   /* what ended it; NULL: it is whole */
  gboolean requeued;

  /* its own */
  int watched_fd;     /* the input, to which nobody may write meanwhile */
  HabFileStamp stamp; /* what it was when it was opened */
  gboolean moved;     /* the files are in packages/ */
} HabPackageOutcome;

void hab_package_outcome_init (HabPackageOutcome *outcome,
    const HabJobsContext *context, const HabPackage *package);
void hab_package_outcome_clear (HabPackageOutcome *outcome);

/* fd is the input as it is packaged, which stays the caller's. */
void hab_package_outcome_remember_input (HabPackageOutcome *outcome, int fd);

/* In the store's thread: writes it down. FALSE where that has to be tried
 * again, as while the disk is full; a package that was cancelled or removed
 * meanwhile takes none, and that is TRUE. */
gboolean hab_package_outcome_store (HabPackageOutcome *outcome,
    HabVault *vault, GError **error);

/* For people and metrics: "Ready", "Queued", "Cancelled", "Failed". */
const gchar *hab_package_outcome_to_string (const HabPackageOutcome *outcome);

G_END_DECLS
