/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "media-container.h"

G_BEGIN_DECLS

/* Times as a container has them, in nanoseconds. */

/* What has to be added to those of the demuxer of this container (nullable), in
 * the file path. */
gint64 hab_stream_time_find_offset (const HabContainer *container,
    const gchar *path);

/* A time of a buffer that pad passes on; G_MININT64 where it is not known. */
gint64 hab_stream_time_of (GstPad *pad, GstClockTime time, gint64 offset);

G_END_DECLS
