/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls.h"

#include "hls-audio-groups.h"
#include "hls-subtitles.h"
#include "hls-text.h"

static const HabSegment *
segment_at (const HabRepresentation *rep, guint i)
{
  return hab_representation_get_segment (rep, i);
}

static guint64
media_bytes (const HabRepresentation *rep)
{
  guint64 bytes = 0;

  for (guint i = 0; i < rep->segments->len; i++)
    bytes += segment_at (rep, i)->size;
  return bytes;
}

static guint64
media_ticks (const HabRepresentation *rep)
{
  guint64 ticks = 0;

  for (guint i = 0; i < rep->segments->len; i++)
    ticks += segment_at (rep, i)->duration;
  return MAX (ticks, 1);
}

/* Bits a second. */
static guint64
average_bandwidth (const HabRepresentation *rep)
{
  return (guint64) (8.0 * media_bytes (rep) * rep->timescale /
      media_ticks (rep));
}

static const HabRepresentation *
largest_rendition (const HabHlsAudioGroup *group)
{
  const HabRepresentation *largest = hab_hls_audio_group_get (group, 0)->rep;

  for (guint i = 1; i < group->renditions->len; i++) {
    const HabRepresentation *rep = hab_hls_audio_group_get (group, i)->rep;

    if (rep->bandwidth > largest->bandwidth)
      largest = rep;
  }
  return largest;
}

/* --- the multivariant playlist ------------------------------------------- */

/* No two of a group may have the same (RFC 8216, 4.3.4.1.1). */
static gboolean
is_unique (const HabHlsAudioGroup *group, const gchar *name)
{
  guint n = 0;

  for (guint i = 0; i < group->renditions->len; i++) {
    const HabContent *content = hab_adaptation_set_get_content (
        hab_hls_audio_group_get (group, i)->set);

    n += g_strcmp0 (content->label ? content->label : content->language,
        name) == 0;
  }
  return n == 1;
}

static void
append_name (GString *text, const HabHlsAudioGroup *group,
    const HabHlsRendition *rendition)
{
  const HabContent *content = hab_adaptation_set_get_content (rendition->set);
  const gchar *name = content->label ? content->label : content->language;
  g_autofree gchar *long_name = NULL;

  if (name && !is_unique (group, name))
    name = long_name = g_strdup_printf ("%s (%s)", name, rendition->rep->id);
  hab_hls_append_quoted (text, name ? name : rendition->rep->id);
}

/* That of the main role, or else the first. */
static gboolean
is_default (const HabHlsAudioGroup *group, guint n)
{
  guint chosen = 0;

  for (guint i = 0; i < group->renditions->len; i++) {
    if (hab_adaptation_set_get_content (
            hab_hls_audio_group_get (group, i)->set)->role == HAB_ROLE_MAIN) {
      chosen = i;
      break;
    }
  }
  return n == chosen;
}

/* Whether a player may choose it by the viewer's language alone. */
static gboolean
is_selected_by_itself (const HabContent *content)
{
  return content->role != HAB_ROLE_COMMENTARY &&
      content->role != HAB_ROLE_SUPPLEMENTARY;
}

static void
append_choice (GString *text, const HabHlsAudioGroup *group, guint i)
{
  const HabHlsRendition *rendition = hab_hls_audio_group_get (group, i);
  const HabContent *content = hab_adaptation_set_get_content (rendition->set);
  gboolean chosen = is_default (group, i);

  if (content->language) {
    g_string_append (text, ",LANGUAGE=");
    hab_hls_append_quoted (text, content->language);
  }
  g_string_append_printf (text, ",DEFAULT=%s,AUTOSELECT=%s",
      chosen ? "YES" : "NO",
      chosen || is_selected_by_itself (content) ? "YES" : "NO");
  if (content->role == HAB_ROLE_DESCRIPTION)
    g_string_append (text,
        ",CHARACTERISTICS=\"public.accessibility.describes-video\"");
}

static void
append_rendition (GString *text, const HabHlsAudioGroup *group, guint i)
{
  const HabHlsRendition *rendition = hab_hls_audio_group_get (group, i);
  const HabRepresentation *rep = rendition->rep;

  g_string_append_printf (text,
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"%s\",NAME=", group->id);
  append_name (text, group, rendition);
  append_choice (text, group, i);
  g_string_append_printf (text, ",CHANNELS=\"%u\",URI=\"%s/" HAB_HLS_MEDIA
      "\"\n", rep->channels, rep->id);
}

static void
append_audio_groups (GString *text, GPtrArray *groups)
{
  for (guint i = 0; i < groups->len; i++) {
    const HabHlsAudioGroup *group = groups->pdata[i];

    for (guint j = 0; j < group->renditions->len; j++)
      append_rendition (text, group, j);
  }
}

/* The codecs of all renditions, each once, behind the video's own. */
static void
append_codecs (GString *text, const HabRepresentation *video,
    const HabHlsAudioGroup *group)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (GStrv) codecs = NULL;
  g_autofree gchar *list = NULL;

  if (video)
    g_strv_builder_add (builder, video->codecs);
  for (guint i = 0; group && i < group->renditions->len; i++) {
    const HabRepresentation *rep = hab_hls_audio_group_get (group, i)->rep;

    if (g_hash_table_add (seen, rep->codecs))
      g_strv_builder_add (builder, rep->codecs);
  }
  codecs = g_strv_builder_end (builder);
  list = g_strjoinv (",", codecs);
  g_string_append_printf (text, ",CODECS=\"%s\"", list);
}

static void
append_range (GString *text, const HabRepresentation *video)
{
  static const gchar *const names[] = {
    [HAB_RANGE_SDR] = "SDR",
    [HAB_RANGE_HLG] = "HLG",
    [HAB_RANGE_PQ] = "PQ",
  };
  HabVideoRange range = hab_representation_get_range (video);

  if (range != HAB_RANGE_UNKNOWN)
    g_string_append_printf (text, ",VIDEO-RANGE=%s", names[range]);
}

static void
append_video_attributes (GString *text, const HabRepresentation *video)
{
  guint64 mhz;

  g_string_append_printf (text, ",RESOLUTION=%ux%u", video->width,
      video->height);
  append_range (text, video);
  if (video->fps_n == 0 || video->fps_d == 0)
    return;
  mhz = (G_GUINT64_CONSTANT (1000) * video->fps_n + video->fps_d / 2) /
      video->fps_d;
  g_string_append_printf (text,
      ",FRAME-RATE=%" G_GUINT64_FORMAT ".%03" G_GUINT64_FORMAT, mhz / 1000,
      mhz % 1000);
}

/* video or group may be NULL, not both. subtitles: a group, or NULL. */
static void
append_variant (GString *text, const HabRepresentation *video,
    const HabHlsAudioGroup *group, const gchar *subtitles)
{
  const HabRepresentation *audio = group ? largest_rendition (group) : NULL;
  guint64 peak = (video ? video->bandwidth : 0) +
      (audio ? audio->bandwidth : 0);
  guint64 average = (video ? average_bandwidth (video) : 0) +
      (audio ? average_bandwidth (audio) : 0);

  g_string_append_printf (text,
      "#EXT-X-STREAM-INF:BANDWIDTH=%" G_GUINT64_FORMAT
      ",AVERAGE-BANDWIDTH=%" G_GUINT64_FORMAT,
      peak, MIN (average, peak));
  append_codecs (text, video, group);
  if (video)
    append_video_attributes (text, video);
  if (group)
    g_string_append_printf (text, ",AUDIO=\"%s\"", group->id);
  if (subtitles)
    g_string_append_printf (text, ",SUBTITLES=\"%s\"", subtitles);
  g_string_append_printf (text, "\n%s/" HAB_HLS_MEDIA "\n",
      video ? video->id : audio->id);
}

/* A variant for each group, or one without sound. */
static void
append_variants (GString *text, const HabRepresentation *video,
    GPtrArray *groups, const gchar *subtitles)
{
  for (guint i = 0; i < groups->len; i++)
    append_variant (text, video, groups->pdata[i], subtitles);
  if (groups->len == 0)
    append_variant (text, video, NULL, subtitles);
}

static void
append_i_frame_variant (GString *text, const HabRepresentation *video)
{
  guint64 bandwidth = hab_hls_i_frame_bandwidth (video);

  if (bandwidth == 0)
    return;
  g_string_append_printf (text,
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%" G_GUINT64_FORMAT
      ",CODECS=\"%s\",RESOLUTION=%ux%u",
      bandwidth, video->codecs, video->width, video->height);
  append_range (text, video);
  g_string_append_printf (text, ",URI=\"%s/" HAB_HLS_I_FRAMES "\"\n",
      video->id);
}

gchar *
hab_hls_write_multivariant (const HabPresentation *presentation)
{
  GString *text = g_string_new ("#EXTM3U\n");
  g_autoptr (GPtrArray) groups = hab_hls_audio_groups_new (presentation);
  g_autoptr (GPtrArray) list = hab_presentation_list (presentation);
  const gchar *subtitles;
  gboolean video_seen = FALSE;

  g_string_append_printf (text, "#EXT-X-VERSION:%u\n", HAB_HLS_VERSION);
  append_audio_groups (text, groups);
  subtitles = hab_hls_append_subtitles (text, presentation);
  for (guint i = 0; i < list->len; i++) {
    const HabRepresentation *rep = list->pdata[i];

    if (rep->content.kind != HAB_MEDIA_VIDEO)
      continue;
    append_variants (text, rep, groups, subtitles);
    append_i_frame_variant (text, rep);
    video_seen = TRUE;
  }
  if (!video_seen && groups->len > 0)
    append_variants (text, NULL, groups, subtitles);
  return g_string_free (text, FALSE);
}
