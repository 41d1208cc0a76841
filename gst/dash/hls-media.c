/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls.h"

#include "hls-text.h"

static const HabSegment *
segment_at (const HabRepresentation *rep, guint i)
{
  return hab_representation_get_segment (rep, i);
}

static guint64
to_us (const HabRepresentation *rep, guint64 ticks)
{
  return ticks / rep->timescale * 1000000 +
      (ticks % rep->timescale * 1000000 + rep->timescale / 2) /
      rep->timescale;
}

/* Appends seconds with six decimals, whatever the locale. */
static void
append_seconds (GString *text, const HabRepresentation *rep, guint64 ticks)
{
  guint64 us = to_us (rep, ticks);

  g_string_append_printf (text,
      "%" G_GUINT64_FORMAT ".%06" G_GUINT64_FORMAT, us / 1000000,
      us % 1000000);
}

/* Of all segments, rounded to the nearest second (RFC 8216, 4.3.3.1). */
static guint64
target_duration (const HabRepresentation *rep)
{
  guint64 longest = hab_representation_get_longest (rep);

  return MAX ((longest + rep->timescale / 2) / rep->timescale, 1);
}

/* What a player may rely on: that nothing changes, that nothing goes, or
 * neither. */
static const gchar *
playlist_type (const HabPresentation *presentation)
{
  if (!presentation->is_live)
    return "#EXT-X-PLAYLIST-TYPE:VOD\n";
  return presentation->live.window == 0 ? "#EXT-X-PLAYLIST-TYPE:EVENT\n" : "";
}

static void
append_map (GString *text, const HabRepresentation *rep)
{
  if (rep->single_file)
    g_string_append_printf (text,
        "#EXT-X-MAP:URI=\"" HAB_SINGLE_FILE "\",BYTERANGE=\"%"
        G_GUINT64_FORMAT "@0\"\n",
        rep->file_layout.init_size);
  else
    g_string_append (text, "#EXT-X-MAP:URI=\"" HAB_INIT_SEGMENT "\"\n");
}

static GString *
begin_media (const HabPresentation *presentation,
    const HabRepresentation *rep, const HabHlsKeys *keys)
{
  GString *text = g_string_new ("#EXTM3U\n");

  g_string_append_printf (text,
      "#EXT-X-VERSION:%u\n#EXT-X-TARGETDURATION:%" G_GUINT64_FORMAT
      "\n#EXT-X-MEDIA-SEQUENCE:%u\n%s",
      HAB_HLS_VERSION, target_duration (rep), rep->first_number,
      playlist_type (presentation));
  hab_hls_append_discontinuities (text, rep, keys);
  hab_hls_append_keys (text, rep, 0, keys);
  append_map (text, rep);
  return text;
}

static void
append_duration (GString *text, const HabRepresentation *rep, guint64 ticks)
{
  g_string_append (text, "#EXTINF:");
  append_seconds (text, rep, ticks);
  g_string_append (text, ",\n");
}

/* When it happened that segment i shows, where time begins or jumps. */
static void
append_date (GString *text, const HabPresentation *presentation,
    const HabRepresentation *rep, guint i)
{
  const HabSegment *segment = segment_at (rep, i);
  g_autofree gchar *date = NULL;

  if (!presentation->is_live || (i > 0 && segment->time ==
          segment_at (rep, i - 1)->time + segment_at (rep, i - 1)->duration))
    return;
  date = hab_live_time_to_string (presentation->live.start +
      (gint64) to_us (rep, segment->time));
  g_string_append_printf (text, "#EXT-X-PROGRAM-DATE-TIME:%s\n", date);
}

/* Segment i, or its first size bytes where that is not 0. */
static void
append_segment (GString *text, const HabRepresentation *rep, guint i,
    guint64 size)
{
  const HabSegment *segment = segment_at (rep, i);

  append_duration (text, rep, segment->duration);
  if (rep->single_file || size > 0)
    g_string_append_printf (text,
        "#EXT-X-BYTERANGE:%" G_GUINT64_FORMAT "@%" G_GUINT64_FORMAT "\n",
        size > 0 ? size : segment->size,
        rep->single_file ? segment->offset : 0);
  if (rep->single_file)
    g_string_append (text, HAB_SINGLE_FILE "\n");
  else
    g_string_append_printf (text, "%u.m4s\n", rep->first_number + i);
}

/* The segments, or where i_frames their first pictures, and the end if this is
 * it. */
static gchar *
end_media (GString *text, const HabPresentation *presentation,
    const HabRepresentation *rep, const HabHlsKeys *keys, gboolean i_frames)
{
  for (guint i = 0; i < rep->segments->len; i++) {
    if (i > 0)
      hab_hls_append_keys (text, rep, i, keys);
    append_date (text, presentation, rep, i);
    append_segment (text, rep, i,
        i_frames ? segment_at (rep, i)->key_frame_size : 0);
  }
  if (!presentation->dynamic)
    g_string_append (text, "#EXT-X-ENDLIST\n");
  return g_string_free (text, FALSE);
}

gchar *
hab_hls_write_media (const HabPresentation *presentation,
    const HabRepresentation *rep, const HabHlsKeys *keys)
{
  return end_media (begin_media (presentation, rep, keys), presentation,
      rep, keys, FALSE);
}

gchar *
hab_hls_write_i_frames (const HabPresentation *presentation,
    const HabRepresentation *rep, const HabHlsKeys *keys)
{
  GString *text;

  if (rep->content.kind != HAB_MEDIA_VIDEO ||
      hab_hls_i_frame_bandwidth (rep) == 0)
    return NULL;
  text = begin_media (presentation, rep, keys);
  g_string_append (text, "#EXT-X-I-FRAMES-ONLY\n");
  return end_media (text, presentation, rep, keys, TRUE);
}
