/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ranges.h"

void
hab_ranges_append (GArray *ranges, gsize clear_bytes, gsize protected_bytes)
{
  HabSubsample *last = ranges->len == 0 ? NULL :
      &g_array_index (ranges, HabSubsample, ranges->len - 1);
  HabSubsample subsample = { clear_bytes, protected_bytes };

  if (last && last->protected_bytes == 0) {
    last->clear_bytes += clear_bytes;
    last->protected_bytes = protected_bytes;
  } else {
    g_array_append_val (ranges, subsample);
  }
}
