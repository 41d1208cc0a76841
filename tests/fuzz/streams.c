/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Elementary and transport streams: NAL units between start codes, and the
 * first clock reference. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "byte-stream.h"
#include "fuzz.h"
#include "ts-clock.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (GByteArray) units = g_byte_array_new ();
  FuzzInput input;

  hab_ts_clock_find_first (data, size);
  hab_byte_stream_to_units (data, size, units);
  input = (FuzzInput) { units->data, units->len };
  while (input.size > 0) {
    gsize wanted, got;

    g_assert_cmpuint (input.size, >=, 4);
    wanted = fuzz_take_number (&input, 4);
    fuzz_take (&input, wanted, &got);
    g_assert_cmpuint (got, ==, wanted);
  }
  return 0;
}
