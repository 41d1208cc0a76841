/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ladder-source.h"

#include <string.h>

#include "gop-index-read.h"

static const HabTrack *
find_video (const HabGopIndex *index)
{
  for (guint i = 0; i < index->tracks->len; i++) {
    const HabTrack *track = &g_array_index (index->tracks, HabTrack, i);

    if (track->number == index->video_track_number)
      return track;
  }
  return NULL;
}

/* Whether a codec string ("avc1.PPCCLL", RFC 6381) names a profile of 4:2:0 with
 * 8 bits, Baseline, Main or High: those above are decoded by few players. */
static gboolean
is_common_profile (const gchar *codec)
{
  static const gchar *const common[] = { "avc1.42", "avc1.4d", "avc1.64" };

  for (guint i = 0; i < G_N_ELEMENTS (common); i++)
    if (g_ascii_strncasecmp (codec, common[i], strlen (common[i])) == 0)
      return TRUE;
  return FALSE;
}

/* A segment is as long as was asked for only where a GOP begins in time, and
 * decoding can begin only at what refers to nothing before it. Encoders here
 * give H.264, and players switch between tracks of one codec. The last GOP may be
 * of any length: it is cut nowhere. */
static gboolean
fits (const HabGopIndex *index, const HabTrack *track,
    guint64 segment_duration)
{
  if (track->codec == NULL || !is_common_profile (track->codec) ||
      (track->caps && strstr (track->caps, "interlace-mode=(string)i")))
    return FALSE;
  for (guint i = 0; i < index->gops->len; i++) {
    const HabGop *gop = &g_array_index (index->gops, HabGop, i);

    if (strcmp (gop->kind, "idr") != 0 || !gop->closed ||
        gop->duration_ns > (gint64) (segment_duration + GST_MSECOND))
      return FALSE;
  }
  return index->gops->len > 0;
}

/* ns; 0 where not known */
static guint64
sum_up (const HabGopIndex *index, guint64 *bytes, guint64 *frames)
{
  guint64 duration = 0;

  *bytes = *frames = 0;
  for (guint i = 0; i < index->gops->len; i++) {
    const HabGop *gop = &g_array_index (index->gops, HabGop, i);

    *bytes += gop->bytes;
    *frames += gop->frames;
    duration += MAX (gop->duration_ns, 0);
  }
  return duration;
}

gboolean
hab_ladder_source_read (HabLadderSource *source, const gchar *input,
    guint64 segment_duration, const HabTrackChoice *choice, GError **error)
{
  g_autoptr (HabGopIndex) index = hab_gop_index_read_gops (input, error);
  const HabTrack *track = index ? find_video (index) : NULL;
  guint64 bytes, frames, duration;

  if (index == NULL)
    return FALSE;
  if (track == NULL || track->width <= 0 || track->height <= 0) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the size of the picture is not known, so there is no ladder for it");
    return FALSE;
  }
  if (!hab_track_choice_takes (choice, HAB_MEDIA_VIDEO, track->number,
          track->language)) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "a ladder is made of the first video track, which was not chosen");
    return FALSE;
  }
  duration = sum_up (index, &bytes, &frames);
  *source = (HabLadderSource) {
    .width = track->width,
    .height = track->height,
    .fits = fits (index, track, segment_duration),
  };
  if (duration > 0) {
    source->bitrate = gst_util_uint64_scale (bytes, 8 * GST_SECOND, duration);
    source->frame_rate = frames / (duration / 1e9);
  }
  return TRUE;
}
