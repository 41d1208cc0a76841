/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Makes inputs of new files of media folders: reads in a child process what is
 * in one, one after the other. A file that cannot be processed is not tried
 * again until it changes or the service starts. Main thread. */
typedef struct _HabMediaIndex HabMediaIndex;

HabMediaIndex *hab_media_index_new (const HabJobsContext *context);
/* When it is idle. */
void hab_media_index_free (HabMediaIndex *index);

/* (element-type HabFolderFile): what is to be done from now on, instead of what
 * is not done yet. Takes what is in files. */
void hab_media_index_set_candidates (HabMediaIndex *index, GPtrArray *files);
gboolean hab_media_index_is_idle (HabMediaIndex *index);

G_END_DECLS
