/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "esds.h"

/* Descriptor tags of ISO/IEC 14496-1, 7.2.2.1 */
#define TAG_ES 0x03
#define TAG_DECODER_CONFIG 0x04
#define TAG_DECODER_SPECIFIC 0x05
#define TAG_SL_CONFIG 0x06

#define STREAM_TYPE_AUDIO 0x05

/* Of a descriptor: tag, and the size in the form of four bytes. */
#define DESCRIPTOR_HEADER 5
#define DECODER_CONFIG_FIXED 13

static void
put_descriptor (HabBoxWriter *writer, guint8 tag, guint size)
{
  hab_box_put_u8 (writer, tag);
  hab_box_put_u8 (writer, 0x80 | (size >> 21 & 0x7f));
  hab_box_put_u8 (writer, 0x80 | (size >> 14 & 0x7f));
  hab_box_put_u8 (writer, 0x80 | (size >> 7 & 0x7f));
  hab_box_put_u8 (writer, size & 0x7f);
}

void
hab_esds_write (HabBoxWriter *writer, guint8 object_type,
    const guint8 *specific, gsize size)
{
  guint config_size = DECODER_CONFIG_FIXED +
      (specific ? DESCRIPTOR_HEADER + size : 0);

  g_return_if_fail (size <= HAB_ESDS_MAX_SPECIFIC);

  hab_box_begin_full (writer, "esds", 0, 0);
  put_descriptor (writer, TAG_ES,
      3 + DESCRIPTOR_HEADER + config_size + DESCRIPTOR_HEADER + 1);
  hab_box_put_u16 (writer, 0); /* ES_ID, 0 in a file */
  hab_box_put_u8 (writer, 0);  /* flags, streamPriority */
  put_descriptor (writer, TAG_DECODER_CONFIG, config_size);
  hab_box_put_u8 (writer, object_type);
  hab_box_put_u8 (writer, STREAM_TYPE_AUDIO << 2 | 1);
  hab_box_put_u24 (writer, 0); /* bufferSizeDB, unknown */
  hab_box_put_u32 (writer, 0); /* maxBitrate, unknown */
  hab_box_put_u32 (writer, 0); /* avgBitrate, unknown */
  if (specific) {
    put_descriptor (writer, TAG_DECODER_SPECIFIC, size);
    hab_box_put_data (writer, specific, size);
  }
  put_descriptor (writer, TAG_SL_CONFIG, 1);
  hab_box_put_u8 (writer, 2); /* predefined: reserved for use in MP4 files */
  hab_box_end (writer);
}
