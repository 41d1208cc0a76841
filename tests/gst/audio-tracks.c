/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Audio whose caps do not say all: what cbcsenc and cencmux make of the first
 * sample, of its time and of its clipping. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#include "leaks.h"
#endif

#include <string.h>

#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#define ENCRYPT \
  "cbcsenc kid=a16e402b9056e371f36d348aa62bb749 " \
  "key=87237d20a19f58a740c05684e699b4aa iv=000102030405060708090a0b0c0d0e0f"

#define AC3 "audio/x-ac3, framed = true, rate = 48000, channels = 2"
#define AC3_FRAME "0b77b50b1e40ebf8403eff99ff0841fc" "0102030405060708"
#define FLAC \
  "audio/x-flac, framed = true, rate = 48000, channels = 2, " \
  "streamheader = (buffer) < 664c6143, 80000022120012000002a400051d0bb802f0" \
  "0004650059fe7b36f1277216714a9161595746aa >"
#define OPUS \
  "audio/x-opus, rate = 48000, channels = 2, channel-mapping-family = 0, " \
  "stream-count = 1, coupled-count = 1"
#define OPUS_HEADERS \
  OPUS ", streamheader = (buffer) < " \
  "4f707573486561640102380180bb0000000000, 4f70757354616773 >"
#define MP3 "audio/mpeg, mpegversion = 1, rate = 48000, channels = 2"

#define PACKET (20 * GST_MSECOND)
#define PRE_SKIP (6500 * GST_USECOND) /* 312 samples */

static GByteArray *
from_hex (const gchar *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; hex[0] && hex[1]; hex += 2) {
    guint8 byte = g_ascii_xdigit_value (hex[0]) << 4 |
        g_ascii_xdigit_value (hex[1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  return bytes;
}

static GstBuffer *
sample (const gchar *hex, GstClockTime pts, GstClockTime duration)
{
  GByteArray *bytes = from_hex (hex);
  gsize size = bytes->len;
  GstBuffer *buffer = gst_buffer_new_wrapped (g_byte_array_free (bytes, FALSE),
      size);

  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = duration;
  return buffer;
}

static void
push (GstHarness *h, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
}

/* Everything that came out, after the end. */
static GByteArray *
finish (GstHarness *h)
{
  GByteArray *file = g_byte_array_new ();

  gst_harness_push_event (h, gst_event_new_eos ());
  for (;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (h);
    GstMapInfo map;

    if (buffer == NULL)
      return file;
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_byte_array_append (file, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
}

static gboolean
has_bytes (const GByteArray *file, const gchar *hex)
{
  g_autoptr (GByteArray) bytes = from_hex (hex);

  return memmem (file->data, file->len, bytes->data, bytes->len) != NULL;
}

static const guint8 *
find_box (const GByteArray *file, const gchar *type)
{
  const guint8 *found = memmem (file->data, file->len, type, 4);

  return found ? found + 4 : NULL;
}

/* Ticks in the media timeline that are shown at 0; 0 without an edit list. */
static guint64
media_time (const GByteArray *file)
{
  const guint8 *elst = find_box (file, "elst");

  return elst ? GST_READ_UINT64_BE (elst + 16) : 0;
}

static void
push_segment (GstHarness *h, GstClockTime start)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = start;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

/* Demuxers say 2 channels of all AC-3; its header says 5.1. */
static void
test_sample_describes (void)
{
  GstHarness *h = gst_harness_new ("cencmux");
  g_autoptr (GByteArray) file = NULL;
  const guint8 *entry;

  gst_harness_set_src_caps_str (h, AC3);
  push (h, sample (AC3_FRAME, 0, 32 * GST_MSECOND));
  file = finish (h);
  g_assert_true (has_bytes (file, "0000000b64616333103de0"));
  entry = find_box (file, "ac-3");
  g_assert_cmpuint (GST_READ_UINT16_BE (entry + 16), ==, 6);
  g_assert_cmpuint (GST_READ_UINT16_BE (entry + 24), ==, 48000);
  gst_harness_teardown (h);
}

static GstCaps *
caps_of (GstHarness *h)
{
  return gst_pad_get_current_caps (h->sinkpad);
}

/* Nobody can read a sample that is encrypted, so its caps come first. */
static void
test_encryptor_describes (void)
{
  GstHarness *h = gst_harness_new_parse (ENCRYPT);
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstBuffer) buffer = NULL, codec_data = NULL;
  guint8 bytes[4];

  gst_harness_set_src_caps_str (h, AC3);
  push (h, sample (AC3_FRAME, 0, 32 * GST_MSECOND));
  buffer = gst_harness_pull (h);
  g_assert_nonnull (gst_buffer_get_protection_meta (buffer));
  gst_buffer_extract (buffer, 0, bytes, 2);
  g_assert_cmphex (GST_READ_UINT16_BE (bytes), !=, 0x0b77);

  caps = caps_of (h);
  gst_structure_get (gst_caps_get_structure (caps, 0),
      "codec_data", GST_TYPE_BUFFER, &codec_data, NULL);
  g_assert_nonnull (codec_data);
  g_assert_cmpuint (gst_buffer_extract (codec_data, 0, bytes, 4), ==, 3);
  g_assert_cmphex (GST_READ_UINT24_BE (bytes), ==, 0x103de0);
  gst_harness_teardown (h);
}

/* The pre-skip of a file with an edit list is what that leaves out, with and
 * without encryption, and stays so when the same caps come again. */
static void
test_lead (gconstpointer line)
{
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GByteArray) file = NULL;

  gst_harness_set_src_caps_str (h, OPUS);
  push_segment (h, PRE_SKIP);
  push (h, sample ("fc0102", 0, PACKET));
  gst_harness_set_src_caps_str (h, OPUS);
  push (h, sample ("fc0102", PACKET, PACKET));
  file = finish (h);
  g_assert_cmpuint (media_time (file), ==, 312);
  g_assert_true (has_bytes (file, "644f7073000201380000bb80000000"));
  gst_harness_teardown (h);
}

/* Matroska and Ogg: the time is that of what is heard. */
static void
test_clipping (void)
{
  GstHarness *h = gst_harness_new ("cencmux");
  g_autoptr (GByteArray) file = NULL;
  GstBuffer *first = sample ("fc0102", 0, PACKET);
  GstBuffer *last = sample ("fc0102", PACKET - PRE_SKIP, PACKET);
  const guint8 *trun;

  gst_buffer_add_audio_clipping_meta (first, GST_FORMAT_DEFAULT, 312, 0);
  gst_buffer_add_audio_clipping_meta (last, GST_FORMAT_DEFAULT, 0, 648);
  gst_harness_set_src_caps_str (h, OPUS_HEADERS);
  push (h, first);
  push (h, last);
  file = finish (h);
  g_assert_cmpuint (media_time (file), ==, 312);
  g_assert_true (has_bytes (file, "644f7073000201380000bb80000000"));
  trun = find_box (file, "trun");
  g_assert_nonnull (trun);
  /* Duration and size of each, behind flags, count and data offset. */
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 4), ==, 2);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 12), ==, 960);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 20), ==, 960 - 648);
  gst_harness_teardown (h);
}

/* Headers in front of the samples, flagged or not, are in the caps. */
static void
test_headers (gconstpointer line)
{
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GByteArray) file = NULL;
  const guint8 *trun;

  gst_harness_set_src_caps_str (h, FLAC);
  push (h, sample ("664c6143", GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE));
  push (h, sample ("84000000", GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE));
  push (h, sample ("fff80102", 0, 96 * GST_MSECOND));
  file = finish (h);
  g_assert_false (has_bytes (file, "84000000"));
  trun = find_box (file, "trun");
  g_assert_nonnull (trun);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 4), ==, 1);
  gst_harness_teardown (h);
}

typedef struct
{
  const gchar *name;
  const gchar *line, *caps, *sample;
  const gchar *message; /* part of it */
} Refusal;

static const Refusal refusals[] = {
  { "mp3", ENCRYPT, MP3, "fffb946400000000", "no standard says how MP3" },
  { "mux-not-ac3", "cencmux", AC3, "000102030405060708",
      "does not begin with an AC-3 header" },
  { "encrypt-not-ac3", ENCRYPT, AC3, "000102030405060708",
      "does not begin with an AC-3 header" },
  { "flac-without-header", "cencmux", "audio/x-flac, framed = true",
      "fff80102", "STREAMINFO" },
  { "opus-family-2", "cencmux", "audio/x-opus, channels = 4, "
      "channel-mapping-family = 2, stream-count = 4, coupled-count = 0, "
      "channel-mapping = (int) < 0, 1, 2, 3 >", "fc0102", "family 2" },
  { "mp2", "cencmux", MP3, "fffd946400000000", "layer" },
};

static void
test_refusal (gconstpointer data)
{
  const Refusal *refusal = data;
  GstHarness *h = gst_harness_new_parse (refusal->line);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (h->element, bus);
  gst_harness_set_src_caps_str (h, refusal->caps);
  g_assert_cmpint (gst_harness_push (h, sample (refusal->sample, 0, PACKET)),
      !=, GST_FLOW_OK);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, refusal->message));
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audio-tracks/sample-describes", test_sample_describes);
  g_test_add_func ("/audio-tracks/encryptor-describes",
      test_encryptor_describes);
  g_test_add_data_func ("/audio-tracks/lead/clear", "cencmux", test_lead);
  g_test_add_data_func ("/audio-tracks/lead/encrypted",
      ENCRYPT " ! cencmux", test_lead);
  g_test_add_func ("/audio-tracks/clipping", test_clipping);
  g_test_add_data_func ("/audio-tracks/headers/clear", "cencmux",
      test_headers);
  g_test_add_data_func ("/audio-tracks/headers/encrypted",
      ENCRYPT " ! cencmux", test_headers);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++) {
    g_autofree gchar *path = g_strdup_printf ("/audio-tracks/refused/%s",
        refusals[i].name);

    g_test_add_data_func (path, &refusals[i], test_refusal);
  }
  return run_tests ();
}
