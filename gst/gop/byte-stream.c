/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "byte-stream.h"

#include <string.h>

#define START_CODE "\0\0\1"
#define START_CODE_SIZE 3

static void
append_unit (GByteArray *units, const guint8 *data, gsize size)
{
  guint32 length;

  /* A NAL unit ends in a byte that is not zero: what follows is padding, or
   * the first byte of a longer start code. */
  while (size > 0 && data[size - 1] == 0)
    size--;
  if (size == 0 || size > G_MAXUINT32 / 2 - units->len)
    return;
  length = GUINT32_TO_BE ((guint32) size);
  g_byte_array_append (units, (const guint8 *) &length, sizeof (length));
  g_byte_array_append (units, data, size);
}

void
hab_byte_stream_to_units (const guint8 *data, gsize size, GByteArray *units)
{
  const guint8 *end = data + size;
  const guint8 *start = memmem (data, size, START_CODE, START_CODE_SIZE);

  g_byte_array_set_size (units, 0);
  while (start != NULL) {
    const guint8 *unit = start + START_CODE_SIZE;

    start = memmem (unit, end - unit, START_CODE, START_CODE_SIZE);
    append_unit (units, unit, (start ? start : end) - unit);
  }
}
