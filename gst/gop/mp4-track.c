/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mp4-track.h"

#include <gst/gst.h>

gint64
hab_mp4_track_to_ns (const HabMp4Track *track, gint64 ticks)
{
  guint64 magnitude = ticks < 0 ? -(guint64) ticks : (guint64) ticks;
  guint64 ns =
      gst_util_uint64_scale (magnitude, GST_SECOND, track->timescale);

  ns = MIN (ns, G_MAXINT64);
  return ticks < 0 ? -(gint64) ns : (gint64) ns;
}
