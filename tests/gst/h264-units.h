/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Access units just real enough to be told apart: the parameter sets are
 * x264's (High, 320×240), of the slices only the start of the header is. */

static const guint8 h264_codec_data[] = {
  0x01, 0x64, 0x00, 0x0d, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x64, 0x00, 0x0d, 0xac,
  0xd9, 0x41, 0x41, 0xfb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00,
  0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60, 0x01, 0x00, 0x06, 0x68, 0xeb, 0xe3,
  0xcb, 0x22, 0xc0, 0xfd, 0xf8, 0xf8, 0x00
};

static inline void
h264_append_nal (GByteArray *unit, const guint8 *data, guint size)
{
  guint32 length = GUINT32_TO_BE (size);

  g_byte_array_append (unit, (const guint8 *) &length, 4);
  g_byte_array_append (unit, data, size);
}

/* A slice of size bytes, filled with the given byte. */
static inline void
h264_append_slice (GByteArray *unit, guint8 header, guint8 type, guint size,
    guint8 fill)
{
  g_autofree guint8 *slice = g_malloc (size);

  memset (slice, fill, size);
  slice[0] = header;
  slice[1] = type;
  h264_append_nal (unit, slice, size);
}

/* kind: K is an IDR picture, R an I-frame with a recovery point, I one without,
 * M an I slice and a P slice in one picture, P, B. Any other is damage. */
static inline GByteArray *
h264_access_unit (gchar kind, guint size, guint8 fill)
{
  static const guint8 recovery_point[] = { 0x06, 0x06, 0x01, 0xc4, 0x80 };
  static const guint8 delimiter[] = { 0x09, 0xf0 };
  static const guint8 damage[] = { 0xff, 0xff, 0xff, 0xff, 0x65 };
  GByteArray *unit = g_byte_array_new ();

  h264_append_nal (unit, delimiter, sizeof (delimiter));
  switch (kind) {
    case 'K':
      h264_append_slice (unit, 0x65, 0x88, size, fill);
      break;
    case 'R':
      h264_append_nal (unit, recovery_point, sizeof (recovery_point));
      h264_append_slice (unit, 0x41, 0x88, size, fill);
      break;
    case 'I':
      h264_append_slice (unit, 0x41, 0x88, size, fill);
      break;
    case 'M':
      h264_append_slice (unit, 0x41, 0x88, size, fill);
      h264_append_slice (unit, 0x41, 0x98, size, fill);
      break;
    case 'P':
      h264_append_slice (unit, 0x41, 0x98, size, fill);
      break;
    case 'B':
      h264_append_slice (unit, 0x01, 0x9c, size, fill);
      break;
    default:
      g_byte_array_append (unit, damage, sizeof (damage));
  }
  return unit;
}
