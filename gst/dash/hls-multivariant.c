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

/* --- groups of audio --------------------------------------------------------- */

/* Renditions that a variant's viewers choose between. */
typedef struct
{
  gchar *id;
  GPtrArray *renditions; /* of const HabRepresentation */
} AudioGroup;

static void
audio_group_free (AudioGroup *group)
{
  g_free (group->id);
  g_ptr_array_unref (group->renditions);
  g_free (group);
}

/* One with every audio there is, or none. */
static GPtrArray *
make_audio_groups (const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) list = hab_presentation_list (presentation);
  GPtrArray *groups = g_ptr_array_new_with_free_func (
      (GDestroyNotify) audio_group_free);
  AudioGroup *group = g_new0 (AudioGroup, 1);

  group->id = g_strdup ("audio");
  group->renditions = g_ptr_array_new ();
  for (guint i = 0; i < list->len; i++) {
    HabRepresentation *rep = list->pdata[i];

    if (rep->content.kind == HAB_MEDIA_AUDIO)
      g_ptr_array_add (group->renditions, rep);
  }
  if (group->renditions->len > 0)
    g_ptr_array_add (groups, group);
  else
    audio_group_free (group);
  return groups;
}

static const HabRepresentation *
largest_rendition (const AudioGroup *group)
{
  const HabRepresentation *largest = NULL;

  for (guint i = 0; i < group->renditions->len; i++) {
    const HabRepresentation *rep = group->renditions->pdata[i];

    if (largest == NULL || rep->bandwidth > largest->bandwidth)
      largest = rep;
  }
  return largest;
}

/* --- the multivariant playlist ---------------------------------------------- */

static void
append_name (GString *text, const HabRepresentation *rep)
{
  const HabContent *content = &rep->content;

  hab_hls_append_quoted (text, content->label ? content->label :
          content->language ? content->language : rep->id);
}

static void
append_rendition (GString *text, const AudioGroup *group,
    const HabRepresentation *rep, gboolean first)
{
  const gchar *language = rep->content.language;

  g_string_append_printf (text,
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"%s\",NAME=", group->id);
  append_name (text, rep);
  if (language) {
    g_string_append (text, ",LANGUAGE=");
    hab_hls_append_quoted (text, language);
  }
  g_string_append_printf (text, ",DEFAULT=%s,AUTOSELECT=YES,CHANNELS=\"%u\"",
      first ? "YES" : "NO", rep->channels);
  g_string_append_printf (text, ",URI=\"%s/" HAB_HLS_MEDIA "\"\n", rep->id);
}

static void
append_audio_groups (GString *text, GPtrArray *groups)
{
  for (guint i = 0; i < groups->len; i++) {
    const AudioGroup *group = groups->pdata[i];

    for (guint j = 0; j < group->renditions->len; j++)
      append_rendition (text, group, group->renditions->pdata[j], j == 0);
  }
}

/* The codecs of all renditions, each once, behind the video's own. */
static void
append_codecs (GString *text, const HabRepresentation *video,
    const AudioGroup *group)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (GStrv) codecs = NULL;
  g_autofree gchar *list = NULL;

  if (video)
    g_strv_builder_add (builder, video->codecs);
  for (guint i = 0; group && i < group->renditions->len; i++) {
    const HabRepresentation *rep = group->renditions->pdata[i];

    if (g_hash_table_add (seen, rep->codecs))
      g_strv_builder_add (builder, rep->codecs);
  }
  codecs = g_strv_builder_end (builder);
  list = g_strjoinv (",", codecs);
  g_string_append_printf (text, ",CODECS=\"%s\"", list);
}

static void
append_video_attributes (GString *text, const HabRepresentation *video)
{
  guint64 mhz;

  g_string_append_printf (text, ",RESOLUTION=%ux%u", video->width,
      video->height);
  if (video->fps_n == 0 || video->fps_d == 0)
    return;
  mhz = (G_GUINT64_CONSTANT (1000) * video->fps_n + video->fps_d / 2) /
      video->fps_d;
  g_string_append_printf (text,
      ",FRAME-RATE=%" G_GUINT64_FORMAT ".%03" G_GUINT64_FORMAT, mhz / 1000,
      mhz % 1000);
}

/* video or group may be NULL, not both. */
static void
append_variant (GString *text, const HabRepresentation *video,
    const AudioGroup *group)
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
  g_string_append_printf (text, "\n%s/" HAB_HLS_MEDIA "\n",
      video ? video->id : audio->id);
}

/* A variant for each group, or one without sound. */
static void
append_variants (GString *text, const HabRepresentation *video,
    GPtrArray *groups)
{
  for (guint i = 0; i < groups->len; i++)
    append_variant (text, video, groups->pdata[i]);
  if (groups->len == 0)
    append_variant (text, video, NULL);
}

static void
append_i_frame_variant (GString *text, const HabRepresentation *video)
{
  guint64 bandwidth = hab_hls_i_frame_bandwidth (video);

  if (bandwidth == 0)
    return;
  g_string_append_printf (text,
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%" G_GUINT64_FORMAT
      ",CODECS=\"%s\",RESOLUTION=%ux%u,URI=\"%s/" HAB_HLS_I_FRAMES "\"\n",
      bandwidth, video->codecs, video->width, video->height, video->id);
}

gchar *
hab_hls_write_multivariant (const HabPresentation *presentation)
{
  GString *text = g_string_new ("#EXTM3U\n");
  g_autoptr (GPtrArray) groups = make_audio_groups (presentation);
  g_autoptr (GPtrArray) list = hab_presentation_list (presentation);
  gboolean video_seen = FALSE;

  g_string_append_printf (text, "#EXT-X-VERSION:%u\n", HAB_HLS_VERSION);
  append_audio_groups (text, groups);
  for (guint i = 0; i < list->len; i++) {
    const HabRepresentation *rep = list->pdata[i];

    if (rep->content.kind != HAB_MEDIA_VIDEO)
      continue;
    append_variants (text, rep, groups);
    append_i_frame_variant (text, rep);
    video_seen = TRUE;
  }
  if (!video_seen && groups->len > 0)
    append_variants (text, NULL, groups);
  return g_string_free (text, FALSE);
}
