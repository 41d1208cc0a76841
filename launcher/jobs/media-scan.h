/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Keeps the catalog's inputs of media folders as the folders are: looks through
 * them when it starts, when something changes in them and every half minute,
 * and has new files indexed, one after the other. Nothing in them is ever
 * changed. Main thread. */
typedef struct _HabMediaScan HabMediaScan;

/* Notes down in context's files what the catalog knows. */
HabMediaScan *hab_media_scan_new (const HabJobsContext *context,
    GError **error);
/* When it is idle. */
void hab_media_scan_free (HabMediaScan *scan);
void hab_media_scan_start (HabMediaScan *scan);
/* Nothing of it runs; once the context is cancelled, that stays so. */
gboolean hab_media_scan_is_idle (HabMediaScan *scan);

G_END_DECLS
