/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mp4-box.h"

G_DEFINE_QUARK (hab-mp4-error-quark, hab_mp4_error)

gboolean
hab_mp4_box_next (GstByteReader *reader, HabMp4Box *box)
{
  GstByteReader r = *reader;
  guint64 size;
  guint32 size32;
  guint header;

  if (!gst_byte_reader_get_uint32_be (&r, &size32) ||
      !gst_byte_reader_get_uint32_be (&r, &box->type))
    return FALSE;
  size = size32;
  if (size32 == 1 && !gst_byte_reader_get_uint64_be (&r, &size))
    return FALSE;

  header = r.byte - reader->byte;
  if (size32 == 0)
    size = gst_byte_reader_get_remaining (reader);
  if (size < header || size > gst_byte_reader_get_remaining (reader))
    return FALSE;

  box->size = size - header;
  box->data = r.data + r.byte;
  gst_byte_reader_skip_unchecked (reader, size);
  return TRUE;
}

gboolean
hab_mp4_boxes_end_well (const GstByteReader *reader)
{
  return gst_byte_reader_get_remaining (reader) < 8;
}

gboolean
hab_mp4_box_find (const HabMp4Box *parent, guint32 type, HabMp4Box *child)
{
  GstByteReader reader;

  hab_mp4_box_read (parent, &reader);
  while (hab_mp4_box_next (&reader, child)) {
    if (child->type == type)
      return TRUE;
  }
  return FALSE;
}

void
hab_mp4_box_read (const HabMp4Box *box, GstByteReader *reader)
{
  /* A box lies in a block of bounded size, so its size fits. */
  gst_byte_reader_init (reader, box->data, box->size);
}

gboolean
hab_mp4_box_read_full (const HabMp4Box *box, GstByteReader *reader,
    guint8 *version)
{
  hab_mp4_box_read (box, reader);
  return gst_byte_reader_get_uint8 (reader, version) &&
      gst_byte_reader_skip (reader, 3);
}

gboolean
hab_mp4_get_by_version (GstByteReader *reader, guint8 version,
    guint64 *number)
{
  guint32 number32;

  if (version == 1)
    return gst_byte_reader_get_uint64_be (reader, number);
  if (!gst_byte_reader_get_uint32_be (reader, &number32))
    return FALSE;
  *number = number32;
  return TRUE;
}

const gchar *
hab_mp4_fourcc_to_string (guint32 fourcc, gchar text[5])
{
  for (guint i = 0; i < 4; i++) {
    gchar c = (gchar) (fourcc >> (24 - 8 * i));

    text[i] = g_ascii_isprint (c) ? c : '.';
  }
  text[4] = '\0';
  return text;
}
