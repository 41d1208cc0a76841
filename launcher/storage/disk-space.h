/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "data-dir.h"

G_BEGIN_DECLS

/* What of the disk is promised to transfers that are on their way, so that two
 * of them are not told the same bytes. Main thread. */
typedef struct _HabDiskSpace HabDiskSpace;

HabDiskSpace *hab_disk_space_new (HabDataDir *dir);
void hab_disk_space_free (HabDiskSpace *space);

/* Promises that many bytes beside those promised to others and a reserve that
 * stays free. FALSE with G_IO_ERROR_NO_SPACE where they are not there. */
gboolean hab_disk_space_claim (HabDiskSpace *space, guint64 bytes,
    GError **error);
/* They were written, or will not be. */
void hab_disk_space_release (HabDiskSpace *space, guint64 bytes);

G_END_DECLS
