/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Manifests of a presentation with any texts and times in it: the MPD is XML
 * that says the same, the playlists have the lines that they have to have. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fuzz-xml.h"
#include "hls-subtitles.h"
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
      .key_frame_size = fuzz_take_number (input, 2),
    };

    time += segment.duration;
    if (fuzz_take_u8 (input) & 1)
      strcpy (segment.kid, "a16e402b9056e371f36d348aa62bb749");
    g_array_append_val (rep->segments, segment);
  }
}

/* One box for each of the systems that a bit says, with any data. */
static void
take_boxes (FuzzInput *input, HabRepresentation *rep, guint systems)
{
  static const guint8 starts[][28] = {
    { [4] = 'p', 's', 's', 'h', [12] = 0xed, 0xef, 0x8b, 0xa9, 0x79, 0xd6,
        0x4a, 0xce, 0xa3, 0xc8, 0x27, 0xdc, 0xd5, 0x1d, 0x21, 0xed },
    { [4] = 'p', 's', 's', 'h', [12] = 0x9a, 0x04, 0xf0, 0x79, 0x98, 0x40,
        0x42, 0x86, 0xab, 0x92, 0xe6, 0x5b, 0xe0, 0x88, 0x5f, 0x95 },
    { [4] = 'p', 's', 's', 'h', [12] = 0x10, 0x77, 0xef, 0xec, 0xc0, 0xb2,
        0x4d, 0x02, 0xac, 0xe3, 0x3c, 0x1e, 0x52, 0xe2, 0xfb, 0x4b },
  };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (GBytes) box = NULL;
    gsize size;
    const guint8 *data;

    if (!(systems >> i & 1))
      continue;
    data = fuzz_take (input, fuzz_take_u8 (input), &size);
    g_byte_array_append (bytes, starts[i], sizeof starts[i]);
    GST_WRITE_UINT32_BE (bytes->data, sizeof starts[i] + 4 + size);
    g_byte_array_set_size (bytes, sizeof starts[i] + 4);
    GST_WRITE_UINT32_BE (bytes->data + sizeof starts[i], size);
    if (size > 0)
      g_byte_array_append (bytes, data, size);
    box = g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
    g_ptr_array_add (rep->pssh, hab_pssh_parse (box, NULL));
    g_assert_nonnull (rep->pssh->pdata[rep->pssh->len - 1]);
  }
}

static void
take_file_layout (FuzzInput *input, HabRepresentation *rep)
{
  rep->single_file = TRUE;
  rep->file_layout.init_size = fuzz_take_number (input, 2) + 1;
  rep->file_layout.index_offset = rep->file_layout.init_size;
  rep->file_layout.index_size = fuzz_take_number (input, 2) + 1;
}

/* Element texts come from files, and whoever hands them on sees to UTF-8. */
static HabRepresentation *
take_representation (FuzzInput *input, HabMediaKind kind)
{
  static const gchar *const ids[] = { "video_0", "audio_0", "text_0" };
  HabRepresentation *rep = hab_representation_new (ids[kind], kind);
  guint flags = fuzz_take_u8 (input);

  rep->timescale = fuzz_take_number (input, 3) + 1000;
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
  rep->arrangement = fuzz_take_u8 (input);
  rep->dolby_map = flags & 8 ? fuzz_take_number (input, 2) : 0;
  rep->transfer = fuzz_take_u8 (input);
  rep->primaries = rep->matrix = flags & 8 ? 9 : 0;
  if (flags & 16)
    take_file_layout (input, rep);
  take_boxes (input, rep, rep->default_kid != NULL ? flags >> 5 : 0);
  take_segments (input, rep);
  return rep;
}

static void
check_mpd (const HabPresentation *presentation, const gchar *url)
{
  const HabMpdOptions options = { .license_url = url };
  const HabRepresentation *rep =
      hab_adaptation_set_get (hab_presentation_get (presentation, 0), 0);
  gsize size;
  g_autofree gchar *text = hab_mpd_write (presentation, &options, &size);
  xmlDoc *document = fuzz_read_xml (text, size);

  g_assert_nonnull (document);
  fuzz_assert_number (document, "count(//*[local-name()='Representation'])",
      presentation->sets->len);
  fuzz_assert_number (document, "string(//*[@id='video_0']/@bandwidth)",
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

static void
take_live (FuzzInput *input, HabPresentation *presentation, guint flags)
{
  presentation->is_live = (flags & 1) != 0;
  presentation->dynamic = (flags & 3) == 3;
  presentation->live.start = fuzz_take_number (input, 6);
  presentation->live.published = fuzz_take_number (input, 6);
  presentation->live.window = fuzz_take_number (input, 3);
  presentation->live.update_period = fuzz_take_number (input, 3);
  presentation->live.delay = fuzz_take_number (input, 3);
}

static void
check_text (guint64 duration, guint64 length)
{
  gchar *text = hab_hls_write_text (duration, length);
  g_auto (GStrv) parts = g_strsplit (text, "#EXTINF:", -1);

  g_assert_cmpuint (g_strv_length (parts) - 1, ==,
      hab_hls_count_text (duration, length));
  check_playlist (text);
}

static void
check_playlists (const HabPresentation *presentation, const HabHlsKeys *keys)
{
  check_playlist (hab_hls_write_multivariant (presentation));
  for (guint i = 0; i < 2; i++) {
    const HabRepresentation *rep =
        hab_adaptation_set_get (hab_presentation_get (presentation, i), 0);

    check_playlist (hab_hls_write_media (presentation, rep, keys));
    check_playlist (hab_hls_write_i_frames (presentation, rep, keys));
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  g_autofree gchar *url = fuzz_make_valid (fuzz_take_line (&input));
  const HabHlsKeys keys = { fuzz_take_u8 (&input) & 1, url };
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  guint flags = fuzz_take_u8 (&input);
  guint64 duration = fuzz_take_number (&input, 5);

  /* Not less than a second, or there would be millions of segments. */
  check_text (duration, flags & 8 ? 0 : 1000000000 +
      fuzz_take_number (&input, 4));
  take_live (&input, presentation, flags);
  presentation->live.clock_url = url;
  for (guint i = 0; i < (flags & 4 ? 3 : 2); i++)
    hab_presentation_add (presentation, hab_adaptation_set_new (
        take_representation (&input, i == 0 ? HAB_MEDIA_VIDEO : i == 1
            ? HAB_MEDIA_AUDIO : HAB_MEDIA_TEXT)));
  check_mpd (presentation, url);
  check_playlists (presentation, &keys);
  return 0;
}
