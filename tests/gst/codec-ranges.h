/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

/* What of an access unit is protected, which has to be all of it in sum: ranges
 * of HabSubsample. */
static inline void
append_ranges (HabCodecParser *parser, const GByteArray *unit, GArray *ranges)
{
  g_autoptr (GError) error = NULL;
  guint64 sum = 0;

  g_array_set_size (ranges, 0);
  parser->codec->parse_ranges (parser, unit->data, unit->len, ranges, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < ranges->len; i++) {
    const HabSubsample *range = &g_array_index (ranges, HabSubsample, i);

    sum += (guint64) range->clear_bytes + range->protected_bytes;
  }
  g_assert_cmpuint (sum, ==, unit->len);
}

static inline GArray *
parse_ranges (HabCodecParser *parser, const GByteArray *unit)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (HabSubsample));

  append_ranges (parser, unit, ranges);
  return ranges;
}

static inline void
assert_range (GArray *ranges, guint i, guint clear, guint encrypted)
{
  g_assert_cmpuint (i, <, ranges->len);
  g_assert_cmpuint (g_array_index (ranges, HabSubsample, i).clear_bytes, ==,
      clear);
  g_assert_cmpuint (g_array_index (ranges, HabSubsample, i).protected_bytes,
      ==, encrypted);
}
