/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-index-read.h"

#include "gop-accumulator.h"
#include "media-track.h"
#include "stream-scan.h"
#include "video-scan.h"

/* What the accumulator does not count: where in the file a GOP is. */
typedef struct
{
  guint64 first_frame;
  guint64 first_byte, end_byte;
} GopPlace;

static void
place_add (GopPlace *place, const HabMp4Sample *sample)
{
  place->first_byte = MIN (place->first_byte, sample->offset);
  place->end_byte = MAX (place->end_byte, sample->offset + sample->size);
}

static void
append_gop (HabGopIndex *self, const HabMp4Track *track,
    const HabGopFacts *facts, const GopPlace *place)
{
  HabGop gop = {
    .index = facts->index,
    .closed = facts->closed,
    .leading_pictures = facts->leading_pictures,
    .frames = facts->frames,
    .first_frame = place->first_frame,
    .pts_ns = hab_mp4_track_to_ns (track, facts->pts),
    .dts_ns = hab_mp4_track_to_ns (track, facts->dts),
    .duration_ns = hab_mp4_track_to_ns (track, facts->duration),
    .bytes = facts->bytes,
    .first_byte = place->first_byte,
    .end_byte = place->end_byte,
  };

  g_strlcpy (gop.kind, hab_random_access_to_string (facts->kind),
      sizeof (gop.kind));
  g_array_append_val (self->gops, gop);
}

static void
append_iframe (HabGopIndex *self, const HabVideoScanUnit *unit,
    gint64 gop_index)
{
  HabIFrame iframe = {
    .coded_picture_number = unit->sample.number,
    .pts = unit->pts,
    .dts = unit->dts,
    .duration = unit->sample.duration,
    .offset = unit->sample.offset,
    .size = unit->sample.size,
    .key_frame = unit->info.random_access != HAB_RANDOM_ACCESS_NONE,
    .gop_index = gop_index,
  };

  g_array_append_val (self->iframes, iframe);
}

static gboolean
read_video (HabGopIndex *self, HabVideoScan *scan, GError **error)
{
  const HabMp4Track *track = hab_video_scan_get_track (scan);
  GError *scan_error = NULL;
  HabGopAccumulator gops;
  HabGopFacts finished;
  HabVideoScanUnit unit;
  GopPlace place = { 0 };

  hab_gop_accumulator_init (&gops, 0);
  while (hab_video_scan_next (scan, &unit, &scan_error)) {
    HabGopUnit gop_unit = { unit.info, unit.pts, unit.dts,
      unit.sample.duration, unit.sample.size };
    gboolean starts = hab_gop_accumulator_starts_gop (&gops, &gop_unit);

    if (hab_gop_accumulator_add (&gops, &gop_unit, &finished))
      append_gop (self, track, &finished, &place);
    if (starts)
      place = (GopPlace) { unit.sample.number, G_MAXINT64, 0 };
    place_add (&place, &unit.sample);
    if (unit.info.picture_type == 'I')
      append_iframe (self, &unit,
          starts ? (gint64) hab_gop_accumulator_get_index (&gops) : -1);
  }
  if (scan_error) {
    g_propagate_error (error, scan_error);
    return FALSE;
  }
  if (hab_gop_accumulator_finish (&gops, &finished))
    append_gop (self, track, &finished, &place);
  return TRUE;
}

static void
describe_tracks (HabGopIndex *self, const HabVideoScan *scan)
{
  const HabMp4Movie *movie = hab_video_scan_get_movie (scan);

  self->video_track_number = hab_video_scan_get_track (scan)->id;
  for (guint i = 0; i < hab_mp4_movie_get_n_tracks (movie); i++) {
    HabTrack track;

    hab_media_track_describe (hab_mp4_movie_get_track (movie, i), &track);
    self->duration_ns = MAX (self->duration_ns, track.duration_ns);
    g_array_append_val (self->tracks, track);
  }
}

static gboolean
read_table (HabGopIndex *self, const gchar *input, gboolean gops_only,
    GError **error)
{
  g_autoptr (HabVideoScan) scan = hab_video_scan_open (input, error);

  if (scan == NULL)
    return FALSE;
  if (gops_only)
    hab_video_scan_look_for_gops (scan);
  describe_tracks (self, scan);
  return read_video (self, scan, error);
}

static HabGopIndex *
read_index (const gchar *input, gboolean gops_only, GError **error)
{
  g_autoptr (HabGopIndex) self = hab_gop_index_new ();
  g_autoptr (GError) failure = NULL;

  if (read_table (self, input, gops_only, &failure))
    return g_steal_pointer (&self);
  if (!g_error_matches (failure, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_TABLE)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  return hab_stream_scan_run (input, self, error) ? g_steal_pointer (&self) :
                                                    NULL;
}

HabGopIndex *
hab_gop_index_read (const gchar *input, GError **error)
{
  return read_index (input, FALSE, error);
}

HabGopIndex *
hab_gop_index_read_gops (const gchar *input, GError **error)
{
  return read_index (input, TRUE, error);
}
