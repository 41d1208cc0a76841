/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-frames.h"

#include "stream-frames.h"
#include "video-scan.h"

/* What makes the times of a cut those of the video. */
static gint64
find_shift (const HabGopFramesRange *range, const HabMp4Track *track,
    const HabVideoScanUnit *first)
{
  return range->cut ? range->pts_ns - hab_mp4_track_to_ns (track, first->pts)
                    : 0;
}

static HabGopFrame
describe (const HabGopFramesRange *range, const HabMp4Track *track,
    const HabVideoScanUnit *unit, gint64 shift)
{
  gchar type = unit->info.picture_type;

  return (HabGopFrame) {
    .number = range->cut ? range->number + unit->sample.number
                         : unit->sample.number,
    .picture_type = type != '\0' ? type : '?',
    .key_frame = unit->info.random_access != HAB_RANDOM_ACCESS_NONE,
    .pts_ns = hab_mp4_track_to_ns (track, unit->pts) + shift,
    .dts_ns = hab_mp4_track_to_ns (track, unit->dts) + shift,
    .duration_ns = hab_mp4_track_to_ns (track, unit->sample.duration),
    .offset = range->cut ? -1 : (gint64) unit->sample.offset,
    .size = unit->sample.size,
  };
}

static gboolean
read_range (HabVideoScan *scan, const HabGopFramesRange *range,
    HabGopFrameFunc func, gpointer data, GError **error)
{
  const HabMp4Track *track = hab_video_scan_get_track (scan);
  HabVideoScanUnit unit;
  GError *failure = NULL;
  gint64 shift = 0;
  guint32 n;

  hab_video_scan_skip (scan, range->first);
  for (n = 0; n < range->count && hab_video_scan_next (scan, &unit, &failure);
      n++) {
    HabGopFrame frame;

    if (n == 0)
      shift = find_shift (range, track, &unit);
    frame = describe (range, track, &unit, shift);
    func (&frame, data);
  }
  if (failure)
    g_propagate_error (error, failure);
  else if (n < range->count)
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_FOUND,
        "the video ends before frame %" G_GUINT64_FORMAT,
        (guint64) range->first + n);
  return n == range->count;
}

gboolean
hab_gop_frames_read (const gchar *input, const HabGopFramesRange *range,
    HabGopFrameFunc func, gpointer data, GError **error)
{
  g_autoptr (HabVideoScan) scan = hab_video_scan_open (input, error);

  return scan != NULL && read_range (scan, range, func, data, error);
}

gboolean
hab_gop_frames_read_all (const gchar *input, HabGopFrameFunc func,
    gpointer data, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabVideoScan) scan = hab_video_scan_open (input, &failure);
  HabGopFramesRange range = { 0 };

  if (scan != NULL) {
    range.count = hab_video_scan_get_track (scan)->table.n_samples;
    return read_range (scan, &range, func, data, error);
  }
  if (g_error_matches (failure, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_TABLE))
    return hab_stream_frames_read (input, func, data, error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
