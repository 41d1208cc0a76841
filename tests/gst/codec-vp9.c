/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames are written here bit by bit from the syntax of the VP9 specification. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/gst.h>

#include "bit-writer.h"
#include "codec.h"

/* --- writing frames ------------------------------------------------------------ */

typedef struct
{
  guint profile;
  gchar kind;         /* K: key, H: key for later, P, A: for later, E: existing */
  gboolean twelve;    /* of profiles 2 and 3: 12 bits, not 10 */
  guint colour_space;
  gboolean full_range;
  guint subsampling;  /* of profiles 1 and 3: x and y as two bits */
  guint width, height;
} Frame;

static void
put_colour (Bits *bits, const Frame *frame)
{
  if (frame->profile >= 2)
    put (bits, 1, frame->twelve);
  put (bits, 3, frame->colour_space);
  if (frame->colour_space != 7)
    put (bits, 1, frame->full_range);
  if (frame->profile & 1 && frame->colour_space != 7)
    put (bits, 2, frame->subsampling);
  if (frame->profile & 1)
    put (bits, 1, 0);
}

static guint
append_frame (GByteArray *unit, const Frame *frame, guint size)
{
  Bits bits = { g_byte_array_new (), 0 };
  gboolean key = frame->kind == 'K' || frame->kind == 'H';
  guint n;

  put (&bits, 2, 2);
  put (&bits, 1, frame->profile & 1);
  put (&bits, 1, frame->profile >> 1);
  if (frame->profile == 3)
    put (&bits, 1, 0);
  put (&bits, 1, frame->kind == 'E');
  if (frame->kind == 'E') {
    put (&bits, 3, 0);
  } else {
    put (&bits, 1, !key);
    put (&bits, 1, frame->kind == 'K' || frame->kind == 'P');
    put (&bits, 1, 0);
  }
  if (key) {
    put (&bits, 24, 0x498342);
    put_colour (&bits, frame);
    put (&bits, 16, frame->width - 1);
    put (&bits, 16, frame->height - 1);
  }
  put_data (&bits, size);
  g_byte_array_append (unit, bits.bytes->data, bits.bytes->len);
  n = bits.bytes->len;
  g_byte_array_unref (bits.bytes);
  return n;
}

/* kinds: one frame each; an index where there are several. */
static GByteArray *
superframe_new (const gchar *kinds)
{
  GByteArray *unit = g_byte_array_new ();
  guint n = strlen (kinds);
  const guint8 marker = 0xc0 | 1 << 3 | (n - 1);
  guint8 sizes[2 * 8];

  for (guint i = 0; i < n; i++) {
    const Frame frame = { 0, kinds[i], FALSE, 2, FALSE, 0, 320, 180 };
    guint size = append_frame (unit, &frame, 300 + i);

    sizes[2 * i] = size & 0xff;
    sizes[2 * i + 1] = size >> 8;
  }
  if (n > 1) {
    g_byte_array_append (unit, &marker, 1);
    g_byte_array_append (unit, sizes, 2 * n);
    g_byte_array_append (unit, &marker, 1);
  }
  return unit;
}

/* --- tests ------------------------------------------------------------------------ */

static const HabCodec *
codec (void)
{
  return hab_codec_find ("video/x-vp9", 0);
}

static void
test_access_units (void)
{
  static const struct
  {
    const gchar *kinds;
    HabRandomAccess random_access;
    gchar picture_type;
  } cases[] = {
    { "K", HAB_RANDOM_ACCESS_KEY_FRAME, 'I' },
    { "P", HAB_RANDOM_ACCESS_NONE, 'P' },
    { "E", HAB_RANDOM_ACCESS_NONE, 'P' },
    { "AP", HAB_RANDOM_ACCESS_NONE, 'P' },
    { "AAE", HAB_RANDOM_ACCESS_NONE, 'P' },
    { "HP", HAB_RANDOM_ACCESS_NONE, 'P' },
    { "KA", HAB_RANDOM_ACCESS_KEY_FRAME, 'I' },
    { "AAAAAAAP", HAB_RANDOM_ACCESS_NONE, 'P' },
  };
  g_autoptr (HabCodecParser) parser = hab_codec_parser_new (codec ());

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GByteArray) unit = superframe_new (cases[i].kinds);
    HabAccessUnitInfo info;

    g_assert_true (hab_codec_parser_parse_access_unit (parser, unit->data,
        unit->len, &info, NULL));
    g_assert_cmpint (info.random_access, ==, cases[i].random_access);
    g_assert_cmpint (info.picture_type, ==, cases[i].picture_type);
  }
}

static void
test_damage (void)
{
  g_autoptr (HabCodecParser) parser = hab_codec_parser_new (codec ());
  g_autoptr (GByteArray) whole = superframe_new ("AP");
  g_autoptr (GError) error = NULL;
  HabAccessUnitInfo info;

  for (gsize i = 0; i < 2 * whole->len; i++) {
    gsize size = i < whole->len ? i : whole->len;
    g_autofree guint8 *damaged = g_memdup2 (whole->data, size);
    g_autoptr (GError) ignored = NULL;

    if (i >= whole->len)
      damaged[i - whole->len] ^= 0xff;
    hab_codec_parser_parse_access_unit (parser, damaged, size, &info, &ignored);
  }

  whole->data[whole->len - 2] = 0xff; /* size of the last frame */
  g_assert_false (hab_codec_parser_parse_access_unit (parser, whole->data,
      whole->len, &info, &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
}

static GBytes *
make_codec_data (const Frame *frame, guint fps, GError **error)
{
  g_autoptr (GByteArray) unit = g_byte_array_new ();
  g_autoptr (GstStructure) caps = gst_structure_new ("video/x-vp9",
      "framerate", GST_TYPE_FRACTION, (gint) fps, 1, NULL);
  HabCodecStart start = { .caps = caps };

  append_frame (unit, frame, 20);
  start.sample = unit->data;
  start.size = unit->len;
  return codec ()->make_codec_data (&start, error);
}

static void
test_mime_codec (void)
{
  static const struct
  {
    Frame frame;
    guint fps;
    const gchar *mime;
  } cases[] = {
    { { 0, 'K', FALSE, 0, FALSE, 0, 320, 180 }, 25, "vp09.00.11.08" },
    { { 0, 'K', FALSE, 2, FALSE, 0, 1920, 1080 }, 30, "vp09.00.40.08" },
    { { 0, 'K', FALSE, 2, FALSE, 0, 1920, 1080 }, 60, "vp09.00.41.08" },
    { { 0, 'K', FALSE, 2, FALSE, 0, 65536, 64 }, 60, "vp09.00.62.08" },
    { { 0, 'K', FALSE, 2, TRUE, 0, 256, 144 }, 20,
        "vp09.00.10.08.01.01.01.01.01" },
    { { 2, 'K', FALSE, 5, FALSE, 0, 3840, 2160 }, 50,
        "vp09.02.51.10.01.09.14.09.00" },
    { { 1, 'K', FALSE, 2, FALSE, 0, 640, 360 }, 25,
        "vp09.01.21.08.03.01.01.01.00" },
    { { 3, 'K', TRUE, 2, FALSE, 2, 640, 360 }, 25,
        "vp09.03.21.12.02.01.01.01.00" },
    { { 1, 'K', FALSE, 7, TRUE, 0, 640, 360 }, 25,
        "vp09.01.21.08.03.01.13.00.01" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) record = make_codec_data (&cases[i].frame, cases[i].fps,
        &error);
    const guint8 *data;
    gsize size;
    g_autofree gchar *mime = NULL;

    g_assert_no_error (error);
    data = g_bytes_get_data (record, &size);
    g_assert_cmpuint (size, ==, 12);
    mime = codec ()->mime_codec (NULL, data, size, &error);
    g_assert_cmpstr (mime, ==, cases[i].mime);
    g_assert_null (codec ()->mime_codec (NULL, data, 11, NULL));
  }
}

static void
test_no_key_frame (void)
{
  static const Frame frame = { 0, 'P', FALSE, 0, FALSE, 0, 320, 180 };
  g_autoptr (GError) error = NULL;

  g_assert_null (make_codec_data (&frame, 25, &error));
  g_assert_error (error, HAB_CODEC_ERROR, HAB_CODEC_ERROR_MALFORMED);
  g_assert_nonnull (strstr (codec ()->clear_only, "VP9"));
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vp9/access-units", test_access_units);
  g_test_add_func ("/vp9/damage", test_damage);
  g_test_add_func ("/vp9/mime-codec", test_mime_codec);
  g_test_add_func ("/vp9/no-key-frame", test_no_key_frame);
  return g_test_run ();
}
