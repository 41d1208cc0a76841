/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mp4-edit-list.h"

#define FOURCC HAB_MP4_FOURCC

static gboolean
read_edit (GstByteReader *reader, guint8 version, guint64 *duration,
    gint64 *media_time)
{
  gint32 time32 = 0;

  if (!hab_mp4_get_by_version (reader, version, duration) ||
      (version == 1 ? !gst_byte_reader_get_int64_be (reader, media_time)
                    : !gst_byte_reader_get_int32_be (reader, &time32)))
    return FALSE;
  if (version != 1)
    *media_time = time32;
  return gst_byte_reader_skip (reader, 4);
}

gboolean
hab_mp4_edit_list_read (HabMp4EditList *edits, const HabMp4Box *elst)
{
  GstByteReader reader;
  guint8 version;
  guint32 count;

  if (!hab_mp4_box_read_full (elst, &reader, &version) ||
      !gst_byte_reader_get_uint32_be (&reader, &count))
    return FALSE;
  for (guint32 i = 0; i < count; i++) {
    guint64 duration;
    gint64 media_time;

    if (!read_edit (&reader, version, &duration, &media_time))
      return FALSE;
    if (duration > G_MAXINT64 >> 2 || media_time > G_MAXINT64 >> 2)
      return FALSE;
    if (media_time >= 0) {
      edits->present = TRUE;
      edits->duration = duration;
      edits->media_time = media_time;
      return TRUE;
    }
    edits->delay += duration;
    if (edits->delay > G_MAXINT64 >> 2)
      return FALSE;
  }
  return TRUE;
}

/* Movie ticks as ticks of the track. */
static gint64
scale_to_track (guint32 movie_timescale, const HabMp4Track *track,
    guint64 ticks)
{
  guint64 scaled = movie_timescale == 0 ? 0 :
      gst_util_uint64_scale_round (ticks, track->timescale, movie_timescale);

  return MIN (scaled, G_MAXINT64 >> 2);
}

/* Composition time of the first picture that the edit shows. */
static gint64
find_first_shown (guint32 movie_timescale, const HabMp4Track *track,
    const HabMp4EditList *edits)
{
  HabMp4SampleReader reader;
  HabMp4Sample sample;
  gint64 first = G_MAXINT64, end = G_MAXINT64;

  if (edits->duration > 0)
    end = edits->media_time +
        scale_to_track (movie_timescale, track, edits->duration);
  hab_mp4_sample_reader_init (&reader, &track->table);
  while (hab_mp4_sample_reader_next (&reader, &sample)) {
    /* No later one can come before. */
    if (sample.dts - (gint64) track->table.composition_shift > first)
      break;
    if (sample.cts >= edits->media_time && sample.cts < end)
      first = MIN (first, sample.cts);
  }
  return first == G_MAXINT64 ? edits->media_time : first;
}

/* Negative composition offsets move decoding to before them. */
static void
set_offsets (HabMp4Track *track, guint32 movie_timescale,
    const HabMp4EditList *edits)
{
  gint64 start = edits->media_time;

  if (edits->present) {
    if (track->handler == HAB_MP4_HANDLER_VIDEO)
      start = find_first_shown (movie_timescale, track, edits);
    track->pts_offset =
        scale_to_track (movie_timescale, track, edits->delay) - start;
  }
  track->dts_offset =
      track->pts_offset - (gint64) track->table.composition_shift;
}

gboolean
hab_mp4_edit_list_apply (HabMp4Track *track, guint32 movie_timescale,
    const HabMp4Box *trak)
{
  HabMp4EditList edits = { FALSE };
  HabMp4Box edts, elst;

  if (hab_mp4_box_find (trak, FOURCC ('e', 'd', 't', 's'), &edts) &&
      hab_mp4_box_find (&edts, FOURCC ('e', 'l', 's', 't'), &elst) &&
      !hab_mp4_edit_list_read (&edits, &elst))
    return FALSE;
  set_offsets (track, movie_timescale, &edits);
  return TRUE;
}
