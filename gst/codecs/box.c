/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "box.h"

#include <string.h>

void
hab_box_writer_init (HabBoxWriter *writer)
{
  writer->bytes = g_byte_array_new ();
  writer->depth = 0;
}

void
hab_box_writer_clear (HabBoxWriter *writer)
{
  g_clear_pointer (&writer->bytes, g_byte_array_unref);
  writer->depth = 0;
}

GBytes *
hab_box_writer_steal (HabBoxWriter *writer)
{
  GByteArray *bytes;

  g_return_val_if_fail (writer->depth == 0, NULL);

  bytes = g_steal_pointer (&writer->bytes);
  writer->bytes = g_byte_array_new ();
  return g_byte_array_free_to_bytes (bytes);
}

guint
hab_box_writer_tell (const HabBoxWriter *writer)
{
  return writer->bytes->len;
}

void
hab_box_begin (HabBoxWriter *writer, const gchar *type)
{
  g_return_if_fail (writer->depth < G_N_ELEMENTS (writer->open));

  writer->open[writer->depth++] = writer->bytes->len;
  hab_box_put_u32 (writer, 0);
  hab_box_put_fourcc (writer, type);
}

void
hab_box_begin_full (HabBoxWriter *writer, const gchar *type, guint8 version,
    guint32 flags)
{
  hab_box_begin (writer, type);
  hab_box_put_u8 (writer, version);
  hab_box_put_u24 (writer, flags);
}

void
hab_box_end (HabBoxWriter *writer)
{
  guint start;

  g_return_if_fail (writer->depth > 0);

  start = writer->open[--writer->depth];
  hab_box_patch_u32 (writer, start, writer->bytes->len - start);
}

void
hab_box_put_u8 (HabBoxWriter *writer, guint8 value)
{
  g_byte_array_append (writer->bytes, &value, 1);
}

void
hab_box_put_u16 (HabBoxWriter *writer, guint16 value)
{
  guint16 be = GUINT16_TO_BE (value);

  hab_box_put_data (writer, &be, sizeof be);
}

void
hab_box_put_u24 (HabBoxWriter *writer, guint32 value)
{
  hab_box_put_u8 (writer, value >> 16 & 0xff);
  hab_box_put_u16 (writer, value & 0xffff);
}

void
hab_box_put_u32 (HabBoxWriter *writer, guint32 value)
{
  guint32 be = GUINT32_TO_BE (value);

  hab_box_put_data (writer, &be, sizeof be);
}

void
hab_box_put_u64 (HabBoxWriter *writer, guint64 value)
{
  guint64 be = GUINT64_TO_BE (value);

  hab_box_put_data (writer, &be, sizeof be);
}

void
hab_box_put_zeros (HabBoxWriter *writer, guint count)
{
  guint start = writer->bytes->len;

  g_byte_array_set_size (writer->bytes, start + count);
  memset (writer->bytes->data + start, 0, count);
}

void
hab_box_put_fourcc (HabBoxWriter *writer, const gchar *type)
{
  hab_box_put_data (writer, type, 4);
}

void
hab_box_put_data (HabBoxWriter *writer, gconstpointer data, gsize size)
{
  if (size > 0)
    g_byte_array_append (writer->bytes, data, size);
}

void
hab_box_put_string (HabBoxWriter *writer, const gchar *text)
{
  hab_box_put_data (writer, text, strlen (text) + 1);
}

void
hab_box_patch_u32 (HabBoxWriter *writer, guint offset, guint32 value)
{
  guint32 be = GUINT32_TO_BE (value);

  g_return_if_fail (offset + sizeof be <= writer->bytes->len);

  memcpy (writer->bytes->data + offset, &be, sizeof be);
}
