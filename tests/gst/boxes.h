/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstharness.h>
#include <string.h>

/* What an element wrote, and the boxes in it. */

static inline GByteArray *
collect (GstHarness *h)
{
  GByteArray *all = g_byte_array_new ();

  for (;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (h);
    GstMapInfo map;

    if (buffer == NULL)
      return all;
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_byte_array_append (all, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
}

/* Content of the nth box that path ("moov/trak/edts") leads to; NULL where
 * there is none. Every box on the way must fit into the one around it. */
static inline const guint8 *
find_box (const guint8 *data, gsize size, const gchar *path, guint nth,
    gsize *found_size)
{
  gsize offset = 0;

  *found_size = 0;
  while (offset + 8 <= size) {
    guint32 box = GST_READ_UINT32_BE (data + offset);

    g_assert_cmpuint (box, >=, 8);
    g_assert_cmpuint (box, <=, size - offset);
    if (memcmp (data + offset + 4, path, 4) == 0 && nth-- == 0) {
      if (path[4] == '/')
        return find_box (data + offset + 8, box - 8, path + 5, 0, found_size);
      *found_size = box - 8;
      return data + offset + 8;
    }
    offset += box;
  }
  return NULL;
}

static inline guint64
decode_time (const GByteArray *file, guint nth)
{
  const guint8 *moof, *tfdt;
  gsize size;

  moof = find_box (file->data, file->len, "moof", nth, &size);
  g_assert_nonnull (moof);
  tfdt = find_box (moof, size, "traf/tfdt", 0, &size);
  g_assert_nonnull (tfdt);
  return GST_READ_UINT64_BE (tfdt + 4);
}
