/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

typedef struct
{
  HabPresentation *presentation;
  HabMpdOptions options;
  HabRepresentation *video;
  xmlDoc *document;
  xmlXPathContext *xpath;
} Fixture;

static HabRepresentation *
track_new (const gchar *id, gboolean video, guint32 timescale)
{
  HabRepresentation *track = hab_representation_new (id,
      video ? HAB_MEDIA_VIDEO : HAB_MEDIA_AUDIO);

  track->codecs = g_strdup (video ? "avc1.64001f" : "mp4a.40.2");
  track->timescale = timescale;
  track->bandwidth = 1000;
  return track;
}

static void
add_segment (HabRepresentation *track, guint64 time, guint64 duration)
{
  HabSegment segment = { .time = time, .duration = duration };

  g_array_append_val (track->segments, segment);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->presentation = hab_presentation_new ();
  f->video = track_new ("video_0", TRUE, 1000);
  f->video->width = 1280;
  f->video->height = 720;
  hab_presentation_add (f->presentation, hab_adaptation_set_new (f->video));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  xmlXPathFreeContext (f->xpath);
  xmlFreeDoc (f->document);
  hab_presentation_free (f->presentation);
}

static void
write_and_parse (Fixture *f)
{
  gsize size;
  g_autofree gchar *text = hab_mpd_write (f->presentation, &f->options, &size);

  f->document = xmlReadMemory (text, size, NULL, NULL, XML_PARSE_NONET);
  g_assert_nonnull (f->document);
  f->xpath = xmlXPathNewContext (f->document);
  xmlXPathRegisterNs (f->xpath, BAD_CAST "m",
      BAD_CAST "urn:mpeg:dash:schema:mpd:2011");
  xmlXPathRegisterNs (f->xpath, BAD_CAST "cenc",
      BAD_CAST "urn:mpeg:cenc:2013");
  xmlXPathRegisterNs (f->xpath, BAD_CAST "dashif",
      BAD_CAST "https://dashif.org/CPS");
}

static void
assert_xpath (Fixture *f, const gchar *expression, const gchar *expected)
{
  xmlXPathObject *result = xmlXPathEvalExpression (BAD_CAST expression,
      f->xpath);
  xmlChar *text;

  g_assert_nonnull (result);
  text = xmlXPathCastToString (result);
  g_assert_cmpstr ((const gchar *) text, ==, expected);
  xmlFree (text);
  xmlXPathFreeObject (result);
}

static void
test_timeline (Fixture *f, gconstpointer data)
{
  add_segment (f->video, 0, 4000);
  add_segment (f->video, 4000, 4000);
  add_segment (f->video, 8000, 4000);
  add_segment (f->video, 12000, 2500);
  add_segment (f->video, 20000, 4000); /* a gap before it */
  write_and_parse (f);

  assert_xpath (f, "count(//m:S)", "3");
  assert_xpath (f, "concat(//m:S[1]/@t, ' ', //m:S[1]/@d, ' ', //m:S[1]/@r)",
      "0 4000 2");
  assert_xpath (f, "concat(//m:S[2]/@t, ' ', //m:S[2]/@d)", " 2500");
  assert_xpath (f, "concat(//m:S[3]/@t, ' ', //m:S[3]/@d)", "20000 4000");
  assert_xpath (f, "string(/m:MPD/@mediaPresentationDuration)", "PT24.000S");
  assert_xpath (f, "string(/m:MPD/@maxSegmentDuration)", "PT4.000S");
}

#define W3C_COMMON_BOX \
  "AAAANHBzc2gBAAAAEHfv7MCyTQKs4zweUuL7SwAAAAGhbkArkFbjcfNtNIqmK7dJAAAAAA=="
#define PLAYREADY_BOX "AAAAI3Bzc2gAAAAAmgTweZhAQoarkuZb4IhflQAAAANhYmM="

static void
add_pssh (HabRepresentation *rep, const gchar *boxes)
{
  g_autoptr (GError) error = NULL;

  g_ptr_array_unref (rep->pssh);
  rep->pssh = hab_pssh_parse_list (boxes, &error);
  g_assert_no_error (error);
}

static void
test_license (Fixture *f, gconstpointer data)
{
  f->video->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  add_pssh (f->video, W3C_COMMON_BOX "," PLAYREADY_BOX);
  f->options.license_url = "http://localhost/l?a=1&b=<2>";
  add_segment (f->video, 0, 1);
  write_and_parse (f);

  assert_xpath (f, "count(//m:ContentProtection)", "3");
  assert_xpath (f, "string(//m:ContentProtection[1]/@cenc:default_KID)",
      "a16e402b-9056-e371-f36d-348aa62bb749");
  assert_xpath (f, "string(//m:ContentProtection[1]/@value)", "cbcs");
  assert_xpath (f, "string(//m:ContentProtection[2]/dashif:Laurl)",
      "http://localhost/l?a=1&b=<2>");
  /* A box of the W3C common system beside it breaks players. */
  assert_xpath (f, "count(//cenc:pssh)", "1");
  assert_xpath (f, "string(//cenc:pssh)", PLAYREADY_BOX);
}

static void
test_pssh (Fixture *f, gconstpointer data)
{
  HabRepresentation *audio = track_new ("audio_0", FALSE, 44100);

  f->video->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  add_pssh (f->video, W3C_COMMON_BOX "," PLAYREADY_BOX);
  audio->rate = 44100;
  audio->channels = 2;
  audio->arrangement = 2;
  add_segment (f->video, 0, 1);
  add_segment (audio, 0, 44100);
  hab_presentation_add (f->presentation, hab_adaptation_set_new (audio));
  write_and_parse (f);

  assert_xpath (f, "count(//m:ContentProtection)", "3");
  assert_xpath (f, "string(//m:ContentProtection[@schemeIdUri="
      "'urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b']/cenc:pssh)",
      W3C_COMMON_BOX);
  assert_xpath (f, "string(//m:ContentProtection[@schemeIdUri="
      "'urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95']/cenc:pssh)",
      PLAYREADY_BOX);
  assert_xpath (f, "string(//m:ContentProtection[@value='MSPR 2.0']"
      "/*[namespace-uri()='urn:microsoft:playready'])", "YWJj");
  assert_xpath (f, "count(//m:AdaptationSet[@contentType='audio']"
      "/m:ContentProtection)", "0");
  assert_xpath (f, "string(//m:AudioChannelConfiguration/@value)", "2");
}

static const struct
{
  guint channels, layout;
  guint16 dolby_map;
  const gchar *scheme, *value;
} arrangements[] = {
  { 1, 1, 0, "urn:mpeg:dash:23003:3:audio_channel_configuration:2011", "1" },
  { 6, 6, 0, "urn:mpeg:dash:23003:3:audio_channel_configuration:2011", "6" },
  { 8, 12, 0, "urn:mpeg:mpegB:cicp:ChannelConfiguration", "12" },
  { 4, 10, 0, "urn:mpeg:mpegB:cicp:ChannelConfiguration", "10" },
  { 6, 0, 0xf801, "tag:dolby.com,2014:dash:audio_channel_configuration:2011",
      "F801" },
  { 5, 0, 0, "", "" },
};

static void
test_arrangement (Fixture *f, gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  HabRepresentation *audio = track_new ("audio_0", FALSE, 48000);

  audio->rate = 48000;
  audio->channels = arrangements[i].channels;
  audio->arrangement = arrangements[i].layout;
  audio->dolby_map = arrangements[i].dolby_map;
  add_segment (f->video, 0, 1);
  add_segment (audio, 0, 48000);
  hab_presentation_add (f->presentation, hab_adaptation_set_new (audio));
  write_and_parse (f);

  assert_xpath (f, "string(//m:AudioChannelConfiguration/@schemeIdUri)",
      arrangements[i].scheme);
  assert_xpath (f, "string(//m:AudioChannelConfiguration/@value)",
      arrangements[i].value);
}

/* One set of two representations, a key for each. */
/* What is true of all representations is said once. */
static void
test_ladder (Fixture *f, gconstpointer data)
{
  HabRepresentation *other = track_new ("video_1", TRUE, 1000);

  f->video->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  other->default_kid = g_strdup (f->video->default_kid);
  f->video->fps_n = 25;
  f->video->fps_d = 1;
  other->fps_n = 50;
  other->fps_d = 1;
  other->width = 426;
  other->height = 240;
  f->video->transfer = other->transfer = 16;
  f->video->primaries = f->video->matrix = 9;
  f->video->first_number = other->first_number = 7;
  add_segment (f->video, 0, 4000);
  add_segment (other, 0, 4000);
  hab_adaptation_set_add (hab_presentation_get (f->presentation, 0), other);
  write_and_parse (f);

  assert_xpath (f, "count(//m:AdaptationSet/m:ContentProtection)", "2");
  assert_xpath (f, "count(//m:Representation/m:ContentProtection)", "0");
  assert_xpath (f, "count(//m:SegmentTemplate)", "1");
  assert_xpath (f, "string(//m:AdaptationSet/m:SegmentTemplate/@startNumber)",
      "7");
  assert_xpath (f, "concat(//m:AdaptationSet/@par, ' ', "
      "//m:AdaptationSet/@maxWidth, ' ', //m:AdaptationSet/@maxHeight, ' ', "
      "//m:AdaptationSet/@maxFrameRate)", "16:9 1280 720 50");
  assert_xpath (f, "string(//m:Representation[2]/@width)", "426");
  assert_xpath (f, "string(//m:EssentialProperty/@value)", "16");
  assert_xpath (f, "concat(//m:SupplementalProperty[1]/@schemeIdUri, ' ', "
      "//m:SupplementalProperty[2]/@schemeIdUri)",
      "urn:mpeg:mpegB:cicp:ColourPrimaries "
      "urn:mpeg:mpegB:cicp:MatrixCoefficients");
  assert_xpath (f, "string(//m:AdaptationSet/@segmentAlignment)", "true");
}

/* Timelines in different ticks are each representation's own. */
static void
test_own_timelines (Fixture *f, gconstpointer data)
{
  HabRepresentation *other = track_new ("video_1", TRUE, 90000);
  guint two = 2, three = 3;

  add_segment (f->video, 0, 4000);
  add_segment (other, 0, 360000);
  hab_adaptation_set_add (hab_presentation_get (f->presentation, 0), other);
  g_array_append_val (hab_presentation_get (f->presentation, 0)->switchable,
      two);
  g_array_append_val (hab_presentation_get (f->presentation, 0)->switchable,
      three);
  write_and_parse (f);

  assert_xpath (f, "count(//m:AdaptationSet/m:SegmentTemplate)", "0");
  assert_xpath (f, "count(//m:Representation/m:SegmentTemplate)", "2");
  assert_xpath (f, "string(//m:SupplementalProperty[@schemeIdUri="
      "'urn:mpeg:dash:adaptation-set-switching:2016']/@value)", "2,3");
}

/* 2026-11-21T12:00:00.250Z, in microseconds */
#define LIVE_START G_GINT64_CONSTANT (1795262400250000)

static void
test_dynamic (Fixture *f, gconstpointer data)
{
  f->presentation->dynamic = f->presentation->is_live = TRUE;
  f->presentation->live = (HabLive){ LIVE_START, LIVE_START + 16999999, 30000,
    4000, 12000, "http://localhost/time" };
  f->video->first_number = 3;
  f->video->longest = 5000;
  add_segment (f->video, 8000, 4000);
  add_segment (f->video, 12000, 4000);
  write_and_parse (f);

  assert_xpath (f, "string(/m:MPD/@type)", "dynamic");
  assert_xpath (f, "string(/m:MPD/@availabilityStartTime)",
      "2026-11-21T12:00:00.250Z");
  assert_xpath (f, "string(/m:MPD/@publishTime)", "2026-11-21T12:00:17.249Z");
  assert_xpath (f, "string(/m:MPD/@minimumUpdatePeriod)", "PT4.000S");
  assert_xpath (f, "string(/m:MPD/@timeShiftBufferDepth)", "PT30.000S");
  assert_xpath (f, "string(/m:MPD/@suggestedPresentationDelay)", "PT12.000S");
  assert_xpath (f, "string(/m:MPD/@maxSegmentDuration)", "PT5.000S");
  assert_xpath (f, "count(/m:MPD/@mediaPresentationDuration)", "0");
  assert_xpath (f, "string(//m:SegmentTemplate/@startNumber)", "3");
  assert_xpath (f, "string(//m:S[1]/@t)", "8000");
  assert_xpath (f, "string(/m:MPD/m:UTCTiming/@value)",
      "http://localhost/time");
}

/* Behind the end, with what is left of it. */
static void
test_ended (Fixture *f, gconstpointer data)
{
  f->presentation->is_live = TRUE;
  f->presentation->live = (HabLive){ .start = LIVE_START, .window = 30000 };
  add_segment (f->video, 8000, 4000);
  write_and_parse (f);

  assert_xpath (f, "string(/m:MPD/@type)", "static");
  assert_xpath (f, "string(/m:MPD/@mediaPresentationDuration)", "PT12.000S");
  assert_xpath (f, "count(/m:MPD/@minimumUpdatePeriod | "
      "/m:MPD/@timeShiftBufferDepth | /m:MPD/m:UTCTiming)", "0");
}

static void
test_overlapping (Fixture *f, gconstpointer data)
{
  hab_presentation_get (f->presentation, 0)->overlapping = TRUE;
  add_segment (f->video, 0, 4000);
  write_and_parse (f);
  assert_xpath (f, "count(//@segmentAlignment)", "0");
}

static void
test_representations (Fixture *f, gconstpointer data)
{
  HabRepresentation *other = track_new ("video_1", TRUE, 1000);

  f->video->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  f->video->content.label = g_strdup ("A & B");
  f->video->content.role = HAB_ROLE_MAIN;
  other->default_kid = g_strdup ("00000000-9056-e371-f36d-348aa62bb749");
  add_segment (f->video, 0, 4000);
  add_segment (other, 0, 4000);
  hab_adaptation_set_add (hab_presentation_get (f->presentation, 0), other);
  write_and_parse (f);

  assert_xpath (f, "count(//m:AdaptationSet)", "1");
  assert_xpath (f, "count(//m:AdaptationSet/m:ContentProtection)", "0");
  assert_xpath (f, "string(//m:Representation[@id='video_1']"
      "/m:ContentProtection[1]/@cenc:default_KID)",
      "00000000-9056-e371-f36d-348aa62bb749");
  assert_xpath (f, "string(//m:AdaptationSet/m:Label)", "A & B");
  assert_xpath (f, "string(//m:AdaptationSet/m:Role/@value)", "main");
}

static void
test_attributes (Fixture *f, gconstpointer data)
{
  f->video->fps_n = 24000;
  f->video->fps_d = 1001;
  f->video->sar_n = 4;
  f->video->sar_d = 3;
  f->video->timescale = 24000;
  add_segment (f->video, 0, 96096);
  write_and_parse (f);

  assert_xpath (f, "string(//m:Representation/@frameRate)", "24000/1001");
  assert_xpath (f, "string(//m:Representation/@sar)", "4:3");
  assert_xpath (f, "string(//m:SegmentTemplate/@media)",
      "$RepresentationID$/$Number$.m4s");
  assert_xpath (f, "string(/m:MPD/@mediaPresentationDuration)", "PT4.004S");
}

static void
test_single_file (Fixture *f, gconstpointer data)
{
  f->video->single_file = TRUE;
  f->video->file_layout = (HabSingleFileLayout){ 800, 800, 100, 1000 };
  add_segment (f->video, 0, 4000);
  write_and_parse (f);

  assert_xpath (f, "string(/m:MPD/@profiles)",
      "urn:mpeg:dash:profile:isoff-on-demand:2011");
  assert_xpath (f, "string(//m:BaseURL)", "video_0/track.mp4");
  assert_xpath (f, "string(//m:SegmentBase/@indexRange)", "800-899");
  assert_xpath (f, "string(//m:Initialization/@range)", "0-799");
  assert_xpath (f, "count(//m:SegmentTemplate)", "0");
}

/* In the clear beside encrypted video, and of no weight for the times. */
static void
test_text (Fixture *f, gconstpointer data)
{
  HabRepresentation *text = hab_representation_new ("text_0", HAB_MEDIA_TEXT);

  text->timescale = 1000;
  text->bandwidth = 80;
  text->content.language = g_strdup ("de");
  text->content.role = HAB_ROLE_SUBTITLE;
  add_segment (text, 0, 60000);
  add_segment (f->video, 0, 2000);
  f->video->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  hab_presentation_add (f->presentation, hab_adaptation_set_new (text));
  write_and_parse (f);
  assert_xpath (f, "string(/m:MPD/@mediaPresentationDuration)", "PT2.000S");
  assert_xpath (f, "string(/m:MPD/@maxSegmentDuration)", "PT2.000S");
#define SET "//m:AdaptationSet[@contentType='text']"
  assert_xpath (f, "string(" SET "/@mimeType)", "text/vtt");
  assert_xpath (f, "string(" SET "/@lang)", "de");
  assert_xpath (f, "string(" SET "/m:Role/@value)", "subtitle");
  assert_xpath (f, "string(" SET "/m:Representation/@id)", "text_0");
  assert_xpath (f, "string(" SET "/m:Representation/@bandwidth)", "80");
  assert_xpath (f, "string(" SET "//m:BaseURL)", "text_0/track.vtt");
  assert_xpath (f, "count(" SET "//@codecs)", "0");
  assert_xpath (f, "count(" SET "//m:ContentProtection)", "0");
  assert_xpath (f, "count(" SET "//m:SegmentTemplate)", "0");
#undef SET
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/mpd/timeline", Fixture, NULL, set_up, test_timeline, tear_down);
  g_test_add ("/mpd/license", Fixture, NULL, set_up, test_license, tear_down);
  g_test_add ("/mpd/pssh", Fixture, NULL, set_up, test_pssh, tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (arrangements); i++) {
    g_autofree gchar *path = g_strdup_printf ("/mpd/channels/%u", i);

    g_test_add (path, Fixture, GUINT_TO_POINTER (i), set_up, test_arrangement,
        tear_down);
  }
  g_test_add ("/mpd/single-file", Fixture, NULL, set_up, test_single_file,
      tear_down);
  g_test_add ("/mpd/text", Fixture, NULL, set_up, test_text, tear_down);
  g_test_add ("/mpd/dynamic", Fixture, NULL, set_up, test_dynamic, tear_down);
  g_test_add ("/mpd/ended", Fixture, NULL, set_up, test_ended, tear_down);
  g_test_add ("/mpd/overlapping", Fixture, NULL, set_up, test_overlapping,
      tear_down);
  g_test_add ("/mpd/ladder", Fixture, NULL, set_up, test_ladder, tear_down);
  g_test_add ("/mpd/own-timelines", Fixture, NULL, set_up,
      test_own_timelines, tear_down);
  g_test_add ("/mpd/representations", Fixture, NULL, set_up,
      test_representations, tear_down);
  g_test_add ("/mpd/attributes", Fixture, NULL, set_up, test_attributes,
      tear_down);
  return g_test_run ();
}
