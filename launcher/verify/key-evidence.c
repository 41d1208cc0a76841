/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "key-evidence.h"

#include <gst/base/gstbitreader.h>
#include <gst/base/gstbytereader.h>
#include <string.h>

/* Syntax elements of AAC (ISO/IEC 14496-3, table 4.85). */
#define AAC_SCE 0
#define AAC_CPE 1
#define AAC_DSE 4
#define AAC_FIL 6

static gboolean
is_aac (guint channels, guint8 first_byte)
{
  guint element = first_byte >> 5;
  guint expected = channels == 2 ? AAC_CPE : AAC_SCE;

  return element == expected || element == AAC_DSE || element == AAC_FIL;
}

gboolean
hab_key_evidence_of_audio (const HabCodec *codec, guint channels,
    const guint8 *data, gsize size, gboolean *plausible)
{
  if (size < 2)
    return FALSE;
  if (strcmp (codec->media_type, "audio/mpeg") == 0 &&
      codec->mpegversion == 4)
    *plausible = channels == 0 || is_aac (channels, data[0]);
  else if (strcmp (codec->media_type, "audio/x-ac3") == 0 ||
      strcmp (codec->media_type, "audio/x-eac3") == 0)
    *plausible = data[0] == 0x0b && data[1] == 0x77;
  else if (strcmp (codec->media_type, "audio/x-flac") == 0)
    *plausible = data[0] == 0xff && (data[1] & 0xfe) == 0xf8;
  else
    return FALSE;
  return TRUE;
}

/* The offset of the arithmetic decoder, 9 bits, is never 510 or 511 (ITU-T
 * H.264, 9.3.1.2; H.265, 9.3.2.5). */
gboolean
hab_key_evidence_of_slice (guint8 first_byte)
{
  return first_byte != 0xff;
}

static gboolean
is_free_of_start_codes (const guint8 *data, gsize size)
{
  while (size > 0 && data[size - 1] == 0)
    size--; /* some writers keep the zeros in front of the next start code */
  for (gsize i = 0; i + 2 < size; i++) {
    if (data[i + 2] > 2)
      i += 2;
    else if (data[i] == 0 && data[i + 1] == 0)
      return FALSE;
  }
  return TRUE;
}

gboolean
hab_key_evidence_of_nal_units (guint length_size, const guint8 *data,
    gsize size)
{
  gsize at = 0;

  while (size - at > length_size) {
    gsize length = 0;

    for (guint i = 0; i < length_size; i++)
      length = length << 8 | data[at++];
    if (length > size - at || !is_free_of_start_codes (data + at, length))
      return FALSE;
    at += length;
  }
  return TRUE;
}

static gboolean
skip_ue (GstBitReader *reader)
{
  guint8 bit = 0;
  guint zeros = 0;

  while (zeros <= 32 && gst_bit_reader_get_bits_uint8 (reader, &bit, 1) &&
      bit == 0)
    zeros++;
  return bit == 1 && gst_bit_reader_skip (reader, zeros);
}

static gboolean
take_set (GstByteReader *reader, const guint8 **data, guint16 *size)
{
  return gst_byte_reader_get_uint16_be (reader, size) &&
      gst_byte_reader_get_data (reader, *size, data);
}

gboolean
hab_key_evidence_avc_has_cabac (const guint8 *avcc, gsize size)
{
  GstByteReader reader;
  GstBitReader bits;
  const guint8 *data;
  guint16 length;
  guint8 count, cabac;

  gst_byte_reader_init (&reader, avcc, size);
  if (!gst_byte_reader_skip (&reader, 5) ||
      !gst_byte_reader_get_uint8 (&reader, &count))
    return FALSE;
  for (guint i = 0; i < (count & 31); i++)
    if (!take_set (&reader, &data, &length))
      return FALSE;
  if (!gst_byte_reader_get_uint8 (&reader, &count) || count != 1 ||
      !take_set (&reader, &data, &length) || length < 2)
    return FALSE;
  gst_bit_reader_init (&bits, data + 1, length - 1);
  return skip_ue (&bits) && skip_ue (&bits) &&
      gst_bit_reader_get_bits_uint8 (&bits, &cabac, 1) && cabac == 1;
}
