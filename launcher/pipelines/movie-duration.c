/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "movie-duration.h"

#include "mp4-box.h"

#define MOOV HAB_MP4_FOURCC ('m', 'o', 'o', 'v')
#define MVHD HAB_MP4_FOURCC ('m', 'v', 'h', 'd')
#define TRAK HAB_MP4_FOURCC ('t', 'r', 'a', 'k')
#define EDTS HAB_MP4_FOURCC ('e', 'd', 't', 's')
#define ELST HAB_MP4_FOURCC ('e', 'l', 's', 't')
#define MDIA HAB_MP4_FOURCC ('m', 'd', 'i', 'a')
#define MDHD HAB_MP4_FOURCC ('m', 'd', 'h', 'd')

/* More than that in front of what is shown is no edit but nonsense. */
#define MAX_LEAD_SECONDS (24 * 3600)

/* --- what edit lists leave out ------------------------------------------- */

/* Of mvhd and mdhd: behind two times, each of 32 or, in version 1, 64 bits. */
static gboolean
read_timescale (const HabMp4Box *header, guint32 *timescale)
{
  GstByteReader reader;
  guint8 version;

  return hab_mp4_box_read_full (header, &reader, &version) &&
      gst_byte_reader_skip (&reader, version == 1 ? 16 : 8) &&
      gst_byte_reader_get_uint32_be (&reader, timescale) && *timescale > 0;
}

static gboolean
read_edit (GstByteReader *reader, guint8 version, gint64 *media_time)
{
  gint32 short_time = 0;
  gboolean ok;

  if (version == 1)
    return gst_byte_reader_skip (reader, 8) &&
        gst_byte_reader_get_int64_be (reader, media_time) &&
        gst_byte_reader_skip (reader, 4);
  ok = gst_byte_reader_skip (reader, 4) &&
      gst_byte_reader_get_int32_be (reader, &short_time) &&
      gst_byte_reader_skip (reader, 4);
  *media_time = short_time;
  return ok;
}

/* The latest start of an edit; empty ones have -1. */
static gint64
read_latest_start (const HabMp4Box *list)
{
  GstByteReader reader;
  guint32 count = 0;
  guint8 version;
  gint64 latest = 0, media_time;

  if (!hab_mp4_box_read_full (list, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &count))
    return 0;
  for (; count > 0 && read_edit (&reader, version, &media_time); count--)
    latest = MAX (latest, media_time);
  return latest;
}

/* Nanoseconds. */
static guint64
lead_of_track (const HabMp4Box *track)
{
  HabMp4Box edits, list, media, header;
  guint32 timescale;
  gint64 start;

  if (!hab_mp4_box_find (track, EDTS, &edits) ||
      !hab_mp4_box_find (&edits, ELST, &list) ||
      !hab_mp4_box_find (track, MDIA, &media) ||
      !hab_mp4_box_find (&media, MDHD, &header) ||
      !read_timescale (&header, &timescale))
    return 0;
  start = read_latest_start (&list);
  if (start / timescale > MAX_LEAD_SECONDS)
    return 0;
  return gst_util_uint64_scale_ceil (start, GST_SECOND, timescale);
}

static guint64
longest_lead (const HabMp4Box *movie)
{
  guint64 longest = 0;
  GstByteReader reader;
  HabMp4Box child;

  hab_mp4_box_read (movie, &reader);
  while (hab_mp4_box_next (&reader, &child)) {
    if (child.type == TRAK)
      longest = MAX (longest, lead_of_track (&child));
  }
  return longest;
}

/* --- mending ------------------------------------------------------------- */

/* A duration of 0 or of nothing but ones says that it is not known. */
static gboolean
lengthen (guint8 *duration, gboolean wide, guint64 ticks)
{
  guint64 is = wide ? GST_READ_UINT64_BE (duration) :
                      GST_READ_UINT32_BE (duration);
  guint64 most = wide ? G_MAXINT64 : G_MAXUINT32 - 1;

  if (ticks == 0 || is == 0 || is > most || ticks > most - is)
    return FALSE;
  if (wide)
    GST_WRITE_UINT64_BE (duration, is + ticks);
  else
    GST_WRITE_UINT32_BE (duration, (guint32) (is + ticks));
  return TRUE;
}

gboolean
hab_movie_duration_mend (guint8 *data, gsize size)
{
  GstByteReader reader;
  HabMp4Box movie, header;
  guint32 timescale;
  gboolean wide;
  gsize at;

  gst_byte_reader_init (&reader, data, size);
  if (!hab_mp4_box_next (&reader, &movie) || movie.type != MOOV ||
      !hab_mp4_box_find (&movie, MVHD, &header) ||
      !read_timescale (&header, &timescale))
    return FALSE;
  wide = header.data[0] == 1;
  at = wide ? 24 : 16;
  if (header.size < at + (wide ? 8 : 4))
    return FALSE;
  return lengthen (data + (header.data - data) + at, wide,
      gst_util_uint64_scale_ceil (longest_lead (&movie), timescale,
          GST_SECOND));
}

static GstPadProbeReturn
on_pulled (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_DATA (info);
  guint8 type[8];
  GstMapInfo map;

  /* Called with nothing before it is read. */
  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER) || buffer == NULL ||
      gst_buffer_extract (buffer, 0, type, 8) != 8 ||
      GST_READ_UINT32_BE (type + 4) != MOOV)
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  if (gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    hab_movie_duration_mend (map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

gulong
hab_movie_duration_mend_source (GstElement *source)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");

  return gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_BUFFER, on_pulled, NULL,
      NULL);
}

void
hab_movie_duration_let_be (GstElement *source, gulong mending)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");

  gst_pad_remove_probe (pad, mending);
}
