/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls-subtitles.h"

#include "hls.h"
#include "hls-text.h"

#define GROUP "subtitles"

/* What is said for people who cannot hear. */
#define CAPTIONS \
  "public.accessibility.transcribes-spoken-dialog," \
  "public.accessibility.describes-music-and-sound"

/* A last segment that would be shorter, in nanoseconds, is part of the one before
 * it: sound ends a little behind the last picture. */
#define SHORTEST G_GUINT64_CONSTANT (100000000)

#define NS_PER_SECOND G_GUINT64_CONSTANT (1000000000)

/* --- renditions ---------------------------------------------------------- */

/* (transfer container) (element-type HabRepresentation) */
static GPtrArray *
list_text (const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) list = hab_presentation_list (presentation);
  GPtrArray *text = g_ptr_array_new ();

  for (guint i = 0; i < list->len; i++) {
    HabRepresentation *rep = list->pdata[i];

    if (rep->content.kind == HAB_MEDIA_TEXT)
      g_ptr_array_add (text, rep);
  }
  return text;
}

static const gchar *
name_of (const HabRepresentation *rep)
{
  return rep->content.label ? rep->content.label : rep->content.language;
}

/* No two of the group may have the same (RFC 8216, 4.3.4.1.1). */
static gboolean
is_unique (const GPtrArray *group, const gchar *name)
{
  guint n = 0;

  for (guint i = 0; i < group->len; i++)
    n += g_strcmp0 (name_of (group->pdata[i]), name) == 0;
  return n == 1;
}

static void
append_name (GString *text, const GPtrArray *group,
    const HabRepresentation *rep)
{
  const gchar *name = name_of (rep);
  g_autofree gchar *long_name = NULL;

  if (name && !is_unique (group, name))
    name = long_name = g_strdup_printf ("%s (%s)", name, rep->id);
  hab_hls_append_quoted (text, name ? name : rep->id);
}

static void
append_rendition (GString *text, const GPtrArray *group,
    const HabRepresentation *rep)
{
  const HabContent *content = &rep->content;

  g_string_append (text,
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"" GROUP "\",NAME=");
  append_name (text, group, rep);
  if (content->language) {
    g_string_append (text, ",LANGUAGE=");
    hab_hls_append_quoted (text, content->language);
  }
  g_string_append (text, ",DEFAULT=NO,AUTOSELECT=YES");
  if (content->role == HAB_ROLE_FORCED_SUBTITLE)
    g_string_append (text, ",FORCED=YES");
  if (content->role == HAB_ROLE_CAPTION)
    g_string_append (text, ",CHARACTERISTICS=\"" CAPTIONS "\"");
  g_string_append_printf (text, ",URI=\"%s/" HAB_HLS_MEDIA "\"\n", rep->id);
}

const gchar *
hab_hls_append_subtitles (GString *text, const HabPresentation *presentation)
{
  g_autoptr (GPtrArray) group = list_text (presentation);

  for (guint i = 0; i < group->len; i++)
    append_rendition (text, group, group->pdata[i]);
  return group->len > 0 ? GROUP : NULL;
}

/* --- a media playlist ---------------------------------------------------- */

guint
hab_hls_count_text (guint64 duration, guint64 length)
{
  guint64 rest = MIN (SHORTEST, length / 2);

  if (length == 0 || duration <= length + rest)
    return 1;
  return (duration - rest - 1) / length + 1;
}

/* number: 0 for the one file. Seconds have six decimals, whatever the locale. */
static void
append_segment (GString *text, guint64 duration, guint number)
{
  guint64 us = (duration + 500) / 1000;

  g_string_append_printf (text,
      "#EXTINF:%" G_GUINT64_FORMAT ".%06" G_GUINT64_FORMAT ",\n", us / 1000000,
      us % 1000000);
  if (number == 0)
    g_string_append (text, HAB_TEXT_FILE "\n");
  else
    g_string_append_printf (text, "%u.vtt\n", number);
}

gchar *
hab_hls_write_text (guint64 duration, guint64 length)
{
  GString *text = g_string_new ("#EXTM3U\n");
  guint n = hab_hls_count_text (duration, length);
  guint64 last = duration - (n - 1) * length;
  guint64 longest = n == 1 ? last : MAX (last, length);

  g_string_append_printf (text,
      "#EXT-X-VERSION:%u\n#EXT-X-TARGETDURATION:%" G_GUINT64_FORMAT
      "\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n",
      HAB_HLS_VERSION,
      MAX ((longest + NS_PER_SECOND / 2) / NS_PER_SECOND, 1));
  for (guint i = 1; i < n; i++)
    append_segment (text, length, i);
  append_segment (text, last, length > 0 ? n : 0);
  g_string_append (text, "#EXT-X-ENDLIST\n");
  return g_string_free (text, FALSE);
}
