/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls-subtitles.h"

#include <string.h>

#include "hls.h"

#define S G_GUINT64_CONSTANT (1000000000)

static void
add_track (HabPresentation *presentation, const gchar *id, HabMediaKind kind,
    const gchar *language, HabRole role)
{
  static const HabSegment segment = { .duration = 9000, .size = 100 };
  HabRepresentation *track = hab_representation_new (id, kind);

  track->content.language = g_strdup (language);
  track->content.role = role;
  track->codecs = g_strdup (kind == HAB_MEDIA_TEXT ? NULL : "avc1.64001f");
  track->timescale = 1000;
  g_array_append_val (track->segments, segment);
  hab_presentation_add (presentation, hab_adaptation_set_new (track));
}

static const struct
{
  const gchar *language;
  HabRole role;
  const gchar *line; /* from the name on */
} renditions[] = {
  { "en", HAB_ROLE_SUBTITLE, "\"en (text_0)\",LANGUAGE=\"en\",DEFAULT=NO,"
      "AUTOSELECT=YES,URI=\"text_0/playlist.m3u8\"\n" },
  { "en", HAB_ROLE_CAPTION, "\"en (text_1)\",LANGUAGE=\"en\",DEFAULT=NO,"
      "AUTOSELECT=YES,CHARACTERISTICS=\""
      "public.accessibility.transcribes-spoken-dialog,"
      "public.accessibility.describes-music-and-sound\","
      "URI=\"text_1/playlist.m3u8\"\n" },
  { "de", HAB_ROLE_FORCED_SUBTITLE, "\"de\",LANGUAGE=\"de\",DEFAULT=NO,"
      "AUTOSELECT=YES,FORCED=YES,URI=\"text_2/playlist.m3u8\"\n" },
  { NULL, HAB_ROLE_SUBTITLE, "\"text_3\",DEFAULT=NO,AUTOSELECT=YES,"
      "URI=\"text_3/playlist.m3u8\"\n" },
};

static void
test_renditions (void)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  g_autofree gchar *text = NULL;

  add_track (presentation, "video_0", HAB_MEDIA_VIDEO, NULL, HAB_ROLE_NONE);
  for (guint i = 0; i < G_N_ELEMENTS (renditions); i++) {
    g_autofree gchar *id = g_strdup_printf ("text_%u", i);

    add_track (presentation, id, HAB_MEDIA_TEXT, renditions[i].language,
        renditions[i].role);
  }
  text = hab_hls_write_multivariant (presentation);
  for (guint i = 0; i < G_N_ELEMENTS (renditions); i++) {
    g_autofree gchar *line = g_strconcat (
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=",
        renditions[i].line, NULL);

    g_assert_nonnull (strstr (text, line));
  }
  g_assert_nonnull (strstr (text, ",SUBTITLES=\"subtitles\"\nvideo_0/"));
}

static void
test_none (void)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  g_autofree gchar *text = NULL;

  add_track (presentation, "video_0", HAB_MEDIA_VIDEO, NULL, HAB_ROLE_NONE);
  text = hab_hls_write_multivariant (presentation);
  g_assert_null (strstr (text, "SUBTITLES"));
}

static const struct
{
  guint64 duration, length;
  guint n, target;
  const gchar *end;
} playlists[] = {
  { 10 * S, 4 * S, 3, 4, "#EXTINF:2.000000,\n3.vtt\n" },
  { 8 * S, 4 * S, 2, 4, "#EXTINF:4.000000,\n2.vtt\n" },
  /* no sliver at the end */
  { 8 * S + S / 10, 4 * S, 2, 4, "#EXTINF:4.100000,\n2.vtt\n" },
  { 8 * S + S / 8, 4 * S, 3, 4, "#EXTINF:0.125000,\n3.vtt\n" },
  { 7 * S / 2, 4 * S, 1, 4, "#EXTINF:3.500000,\n1.vtt\n" },
  { 7 * S / 4, 3 * S / 10, 6, 1, "#EXTINF:0.250000,\n6.vtt\n" },
  { 0, 4 * S, 1, 1, "#EXTINF:0.000000,\n1.vtt\n" },
  { 10 * S, 0, 1, 10, "#EXTINF:10.000000,\ntrack.vtt\n" },
};

static void
test_playlists (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (playlists); i++) {
    guint64 duration = playlists[i].duration, length = playlists[i].length;
    g_autofree gchar *text = hab_hls_write_text (duration, length);
    g_autofree gchar *start = g_strdup_printf ("#EXTM3U\n#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:%u\n", playlists[i].target);
    g_autofree gchar *end = g_strconcat (playlists[i].end,
        "#EXT-X-ENDLIST\n", NULL);
    g_auto (GStrv) parts = g_strsplit (text, "#EXTINF", -1);

    g_assert_cmpuint (hab_hls_count_text (duration, length), ==,
        playlists[i].n);
    g_assert_cmpuint (g_strv_length (parts), ==, playlists[i].n + 1);
    g_assert_true (g_str_has_prefix (text, start));
    g_assert_true (g_str_has_suffix (text, end));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls-subtitles/renditions", test_renditions);
  g_test_add_func ("/hls-subtitles/none", test_none);
  g_test_add_func ("/hls-subtitles/playlists", test_playlists);
  return g_test_run ();
}
