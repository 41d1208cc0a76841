/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "track-choice.h"

#include <gst/tag/tag.h>
#include <string.h>

static const gchar *const kinds[] = {
  [HAB_MEDIA_VIDEO] = "video",
  [HAB_MEDIA_AUDIO] = "audio",
  [HAB_MEDIA_TEXT] = "text",
};

/* Also where it is no number: 0, which is no track's. */
static guint
to_number (const gchar *text)
{
  guint64 number;

  return g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT32, &number, NULL) ?
      number : 0;
}

static gboolean
is_kind (const gchar *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (text, kinds[i]))
      return TRUE;
  return FALSE;
}

static gboolean
is_language (const gchar *text)
{
  gsize length = strspn (text, "abcdefghijklmnopqrstuvwxyz"
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

  return length >= 2 && length <= 35 && text[length] == '\0';
}

gboolean
hab_track_choice_check (const HabTrackChoice *choice, GError **error)
{
  if ((choice->tracks && choice->tracks[0] == NULL) ||
      (choice->languages && choice->languages[0] == NULL)) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "a list of tracks or languages is empty");
    return FALSE;
  }
  for (guint i = 0; choice->tracks && choice->tracks[i]; i++) {
    if (is_kind (choice->tracks[i]) || to_number (choice->tracks[i]) > 0)
      continue;
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "\"%s\" is none of video, audio, text and the numbers of tracks",
        choice->tracks[i]);
    return FALSE;
  }
  for (guint i = 0; choice->languages && choice->languages[i]; i++) {
    if (is_language (choice->languages[i]))
      continue;
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "\"%s\" is no language", choice->languages[i]);
    return FALSE;
  }
  return TRUE;
}

/* (nullable): the two letters for three, where there are such. */
static gchar *
normalize (const gchar *language)
{
  gsize length = strcspn (language, "-");
  g_autofree gchar *first = g_strndup (language, length);
  const gchar *code = gst_tag_get_language_code_iso_639_1 (first);

  return g_strconcat (code ? code : first, language + length, NULL);
}

static gboolean
is_in_range (const gchar *language, const gchar *range)
{
  g_autofree gchar *a = normalize (language);
  g_autofree gchar *b = normalize (range);
  gsize length = strlen (b);

  return g_ascii_strncasecmp (a, b, length) == 0 &&
      (a[length] == '\0' || a[length] == '-');
}

gboolean
hab_track_choice_takes (const HabTrackChoice *choice, HabMediaKind kind,
    guint number, const gchar *language)
{
  gboolean takes = choice->tracks == NULL;

  for (guint i = 0; choice->tracks && choice->tracks[i]; i++)
    takes |= g_str_equal (choice->tracks[i], kinds[kind]) ||
        to_number (choice->tracks[i]) == number;
  if (!takes || choice->languages == NULL || kind == HAB_MEDIA_VIDEO)
    return takes;
  for (guint i = 0; choice->languages[i]; i++)
    if (is_in_range (language && *language ? language : "und",
            choice->languages[i]))
      return TRUE;
  return FALSE;
}
