/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "hls.h"

#include <string.h>

#define KID "a16e402b9056e371f36d348aa62bb749"

static HabRepresentation *
video_new (void)
{
  static const HabSegment segments[] = {
    { 0, 96096, 1000, 100000, 20000, KID },
    { 96096, 96096, 101000, 300000, 30000, KID },
    { 192192, 24024, 401000, 25000, 9000, KID },
  };
  HabRepresentation *track = hab_representation_new ("video_0",
      HAB_MEDIA_VIDEO);

  track->codecs = g_strdup ("avc1.64001f");
  track->timescale = 24000;
  track->bandwidth = 600000;
  track->width = 1280;
  track->height = 720;
  track->fps_n = 24000;
  track->fps_d = 1001;
  g_array_append_vals (track->segments, segments, G_N_ELEMENTS (segments));
  return track;
}

static HabRepresentation *
audio_new (const gchar *id, const gchar *language)
{
  static const HabSegment segment = { 0, 48000, 0, 16000, 0, "" };
  HabRepresentation *track = hab_representation_new (id, HAB_MEDIA_AUDIO);

  track->codecs = g_strdup ("mp4a.40.2");
  track->content.language = g_strdup (language);
  track->timescale = 48000;
  track->bandwidth = 128000;
  track->rate = 48000;
  track->channels = 2;
  g_array_append_val (track->segments, segment);
  return track;
}

static void
add_set (HabPresentation *presentation, HabRepresentation *rep)
{
  hab_presentation_add (presentation, hab_adaptation_set_new (rep));
}

static const HabHlsKeys no_keys = { .url = NULL };
static const HabPresentation vod;

static void
test_media (void)
{
  g_autoptr (HabRepresentation) track = video_new ();
  g_autofree gchar *text = NULL;

  track->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  text = hab_hls_write_media (&vod, track,
      &(HabHlsKeys){ .url = "http://localhost/\"key\"?a,b\n" });
  g_assert_cmpstr (text, ==,
      "#EXTM3U\n"
      "#EXT-X-VERSION:7\n"
      "#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-MEDIA-SEQUENCE:1\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"http://localhost/key?a,b\","
      "KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n"
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:4.004000,\n1.m4s\n"
      "#EXTINF:4.004000,\n2.m4s\n"
      "#EXTINF:1.001000,\n3.m4s\n"
      "#EXT-X-ENDLIST\n");
}

#define IDENTITY \
  "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"http://localhost/k\"," \
  "KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n"
#define WIDEVINE_BOX "AAAAI3Bzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAAANhYmM="
#define PLAYREADY_BOX "AAAAI3Bzc2gAAAAAmgTweZhAQoarkuZb4IhflQAAAANhYmM="

/* What stands between the head of a playlist and its end. */
typedef struct
{
  const gchar *name;
  guint clear_segments; /* of three */
  const gchar *last_kid; /* of the third, where it is another one */
  const gchar *key_url;
  const gchar *pssh;
  const gchar *text;
} Keys;

static const Keys keys[] = {
  { "lead", 1, NULL, "http://localhost/k", NULL,
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:4.004000,\n1.m4s\n"
      "#EXT-X-DISCONTINUITY\n" IDENTITY
      "#EXTINF:4.004000,\n2.m4s\n"
      "#EXTINF:1.001000,\n3.m4s\n" },
  { "all-clear", 3, NULL, "http://localhost/k", WIDEVINE_BOX,
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:4.004000,\n1.m4s\n"
      "#EXTINF:4.004000,\n2.m4s\n"
      "#EXTINF:1.001000,\n3.m4s\n" },
  { "lead-without-keys", 1, NULL, NULL, NULL,
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:4.004000,\n1.m4s\n"
      "#EXTINF:4.004000,\n2.m4s\n"
      "#EXTINF:1.001000,\n3.m4s\n" },
  { "rotation", 0, "b16e402b9056e371f36d348aa62bb749", "k?$KID$", NULL,
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k?" KID "\","
      "KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n"
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:4.004000,\n1.m4s\n"
      "#EXTINF:4.004000,\n2.m4s\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,"
      "URI=\"k?b16e402b9056e371f36d348aa62bb749\","
      "KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n"
      "#EXTINF:1.001000,\n3.m4s\n" },
  { "systems", 0, NULL, NULL, PLAYREADY_BOX "," WIDEVINE_BOX,
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:text/plain;base64,"
      WIDEVINE_BOX "\",KEYID=0xa16e402b9056e371f36d348aa62bb749,"
      "KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\","
      "KEYFORMATVERSIONS=\"1\"\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,"
      "URI=\"data:text/plain;charset=UTF-16;base64,YWJj\","
      "KEYFORMAT=\"com.microsoft.playready\",KEYFORMATVERSIONS=\"1\"\n"
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXTINF:4.004000,\n1.m4s\n"
      "#EXTINF:4.004000,\n2.m4s\n"
      "#EXTINF:1.001000,\n3.m4s\n" },
};

static void
test_keys (gconstpointer data)
{
  const Keys *test = data;
  g_autoptr (HabRepresentation) rep = video_new ();
  g_autofree gchar *text = NULL, *expected = NULL;
  g_autoptr (GError) error = NULL;

  rep->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  g_ptr_array_unref (rep->pssh);
  rep->pssh = hab_pssh_parse_list (test->pssh, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < test->clear_segments; i++)
    g_array_index (rep->segments, HabSegment, i).kid[0] = '\0';
  if (test->last_kid)
    g_strlcpy (g_array_index (rep->segments, HabSegment, 2).kid,
        test->last_kid, 33);
  text = hab_hls_write_media (&vod, rep,
      &(HabHlsKeys){ .url = test->key_url });
  expected = g_strdup_printf ("#EXTM3U\n#EXT-X-VERSION:7\n"
      "#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n%s#EXT-X-ENDLIST\n", test->text);
  g_assert_cmpstr (text, ==, expected);
}

/* A live playlist that has moved on behind the lead. */
static void
test_lead_gone (void)
{
  g_autoptr (HabRepresentation) rep = video_new ();
  g_autofree gchar *named = NULL, *not_named = NULL, *still = NULL;

  rep->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  rep->first_number = 3;
  rep->lead_gone = TRUE;
  named = hab_hls_write_media (&vod, rep, &(HabHlsKeys){ .url = "k" });
  not_named = hab_hls_write_media (&vod, rep, &(HabHlsKeys){ .url = NULL });
  g_array_index (rep->segments, HabSegment, 0).kid[0] = '\0';
  still = hab_hls_write_media (&vod, rep, &(HabHlsKeys){ .url = "k" });
  g_assert_nonnull (strstr (named, "#EXT-X-DISCONTINUITY-SEQUENCE:1\n"));
  g_assert_null (strstr (named, "#EXT-X-DISCONTINUITY\n"));
  g_assert_null (strstr (not_named, "DISCONTINUITY"));
  g_assert_null (strstr (still, "DISCONTINUITY-SEQUENCE"));
  g_assert_nonnull (strstr (still, "#EXT-X-DISCONTINUITY\n"));
}

static void
test_clear_media (void)
{
  g_autoptr (HabRepresentation) track = audio_new ("audio_0", NULL);
  g_autofree gchar *text = hab_hls_write_media (&vod, track,
      &(HabHlsKeys){ .url = "http://localhost/k" });

  g_assert_null (strstr (text, "EXT-X-KEY"));
  g_assert_null (hab_hls_write_i_frames (&vod, track, &no_keys));
}

static void
test_i_frames (void)
{
  g_autoptr (HabRepresentation) track = video_new ();
  g_autofree gchar *text = hab_hls_write_i_frames (&vod, track, &no_keys);

  g_assert_nonnull (strstr (text, "#EXT-X-I-FRAMES-ONLY\n"));
  g_assert_nonnull (strstr (text, "#EXT-X-BYTERANGE:30000@0\n2.m4s\n"));
}

static void
test_single_file (void)
{
  g_autoptr (HabRepresentation) track = video_new ();
  g_autofree gchar *media = NULL, *i_frames = NULL;

  track->single_file = TRUE;
  track->file_layout.init_size = 800;
  media = hab_hls_write_media (&vod, track, &no_keys);
  i_frames = hab_hls_write_i_frames (&vod, track, &no_keys);
  g_assert_nonnull (strstr (media,
      "#EXT-X-MAP:URI=\"track.mp4\",BYTERANGE=\"800@0\"\n"));
  g_assert_nonnull (strstr (media,
      "#EXTINF:4.004000,\n#EXT-X-BYTERANGE:300000@101000\ntrack.mp4\n"));
  g_assert_nonnull (strstr (i_frames,
      "#EXT-X-BYTERANGE:30000@101000\ntrack.mp4\n"));
}

static void
test_multivariant (void)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  g_autofree gchar *text = NULL;

  add_set (presentation, video_new ());
  add_set (presentation, audio_new ("audio_0", "deu"));
  add_set (presentation, audio_new ("audio_1", NULL));
  text = hab_hls_write_multivariant (presentation);
  g_assert_cmpstr (text, ==,
      "#EXTM3U\n"
      "#EXT-X-VERSION:7\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"deu\","
      "LANGUAGE=\"deu\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\","
      "URI=\"audio_0/playlist.m3u8\"\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"audio_1\","
      "DEFAULT=NO,AUTOSELECT=YES,CHANNELS=\"2\","
      "URI=\"audio_1/playlist.m3u8\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=728000,AVERAGE-BANDWIDTH=505400,"
      "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,"
      "FRAME-RATE=23.976,AUDIO=\"audio\"\n"
      "video_0/playlist.m3u8\n"
      "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=71928,CODECS=\"avc1.64001f\","
      "RESOLUTION=1280x720,URI=\"video_0/iframes.m3u8\"\n");
}

/* One codec's name may begin with another's. */
static void
test_codecs (void)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  g_autofree gchar *text = NULL;
  HabRepresentation *he = audio_new ("audio_0", NULL);

  g_free (he->codecs);
  he->codecs = g_strdup ("mp4a.40.29");
  add_set (presentation, he);
  add_set (presentation, audio_new ("audio_1", NULL));
  add_set (presentation, audio_new ("audio_2", NULL));
  text = hab_hls_write_multivariant (presentation);
  g_assert_nonnull (strstr (text, "CODECS=\"mp4a.40.29,mp4a.40.2\""));
}

static void
test_audio_only (void)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  g_autofree gchar *text = NULL;

  add_set (presentation, audio_new ("audio_0", NULL));
  text = hab_hls_write_multivariant (presentation);
  g_assert_nonnull (strstr (text, "CODECS=\"mp4a.40.2\",AUDIO=\"audio\"\n"
      "audio_0/playlist.m3u8\n"));
}

static HabRepresentation *
audio_of_rate (const gchar *id, const gchar *language, guint64 bandwidth)
{
  HabRepresentation *rep = audio_new (id, language);

  rep->bandwidth = bandwidth;
  return rep;
}

/* Every group has every language, in the best version that it comes in. */
static void
test_audio_groups (void)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  HabRepresentation *dolby = audio_new ("audio_3", "en");
  HabRepresentation *low = video_new ();
  g_autofree gchar *text = NULL;

  g_free (dolby->codecs);
  dolby->codecs = g_strdup ("ec-3");
  dolby->channels = 6;
  g_free (low->id);
  low->id = g_strdup ("video_1");
  low->transfer = 1;
  add_set (presentation, video_new ());
  hab_adaptation_set_add (hab_presentation_get (presentation, 0), low);
  add_set (presentation, audio_of_rate ("audio_0", "en", 128000));
  hab_adaptation_set_add (hab_presentation_get (presentation, 1),
      audio_of_rate ("audio_1", "en", 64000));
  add_set (presentation, audio_new ("audio_2", "de"));
  add_set (presentation, dolby);
  text = hab_hls_write_multivariant (presentation);

#define MEDIA(group, name, language, chosen, channels, id) \
  "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"" group "\",NAME=\"" name \
  "\",LANGUAGE=\"" language "\",DEFAULT=" chosen ",AUTOSELECT=YES," \
  "CHANNELS=\"" channels "\",URI=\"" id "/playlist.m3u8\"\n"
  g_assert_true (g_str_has_prefix (text, "#EXTM3U\n#EXT-X-VERSION:7\n"
      MEDIA ("audio-0", "en", "en", "YES", "2", "audio_1")
      MEDIA ("audio-0", "de", "de", "NO", "2", "audio_2")
      MEDIA ("audio-1", "en", "en", "YES", "2", "audio_0")
      MEDIA ("audio-1", "de", "de", "NO", "2", "audio_2")
      MEDIA ("audio-2", "en", "en", "YES", "6", "audio_3")
      MEDIA ("audio-2", "de", "de", "NO", "2", "audio_2")
      "#EXT-X-STREAM-INF:"));
#undef MEDIA
  g_assert_nonnull (strstr (text, "CODECS=\"avc1.64001f,ec-3,mp4a.40.2\","
      "RESOLUTION=1280x720,FRAME-RATE=23.976,AUDIO=\"audio-2\"\n"
      "video_0/playlist.m3u8\n"));
  g_assert_nonnull (strstr (text, "RESOLUTION=1280x720,VIDEO-RANGE=SDR,"
      "FRAME-RATE=23.976,AUDIO=\"audio-0\"\nvideo_1/playlist.m3u8\n"));
}

/* The main one is the default, a comment is chosen by people only, and no two
 * have the same name. */
static void
test_roles (void)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  HabRepresentation *comment = audio_new ("audio_0", "en");
  HabRepresentation *original = audio_new ("audio_1", "en");
  HabRepresentation *described = audio_new ("audio_2", "en");
  g_autofree gchar *text = NULL;

  comment->content.role = HAB_ROLE_COMMENTARY;
  original->content.role = HAB_ROLE_MAIN;
  described->content.role = HAB_ROLE_DESCRIPTION;
  described->content.label = g_strdup ("Described");
  add_set (presentation, comment);
  add_set (presentation, original);
  add_set (presentation, described);
  text = hab_hls_write_multivariant (presentation);
  g_assert_nonnull (strstr (text, "NAME=\"en (audio_0)\",LANGUAGE=\"en\","
      "DEFAULT=NO,AUTOSELECT=NO,"));
  g_assert_nonnull (strstr (text, "NAME=\"en (audio_1)\",LANGUAGE=\"en\","
      "DEFAULT=YES,AUTOSELECT=YES,"));
  g_assert_nonnull (strstr (text, "NAME=\"Described\",LANGUAGE=\"en\","
      "DEFAULT=NO,AUTOSELECT=YES,"
      "CHARACTERISTICS=\"public.accessibility.describes-video\","));
}

static void
test_key_of_each (void)
{
  g_autoptr (HabRepresentation) rep = video_new ();
  g_autofree gchar *text = NULL;

  rep->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  text = hab_hls_write_media (&vod, rep,
      &(HabHlsKeys){ .url = "http://localhost/$KID$?for=$KID$" });
  g_assert_nonnull (strstr (text, "URI=\"http://localhost/"
      "a16e402b9056e371f36d348aa62bb749?for=a16e402b9056e371f36d348aa62bb749"
      "\","));
}

static void
test_clearkey (void)
{
  static const HabHlsKeys by_id = { .format = HAB_HLS_KEY_CLEARKEY };
  static const HabHlsKeys by_address = { HAB_HLS_KEY_CLEARKEY, "skd:$KID$" };
  g_autoptr (HabRepresentation) rep = video_new ();
  g_autofree gchar *clear = hab_hls_write_media (&vod, rep, &by_id);
  g_autofree gchar *text = NULL, *text_at = NULL;

  g_assert_null (strstr (clear, "EXT-X-KEY"));
  rep->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  text = hab_hls_write_media (&vod, rep, &by_id);
  g_assert_nonnull (strstr (text, "#EXT-X-KEY:METHOD=SAMPLE-AES,"
      "URI=\"data:text/plain;base64,oW5AK5BW43HzbTSKpiu3SQ==\","
      "KEYFORMAT=\"org.w3.clearkey\",KEYFORMATVERSIONS=\"1\"\n"));
  text_at = hab_hls_write_media (&vod, rep, &by_address);
  g_assert_nonnull (strstr (text_at,
      "URI=\"skd:a16e402b9056e371f36d348aa62bb749\","));
}

/* No address, no EXT-X-KEY: GStreamer's demuxers take every one for AES-128. */
static void
test_no_key_named (void)
{
  g_autoptr (HabRepresentation) rep = video_new ();
  g_autofree gchar *text = NULL;

  rep->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  text = hab_hls_write_media (&vod, rep, &no_keys);
  g_assert_null (strstr (text, "EXT-X-KEY"));
}

/* What goes on, with and without a window, and what has ended. */
static const struct
{
  gboolean dynamic;
  guint64 window;
  const gchar *type, *end;
} lives[] = {
  { TRUE, 30000, "", "" },
  { TRUE, 0, "#EXT-X-PLAYLIST-TYPE:EVENT\n", "" },
  { FALSE, 30000, "", "#EXT-X-ENDLIST\n" },
  { FALSE, 0, "#EXT-X-PLAYLIST-TYPE:EVENT\n", "#EXT-X-ENDLIST\n" },
};

static void
test_live (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  const HabSegment later = { .time = 30 * 24000, .duration = 96096 };
  const HabPresentation presentation = {
    .dynamic = lives[i].dynamic,
    .is_live = TRUE,
    .live = { .start = G_GINT64_CONSTANT (1795262400250000),
        .window = lives[i].window },
  };
  g_autoptr (HabRepresentation) rep = video_new ();
  g_autofree gchar *text = NULL, *expected = NULL;

  rep->first_number = 41;
  rep->longest = 6 * 24000;
  g_array_append_val (rep->segments, later);
  text = hab_hls_write_media (&presentation, rep, &no_keys);
  expected = g_strdup_printf ("#EXTM3U\n"
      "#EXT-X-VERSION:7\n"
      "#EXT-X-TARGETDURATION:6\n"
      "#EXT-X-MEDIA-SEQUENCE:41\n"
      "%s"
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:00.250Z\n"
      "#EXTINF:4.004000,\n41.m4s\n"
      "#EXTINF:4.004000,\n42.m4s\n"
      "#EXTINF:1.001000,\n43.m4s\n"
      "#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:30.250Z\n"
      "#EXTINF:4.004000,\n44.m4s\n%s", lives[i].type, lives[i].end);
  g_assert_cmpstr (text, ==, expected);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/lead-gone", test_lead_gone);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autofree gchar *path = g_strdup_printf ("/hls/keys/%s", keys[i].name);

    g_test_add_data_func (path, &keys[i], test_keys);
  }
  g_test_add_func ("/hls/media", test_media);
  g_test_add_func ("/hls/clear-media", test_clear_media);
  g_test_add_func ("/hls/i-frames", test_i_frames);
  g_test_add_func ("/hls/single-file", test_single_file);
  g_test_add_func ("/hls/multivariant", test_multivariant);
  g_test_add_func ("/hls/codecs", test_codecs);
  g_test_add_func ("/hls/audio-only", test_audio_only);
  for (guint i = 0; i < G_N_ELEMENTS (lives); i++) {
    g_autofree gchar *path = g_strdup_printf ("/hls/live/%u", i);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_live);
  }
  g_test_add_func ("/hls/audio-groups", test_audio_groups);
  g_test_add_func ("/hls/roles", test_roles);
  g_test_add_func ("/hls/key-of-each", test_key_of_each);
  g_test_add_func ("/hls/clearkey", test_clearkey);
  g_test_add_func ("/hls/no-key-named", test_no_key_named);
  return g_test_run ();
}
