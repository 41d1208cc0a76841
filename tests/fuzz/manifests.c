/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Manifests of a presentation with any texts and times in it: the MPD is XML
 * that says the same, the playlists have the lines that they have to have. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "fuzz.h"
#include "hls.h"
#include "mpd.h"

#define MAX_SEGMENTS 64

static void
take_segments (FuzzInput *input, HabRepresentation *rep)
{
  guint n = fuzz_take_u8 (input) % MAX_SEGMENTS + 1;
  guint64 time = fuzz_take_number (input, 5);

  for (guint i = 0; i < n; i++) {
    HabSegment segment = {
      .time = time,
      .duration = fuzz_take_number (input, 3) + 1,
      .size = fuzz_take_number (input, 3) + 1,
    };

    time += segment.duration;
    if (fuzz_take_u8 (input) & 1)
      strcpy (segment.kid, "a16e402b9056e371f36d348aa62bb749");
    g_array_append_val (rep->segments, segment);
  }
}

/* Element texts come from files, and whoever hands them on sees to UTF-8. */
static HabRepresentation *
take_representation (FuzzInput *input, HabMediaKind kind)
{
  HabRepresentation *rep = hab_representation_new (
      kind == HAB_MEDIA_VIDEO ? "video_0" : "audio_0", kind);
  guint flags = fuzz_take_u8 (input);

  rep->timescale = fuzz_take_number (input, 3) + 1;
  rep->bandwidth = fuzz_take_number (input, 4) + 1;
  rep->codecs = g_strdup ("avc1.64001f");
  rep->content.role = fuzz_take_u8 (input) % (HAB_ROLE_FORCED_SUBTITLE + 1);
  rep->content.language = fuzz_make_valid (fuzz_take_line (input));
  rep->content.label = fuzz_make_valid (fuzz_take_line (input));
  if (flags & 1)
    rep->default_kid = g_strdup ("a16e402b-9056-e371-f36d-348aa62bb749");
  rep->first_number = flags & 2 ? 7 : 1;
  rep->lead_gone = (flags & 4) != 0;
  rep->width = kind == HAB_MEDIA_VIDEO ? fuzz_take_number (input, 2) : 0;
  rep->height = kind == HAB_MEDIA_VIDEO ? fuzz_take_number (input, 2) : 0;
  rep->fps_n = fuzz_take_number (input, 2);
  rep->fps_d = fuzz_take_number (input, 2);
  rep->sar_n = fuzz_take_number (input, 2);
  rep->sar_d = fuzz_take_number (input, 2);
  rep->channels = fuzz_take_u8 (input);
  rep->rate = fuzz_take_number (input, 3);
  take_segments (input, rep);
  return rep;
}

static gchar *
evaluate (xmlDoc *document, const gchar *expression)
{
  xmlXPathContext *context = xmlXPathNewContext (document);
  xmlXPathObject *result =
      xmlXPathEvalExpression (BAD_CAST expression, context);
  xmlChar *text = xmlXPathCastToString (result);
  gchar *copy = g_strdup ((const gchar *) text);

  xmlFree (text);
  xmlXPathFreeObject (result);
  xmlXPathFreeContext (context);
  return copy;
}

static void
assert_number (xmlDoc *document, const gchar *expression, guint64 wanted)
{
  g_autofree gchar *text = evaluate (document, expression);

  g_assert_cmpuint (g_ascii_strtoull (text, NULL, 10), ==, wanted);
}

static void
check_mpd (const HabPresentation *presentation, const gchar *url)
{
  const HabMpdOptions options = { .license_url = url };
  const HabRepresentation *rep =
      hab_adaptation_set_get (hab_presentation_get (presentation, 0), 0);
  gsize size;
  g_autofree gchar *text = hab_mpd_write (presentation, &options, &size);
  xmlDoc *document = xmlReadMemory (text, size, NULL, NULL,
      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

  g_assert_nonnull (document);
  assert_number (document, "count(//*[local-name()='Representation'])", 2);
  assert_number (document, "string(//*[@id='video_0']/@bandwidth)",
      rep->bandwidth);
  xmlFreeDoc (document);
}

/* A line is a tag, a comment or an address, and has no control character and
 * nothing that would end what is quoted in it. */
static void
check_playlist (gchar *written)
{
  g_autofree gchar *text = written;
  g_auto (GStrv) lines = NULL;

  if (text == NULL)
    return;
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_true (g_str_has_prefix (text, "#EXTM3U\n"));
  g_assert_true (g_str_has_suffix (text, "\n"));
  lines = g_strsplit (text, "\n", -1);
  for (gchar **line = lines; *line != NULL; line++) {
    guint quotes = 0;

    for (const gchar *c = *line; *c != '\0'; c = g_utf8_next_char (c)) {
      quotes += *c == '"';
      g_assert_false (g_unichar_iscntrl (g_utf8_get_char (c)));
    }
    g_assert_cmpuint (quotes % 2, ==, 0);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  g_autofree gchar *url = fuzz_make_valid (fuzz_take_line (&input));
  const HabHlsKeys keys = { fuzz_take_u8 (&input) & 1, url };
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();

  for (guint i = 0; i < 2; i++)
    hab_presentation_add (presentation, hab_adaptation_set_new (
        take_representation (&input, i == 0 ? HAB_MEDIA_VIDEO
                                            : HAB_MEDIA_AUDIO)));
  check_mpd (presentation, url);
  check_playlist (hab_hls_write_multivariant (presentation));
  for (guint i = 0; i < 2; i++) {
    const HabRepresentation *rep =
        hab_adaptation_set_get (hab_presentation_get (presentation, i), 0);

    check_playlist (hab_hls_write_media (presentation, rep, &keys));
    check_playlist (hab_hls_write_i_frames (presentation, rep, &keys));
  }
  return 0;
}
