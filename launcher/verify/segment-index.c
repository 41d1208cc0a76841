/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segment-index.h"

static gboolean
read_references (GstByteReader *reader, guint count, HabMpdSegment *next,
    GArray *segments, const HabMediaFile *file)
{
  for (guint i = 0; i < count; i++) {
    guint32 reference, duration, access;

    if (!gst_byte_reader_get_uint32_be (reader, &reference) ||
        !gst_byte_reader_get_uint32_be (reader, &duration) ||
        !gst_byte_reader_get_uint32_be (reader, &access) ||
        reference >> 31 != 0)
      return FALSE;
    next->bytes.file = g_strdup (file->name);
    next->bytes.size = reference;
    next->duration = duration;
    g_array_append_val (segments, *next);
    next->bytes.offset += reference;
    next->time += duration;
  }
  return TRUE;
}

static gboolean
read_index (const HabMediaFile *file, const HabFileBox *sidx,
    guint32 *timescale, GArray *segments)
{
  HabMpdSegment next = { .time = 0 };
  GstByteReader reader;
  guint8 version;
  guint32 id;
  guint64 first;
  guint16 reserved, count;

  if (!hab_mp4_box_read_full (&sidx->box, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &id) ||
      !gst_byte_reader_get_uint32_be (&reader, timescale) ||
      *timescale == 0 ||
      !hab_mp4_get_by_version (&reader, version, &next.time) ||
      !hab_mp4_get_by_version (&reader, version, &first) ||
      first > file->size ||
      !gst_byte_reader_get_uint16_be (&reader, &reserved) ||
      !gst_byte_reader_get_uint16_be (&reader, &count))
    return FALSE;
  next.bytes.offset = sidx->offset + sidx->size + first;
  return read_references (&reader, count, &next, segments, file);
}

static void
check_end (const HabMediaFile *file, const HabFileBox *sidx, guint64 end,
    const GArray *segments, HabReport *report)
{
  const HabMpdSegment *last;

  if (segments->len == 0)
    return;
  last = &g_array_index (segments, HabMpdSegment, segments->len - 1);
  if (last->bytes.offset + last->bytes.size != end)
    hab_report_error (report, "sidx", file->name, sidx->offset,
        "the index ends at byte %" G_GUINT64_FORMAT ", what it is of at %"
        G_GUINT64_FORMAT, last->bytes.offset + last->bytes.size, end);
}

GArray *
hab_segment_index_read (const HabMediaFile *file, const HabFileBox *sidx,
    guint64 end, guint32 *timescale, HabReport *report)
{
  g_autoptr (GArray) segments = hab_mpd_segments_new ();

  if (!read_index (file, sidx, timescale, segments)) {
    hab_report_error (report, "sidx", file->name, sidx->offset,
        "sidx is malformed, or an index of indices");
    return NULL;
  }
  check_end (file, sidx, end, segments, report);
  return g_steal_pointer (&segments);
}
