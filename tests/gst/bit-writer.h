/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Writes what video codecs parse, bit by bit from the syntax tables of their
 * standards, so that lengths are known from the writing and not from another
 * parser. */

typedef struct
{
  GByteArray *bytes; /* not escaped */
  guint n_bits;
} Bits;

static inline void
put (Bits *bits, guint n, guint32 value)
{
  for (gint i = n - 1; i >= 0; i--) {
    guint8 zero = 0;

    if (bits->n_bits % 8 == 0)
      g_byte_array_append (bits->bytes, &zero, 1);
    bits->bytes->data[bits->n_bits / 8] |=
        (value >> i & 1) << (7 - bits->n_bits % 8);
    bits->n_bits++;
  }
}

/* ue(v) and se(v) of H.264 and H.265 */
static inline void
put_ue (Bits *bits, guint32 value)
{
  guint length = g_bit_storage (value + 1);

  put (bits, length - 1, 0);
  put (bits, length, value + 1);
}

static inline void
put_se (Bits *bits, gint32 value)
{
  put_ue (bits, value > 0 ? 2 * value - 1 : -2 * value);
}

/* A one and zeros up to the next byte. */
static inline void
put_trailing (Bits *bits)
{
  put (bits, 1, 1);
  while (bits->n_bits % 8)
    put (bits, 1, 0);
}

/* size bytes of slice or tile data. */
static inline void
put_data (Bits *bits, guint size)
{
  for (guint i = 0; i < size; i++)
    put (bits, 8, 0x55 + i % 64);
}

/* Appends a NAL unit with a length field of length_size bytes. Returns how
 * many of its bytes hold the header and the first n_bytes of the payload. */
static inline guint
append_nal (GByteArray *unit, guint length_size, const guint8 *header,
    guint header_size, const GByteArray *payload, guint n_bytes)
{
  static const guint8 prevention = 3;
  guint start = unit->len, zeros = 0, held = 0, size;

  g_byte_array_set_size (unit, start + length_size);
  g_byte_array_append (unit, header, header_size);
  for (guint i = 0; i < payload->len; i++) {
    if (zeros >= 2 && payload->data[i] <= 3) {
      g_byte_array_append (unit, &prevention, 1);
      zeros = 0;
    }
    g_byte_array_append (unit, &payload->data[i], 1);
    zeros = payload->data[i] == 0 ? zeros + 1 : 0;
    if (i + 1 == n_bytes)
      held = unit->len - start - length_size;
  }
  size = unit->len - start - length_size;
  for (guint i = 0; i < length_size; i++)
    unit->data[start + i] = size >> 8 * (length_size - 1 - i) & 0xff;
  return held;
}
