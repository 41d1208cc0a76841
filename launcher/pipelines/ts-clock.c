/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ts-clock.h"

#define PACKET_SIZE 188
#define SYNC 0x47
#define HAS_ADAPTATION_FIELD 0x20
#define HAS_PCR 0x10

/* This many packets in a row start with the sync byte. */
#define PROOF 5

static gboolean
is_stride (const guint8 *data, gsize size, gsize offset, gsize stride)
{
  for (guint i = 0; i < PROOF; i++) {
    if (offset + i * stride >= size)
      return i > 0;
    if (data[offset + i * stride] != SYNC)
      return FALSE;
  }
  return TRUE;
}

static gboolean
find_packets (const guint8 *data, gsize size, gsize *offset, gsize *stride)
{
  static const gsize strides[] = { 188, 192, 204, 208 };

  for (*offset = 0; *offset < size; (*offset)++) {
    for (guint i = 0; i < G_N_ELEMENTS (strides); i++) {
      *stride = strides[i];
      if (is_stride (data, size, *offset, *stride))
        return TRUE;
    }
  }
  return FALSE;
}

/* program_clock_reference_base of ISO/IEC 13818-1, 2.4.3.4. */
static gboolean
read_pcr (const guint8 *packet, guint64 *pcr)
{
  const guint8 *field = packet + 6;

  if ((packet[3] & HAS_ADAPTATION_FIELD) == 0 || packet[4] < 7 ||
      (packet[5] & HAS_PCR) == 0)
    return FALSE;
  *pcr = (guint64) field[0] << 25 | field[1] << 17 | field[2] << 9 |
      field[3] << 1 | field[4] >> 7;
  return TRUE;
}

guint64
hab_ts_clock_find_first (const guint8 *data, gsize size)
{
  gsize offset, stride;
  guint64 pcr;

  if (!find_packets (data, size, &offset, &stride))
    return 0;
  for (; offset + PACKET_SIZE <= size; offset += stride) {
    if (data[offset] == SYNC && read_pcr (data + offset, &pcr))
      return pcr;
  }
  return 0;
}
