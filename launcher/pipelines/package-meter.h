/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "package-observer.h"

G_BEGIN_DECLS

/* How far a package is: what goes into its sink. Read while it is written by the
 * threads of the tracks. */
typedef struct
{
  gint64 position; /* atomic; ns of running time */
  guint64 bytes;   /* atomic; of all tracks */
} HabPackageMeter;

/* pad: of the sink. ahead: of what the position goes by, its bytes alone count.
 * The meter outlives the pad's data. */
void hab_package_meter_watch (HabPackageMeter *meter, GstPad *pad,
    gboolean ahead);

void hab_package_meter_read (HabPackageMeter *meter, GstElement *pipeline,
    HabPackageProgress *progress);

G_END_DECLS
