/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segment-properties.h"

GParamSpec *
hab_fragment_duration_spec_new (GParamFlags flags)
{
  return g_param_spec_uint64 ("fragment-duration", "Fragment duration",
      "Distance of the lines on which segments begin, in nanoseconds of running "
      "time; a video segment begins with the first GOP at or behind a line",
      GST_MSECOND, G_MAXINT64, HAB_DEFAULT_FRAGMENT_DURATION, flags);
}

GParamSpec *
hab_chunk_duration_spec_new (GParamFlags flags)
{
  return g_param_spec_uint64 ("chunk-duration", "Chunk duration",
      "Nanoseconds after which a segment goes on in a further moof and mdat, "
      "which goes out as soon as the first sample after it has come; 0: a "
      "segment is one chunk, but for max-chunk-bytes of cencmux",
      0, G_MAXINT64, 0, flags);
}
