/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstharness.h>
#include <string.h>

#include "boxes.h"
#include "h264-units.h"
#include "leaks.h"

#define FRAME (40 * GST_MSECOND)

static GstHarness *
new_harness (const gchar *line)
{
  GstHarness *h = gst_harness_new_parse (line);
  g_autoptr (GstBuffer) codec_data = gst_buffer_new_memdup (h264_codec_data,
      sizeof h264_codec_data);
  GstCaps *caps = gst_caps_from_string ("video/x-h264, stream-format = avc, "
      "alignment = au, width = 320, height = 240, framerate = 25/1");

  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
  gst_harness_set_src_caps (h, caps);
  return h;
}

static GstBuffer *
frame (gboolean key, guint number, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, number, size);
  GST_BUFFER_DTS (buffer) = GST_BUFFER_PTS (buffer) = number * FRAME;
  GST_BUFFER_DURATION (buffer) = FRAME;
  if (!key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

/* Pushes n frames, a key frame every gop, and the end. */
static void
push_frames (GstHarness *h, guint n, guint gop, gsize size)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (gst_harness_push (h, frame (i % gop == 0, i, size)), ==,
        GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());
}

/* One letter a buffer: I init segment, S first of a segment, C first of a
 * further chunk, s sample, e sample that ends a segment. */
static gchar *
shape (GstHarness *h)
{
  GString *letters = g_string_new (NULL);

  for (;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (h);
    gboolean header, delta;

    if (buffer == NULL)
      return g_string_free (letters, FALSE);
    header = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER);
    delta = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    if (header && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
      g_string_append_c (letters, 'I');
    else if (header)
      g_string_append_c (letters, delta ? 'C' : 'S');
    else
      g_string_append_c (letters,
          GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_MARKER) ? 'e' : 's');
  }
}

typedef struct
{
  const gchar *name;
  const gchar *line;
  guint frames, gop, size;
  const gchar *shape;
} Grid;

/* Frames of 40 ms. */
static const Grid grids[] = {
  { "gop-on-line", "cencmux fragment-duration=120000000", 6, 3, 10,
      "ISsseSsse" },
  { "gop-behind-line", "cencmux fragment-duration=100000000", 8, 4, 10,
      "ISssseSssse" },
  { "two-gops", "cencmux fragment-duration=160000000", 8, 2, 10,
      "ISssseSssse" },
  { "short-last", "cencmux fragment-duration=80000000", 5, 2, 10,
      "ISseSseSe" },
  { "one-gop", "cencmux fragment-duration=80000000", 6, 100, 10, "ISssssse" },
  { "chunks", "cencmux fragment-duration=80000000 max-chunk-bytes=20", 5, 100,
      10, "ISssCssCe" },
  { "chunk-duration", "cencmux fragment-duration=160000000 "
      "chunk-duration=80000000", 8, 4, 10, "ISssCseSssCse" },
  { "chunk-at-gop", "cencmux fragment-duration=240000000 "
      "chunk-duration=120000000", 6, 2, 10, "ISssCssCse" },
  { "sample-above-chunk", "cencmux max-chunk-bytes=5", 3, 100, 10,
      "ISsCsCe" },
};

static void
test_grid (gconstpointer data)
{
  const Grid *grid = data;
  GstHarness *h = new_harness (grid->line);
  g_autofree gchar *actual = NULL;

  push_frames (h, grid->frames, grid->gop, grid->size);
  actual = shape (h);
  g_assert_cmpstr (actual, ==, grid->shape);
  gst_harness_teardown (h);
}

/* What cannot be decoded is left out, which is said once. */
static void
test_delta_units_first (void)
{
  GstHarness *h = new_harness ("cencmux fragment-duration=80000000");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) warning = NULL;
  g_autoptr (GstBuffer) init = NULL, header = NULL;
  g_autofree gchar *rest = NULL;

  gst_element_set_bus (h->element, bus);
  for (guint i = 0; i < 7; i++)
    g_assert_cmpint (gst_harness_push (h, frame (i == 2 || i == 5, i, 10)), ==,
        GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_eos ());
  init = gst_harness_pull (h);
  header = gst_harness_pull (h);
  g_assert_cmpuint (GST_BUFFER_PTS (header), ==, 2 * FRAME);
  rest = shape (h);
  g_assert_cmpstr (rest, ==, "sseSse");
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  g_assert_null (gst_bus_pop (bus));
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

static void
test_no_key_frame (void)
{
  GstHarness *h = new_harness ("cencmux");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (h->element, bus);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (gst_harness_push (h, frame (FALSE, i, 10)), ==,
        GST_FLOW_OK);
  g_assert_false (gst_harness_push_event (h, gst_event_new_eos ()));
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

/* (transfer full): the next event of the type. */
static GstEvent *
pull_event (GstHarness *h, GstEventType type)
{
  GstEvent *event;

  while ((event = gst_harness_try_pull_event (h))) {
    if (GST_EVENT_TYPE (event) == type)
      return event;
    gst_event_unref (event);
  }
  g_assert_not_reached ();
}

/* What follows a seek has its number, also where the element has a segment of its
 * own. */
static void
test_seqnum (void)
{
  GstHarness *h = new_harness ("cencmux");
  const GstEventType types[] = { GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP,
    GST_EVENT_SEGMENT };
  GstSegment segment;

  g_assert_cmpint (gst_harness_push (h, frame (TRUE, 0, 10)), ==, GST_FLOW_OK);
  gst_event_unref (pull_event (h, GST_EVENT_SEGMENT));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    GstEvent *event = types[i] == GST_EVENT_SEGMENT ?
        gst_event_new_segment (&segment) :
        types[i] == GST_EVENT_FLUSH_START ? gst_event_new_flush_start () :
                                            gst_event_new_flush_stop (TRUE);

    gst_event_set_seqnum (event, 1000);
    g_assert_true (gst_harness_push_event (h, event));
  }
  g_assert_cmpint (gst_harness_push (h, frame (TRUE, 0, 10)), ==, GST_FLOW_OK);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autoptr (GstEvent) event = pull_event (h, types[i]);

    g_assert_cmpuint (gst_event_get_seqnum (event), ==, 1000);
  }
  gst_harness_teardown (h);
}

/* --- boxes -------------------------------------------------------------------- */

static void
test_trun (void)
{
  GstHarness *h = new_harness ("cencmux fragment-duration=80000000");
  g_autoptr (GByteArray) file = NULL;
  const guint8 *trun, *mdat, *moof;
  gsize size;

  push_frames (h, 4, 2, 10);
  file = collect (h);
  trun = find_box (file->data, file->len, "moof/traf/trun", 0, &size);
  moof = find_box (file->data, file->len, "moof", 0, &size);
  mdat = find_box (file->data, file->len, "mdat", 0, &size);
  g_assert_nonnull (trun);
  g_assert_cmpuint (size, ==, 20);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 4), ==, 2);
  /* data_offset counts from the start of the moof. */
  g_assert_cmpint (GST_READ_UINT32_BE (trun + 8), ==, mdat - (moof - 8));
  /* 25 frames a second at 25600 ticks: 1024 each, of 10 bytes. */
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 12), ==, 1024);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 16), ==, 10);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 20), ==, 0x02000000);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 36), ==, 0x01010000);
  gst_harness_teardown (h);
}

/* Decoding before 0: the file starts at 0 and an edit list says by how much it
 * is shifted. */
static void
test_negative_dts (void)
{
  GstHarness *h = new_harness ("cencmux fragment-duration=80000000");
  g_autoptr (GByteArray) file = NULL;
  const guint8 *elst, *trun;
  GstSegment segment;
  gsize size;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 2 * FRAME;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (guint i = 0; i < 4; i++) {
    GstBuffer *buffer = frame (i % 2 == 0, i, 10);

    GST_BUFFER_PTS (buffer) += 2 * FRAME;
    g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  }
  gst_harness_push_event (h, gst_event_new_eos ());

  file = collect (h);
  elst = find_box (file->data, file->len, "moov/trak/edts/elst", 0, &size);
  g_assert_nonnull (elst);
  g_assert_cmpuint (GST_READ_UINT64_BE (elst + 16), ==, 2048);
  g_assert_cmpuint (decode_time (file, 0), ==, 0);
  g_assert_cmpuint (decode_time (file, 1), ==, 2048);
  trun = find_box (file->data, file->len, "moof/traf/trun", 0, &size);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 24), ==, 2048);
  gst_harness_teardown (h);
}

static void
test_protection_boxes (void)
{
  GstHarness *h = gst_harness_new_parse (
      "cbcsenc kid=a16e402b9056e371f36d348aa62bb749 "
      "key=87237d20a19f58a740c05684e699b4aa ! cencmux");
  g_autoptr (GByteArray) file = NULL;
  const guint8 *senc;
  gsize size;

  gst_harness_set_src_caps_str (h, "audio/mpeg, mpegversion = 4, "
      "stream-format = raw, framed = true, rate = 44100, channels = 2, "
      "codec_data = (buffer) 1210");
  push_frames (h, 3, 1, 40);
  file = collect (h);
  senc = find_box (file->data, file->len, "moof/traf/senc", 0, &size);
  g_assert_nonnull (senc);
  g_assert_cmpuint (size, ==, 8);
  g_assert_cmpuint (GST_READ_UINT32_BE (senc + 4), ==, 3);
  g_assert_null (find_box (file->data, file->len, "moof/traf/saiz", 0,
      &size));
  g_assert_nonnull (find_box (file->data, file->len, "moov/pssh", 0, &size));
  gst_harness_teardown (h);
}

/* A buffer that does not say how long it lasts lasts to the next one; the last
 * as long as the one before it, a single one as long as the caps say. */
static void
test_no_duration (void)
{
  static const guint counts[] = { 1, 4 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    GstHarness *h = new_harness ("cencmux fragment-duration=120000000");
    GstClockTime end = 0;

    for (guint n = 0; n < counts[i]; n++) {
      GstBuffer *buffer = frame (n % 3 == 0, n, 10);

      GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
      gst_harness_push (h, buffer);
    }
    gst_harness_push_event (h, gst_event_new_eos ());
    for (;;) {
      g_autoptr (GstBuffer) buffer = gst_harness_try_pull (h);
      const guint8 *trun;
      GstMapInfo map;
      gsize size;

      if (buffer == NULL)
        break;
      if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) ||
          GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
        continue;
      g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, end);
      end += GST_BUFFER_DURATION (buffer);
      g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
      trun = find_box (map.data, map.size - 8, "moof/traf/trun", 0, &size);
      g_assert_nonnull (trun);
      g_assert_cmpuint (GST_READ_UINT32_BE (trun + size - 16), ==, 1024);
      gst_buffer_unmap (buffer, &map);
    }
    g_assert_cmpuint (end, ==, counts[i] * FRAME);
    gst_harness_teardown (h);
  }
}

/* I P B B I P B B, and no DTS: every picture lasts as long as it does, none is
 * shown at another time. */
static void
test_no_dts (void)
{
  static const guint shown[] = { 0, 3, 1, 2, 4, 7, 5, 6 };
  GstHarness *h = new_harness ("cencmux fragment-duration=160000000");
  g_autoptr (GByteArray) file = NULL;
  const guint8 *moof, *trun;
  gsize moof_size, size;

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++) {
    GstBuffer *buffer = frame (i % 4 == 0, shown[i], 10);

    GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
    gst_harness_push (h, buffer);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  file = collect (h);
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++) {
    moof = find_box (file->data, file->len, "moof", i / 4, &moof_size);
    trun = find_box (moof, moof_size, "traf/trun", 0, &size);
    g_assert_cmpuint (decode_time (file, i / 4), ==, i / 4 * 4096);
    g_assert_cmpuint (GST_READ_UINT32_BE (trun + 12 + i % 4 * 16), ==, 1024);
    g_assert_cmpint ((gint32) GST_READ_UINT32_BE (trun + 24 + i % 4 * 16) +
        (gint) i * 1024, ==, shown[i] * 1024);
  }
  gst_harness_teardown (h);
}

/* Running time, at twice the speed half as long. */
static void
test_rate (void)
{
  GstHarness *h = new_harness ("cencmux fragment-duration=80000000");
  g_autoptr (GByteArray) file = NULL;
  const guint8 *trun;
  GstSegment segment;
  gsize size;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = 2.0;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_frames (h, 6, 2, 10);
  file = collect (h);
  g_assert_cmpuint (decode_time (file, 1), ==, 2048);
  trun = find_box (file->data, file->len, "moof/traf/trun", 0, &size);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + 12), ==, 512);
  trun = find_box (file->data, file->len, "moof", 1, &size);
  trun = find_box (trun, size, "traf/trun", 0, &size);
  g_assert_cmpuint (GST_READ_UINT32_BE (trun + size - 16), ==, 512);
  gst_harness_teardown (h);
}

static void
test_language (void)
{
  static const struct
  {
    const gchar *tag, *packed, *extended;
  } languages[] = {
    { "en", "eng", NULL },
    { "deu", "deu", NULL },
    { "ger", "deu", NULL },
    { "pt-BR", "por", "pt-BR" },
    { "zho_Hant_TW", "zho", "zh-Hant-TW" },
    { "en-", "eng", NULL },
    { "en-\"US", "eng", NULL },
    { "x\"\n", "und", NULL },
    { "english", "und", NULL },
    { "~{|", "und", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (languages); i++) {
    GstHarness *h = new_harness ("cencmux");
    g_autoptr (GByteArray) file = NULL;
    const guint8 *mdhd, *elng;
    guint packed = 0;
    gsize size;

    for (guint j = 0; j < 3; j++)
      packed = packed << 5 | (languages[i].packed[j] - 0x60);
    gst_harness_push_event (h, gst_event_new_tag (gst_tag_list_new (
        GST_TAG_LANGUAGE_CODE, languages[i].tag, NULL)));
    push_frames (h, 2, 2, 10);
    file = collect (h);
    mdhd = find_box (file->data, file->len, "moov/trak/mdia/mdhd", 0, &size);
    g_assert_cmpuint (GST_READ_UINT16_BE (mdhd + 20), ==, packed);
    elng = find_box (file->data, file->len, "moov/trak/mdia/elng", 0, &size);
    g_assert_cmpstr (elng ? (const gchar *) elng + 4 : NULL, ==,
        languages[i].extended);
    gst_harness_teardown (h);
  }
}

static void
test_orientation (void)
{
  GstHarness *h = new_harness ("cencmux");
  g_autoptr (GByteArray) file = NULL;
  const guint8 *tkhd;
  gsize size;

  gst_harness_push_event (h, gst_event_new_tag (gst_tag_list_new (
      GST_TAG_IMAGE_ORIENTATION, "rotate-90", NULL)));
  push_frames (h, 2, 2, 10);
  file = collect (h);
  tkhd = find_box (file->data, file->len, "moov/trak/tkhd", 0, &size);
  g_assert_cmpuint (size, ==, 84);
  g_assert_cmpuint (GST_READ_UINT32_BE (tkhd + 40), ==, 0);
  g_assert_cmpuint (GST_READ_UINT32_BE (tkhd + 44), ==, 0x10000);
  /* Its size is that of the picture before it is turned. */
  g_assert_cmpuint (GST_READ_UINT32_BE (tkhd + 76), ==, 320 << 16);
  g_assert_cmpuint (GST_READ_UINT32_BE (tkhd + 80), ==, 240 << 16);
  gst_harness_teardown (h);
}

/* A gap says nothing that the times of the next sample do not. */
static void
test_gap (void)
{
  GstHarness *h = new_harness ("cencmux fragment-duration=80000000");
  g_autofree gchar *actual = NULL;
  GstEvent *event;

  gst_harness_push_event (h, gst_event_new_gap (0, FRAME));
  push_frames (h, 2, 2, 10);
  while ((event = gst_harness_try_pull_event (h))) {
    g_assert_cmpint (GST_EVENT_TYPE (event), !=, GST_EVENT_GAP);
    gst_event_unref (event);
  }
  actual = shape (h);
  g_assert_cmpstr (actual, ==, "ISse");
  gst_harness_teardown (h);
}

/* A stream that cannot go on in the file does not end in it, either: what is
 * there would be taken for whole. */
static void
test_bad_segment (gconstpointer data)
{
  GstHarness *h = new_harness ("cencmux fragment-duration=80000000");
  GstSegment segment;
  GstEvent *event;

  gst_harness_push (h, frame (TRUE, 0, 10));
  gst_segment_init (&segment, GPOINTER_TO_INT (data));
  if (segment.format == GST_FORMAT_TIME)
    segment.rate = -1.0;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  gst_harness_push_event (h, gst_event_new_eos ());
  while ((event = gst_harness_try_pull_event (h))) {
    g_assert_cmpint (GST_EVENT_TYPE (event), !=, GST_EVENT_EOS);
    gst_event_unref (event);
  }
  gst_harness_teardown (h);
}

/* A composition offset that does not fit its 32 bits is told of, not cut. */
static void
test_far_from_decoding (void)
{
  GstHarness *h = new_harness ("cencmux fragment-duration=80000000");
  GstBuffer *buffer = frame (FALSE, 1, 10);

  g_assert_cmpint (gst_harness_push (h, frame (TRUE, 0, 10)), ==, GST_FLOW_OK);
  GST_BUFFER_PTS (buffer) = 10000 * 3600 * GST_SECOND;
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_ERROR);
  gst_harness_teardown (h);
}

/* The system's clock when running time was that of the first sample, by the
 * pipeline's clock, which is another one. */
static void
test_producer_reference_time (void)
{
  GstHarness *h = new_harness ("cencmux producer-reference-time=true "
      "fragment-duration=80000000");
  g_autoptr (GstElement) mux = gst_harness_find_element (h, "cencmux");
  const guint64 unix_time_in_ntp = 2208988800;
  g_autoptr (GByteArray) file = NULL;
  const guint8 *prft;
  gsize size;
  gint64 now;

  gst_harness_use_testclock (h);
  gst_harness_set_time (h, 3600 * GST_SECOND);
  gst_element_set_base_time (mux, 3000 * GST_SECOND);
  now = g_get_real_time () / G_USEC_PER_SEC;
  push_frames (h, 4, 2, 10);
  file = collect (h);
  prft = find_box (file->data, file->len, "prft", 1, &size);
  g_assert_nonnull (prft);
  g_assert_cmpuint (size, ==, 24);
  g_assert_cmphex (GST_READ_UINT32_BE (prft), ==, 0x01000018);
  g_assert_cmpuint (GST_READ_UINT32_BE (prft + 4), ==, 1);
  g_assert_cmpuint (GST_READ_UINT32_BE (prft + 8) - unix_time_in_ntp, >=,
      now - 600);
  g_assert_cmpuint (GST_READ_UINT32_BE (prft + 8) - unix_time_in_ntp, <=,
      g_get_real_time () / G_USEC_PER_SEC - 600 + 1);
  g_assert_cmpuint (GST_READ_UINT64_BE (prft + 16), ==, 2048);
  gst_harness_teardown (h);
}

/* A live source waits for its chunks. */
static void
test_latency (void)
{
  GstHarness *h = new_harness ("cencmux chunk-duration=80000000");

  gst_harness_set_upstream_latency (h, FRAME);
  g_assert_cmpuint (gst_harness_query_latency (h), ==, 3 * FRAME);
  gst_harness_teardown (h);
}

/* --- errors and life ------------------------------------------------------------ */

/* Caps in the middle of a stream: fields that replace or join those of before,
 * and what of it the refusal names, NULL where it goes on. */
static const struct
{
  const gchar *name, *fields, *refusal;
} changes[] = {
  { "none", "", NULL },
  { "frame-rate", "framerate = 30/1", NULL },
  { "no-frame-rate", "framerate = 0/1", NULL },
  { "what-parsers-add", "profile = high, chroma-format = (string) 4:2:0, "
      "parsed = true", NULL },
  { "colour-that-was-not-told", "colorimetry = bt709", NULL },
  { "light", "content-light-level = (string) 1000:400", NULL },
  { "size", "width = 1280, height = 720",
      "the picture from 320x240 to 1280x720" },
  { "aspect", "pixel-aspect-ratio = 16/11",
      "the pixel aspect ratio from 1:1 to 16:11" },
  { "sample-entry", "stream-format = avc3", "the codec from avc1 to avc3" },
  { "parameter-sets",
      "codec_data = (buffer) 0142c01effe1000467640000010004681e0801",
      "the codec's parameters" },
};

static gchar *
error_on (GstBus *bus)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus,
      GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return NULL;
  gst_message_parse_error (message, &error, NULL);
  return g_strdup (error->message);
}

static void
test_new_caps (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  GstHarness *h = new_harness ("cencmux");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->srcpad);
  g_autofree gchar *text = g_strdup_printf ("caps%s%s",
      *changes[row].fields ? ", " : "", changes[row].fields);
  g_autoptr (GstStructure) fields = gst_structure_from_string (text, NULL);
  g_autofree gchar *message = NULL;
  GstFlowReturn flow;

  g_assert_nonnull (fields);
  gst_element_set_bus (h->element, bus);
  caps = gst_caps_make_writable (caps);
  gst_harness_push (h, frame (TRUE, 0, 10));
  gst_harness_push (h, frame (FALSE, 1, 10));
  for (gint i = 0; i < gst_structure_n_fields (fields); i++) {
    const gchar *name = gst_structure_nth_field_name (fields, i);

    gst_caps_set_value (caps, name, gst_structure_get_value (fields, name));
  }
  gst_harness_push_event (h, gst_event_new_caps (caps));
  flow = gst_harness_push (h, frame (FALSE, 2, 10));
  message = error_on (bus);
  if (changes[row].refusal) {
    g_assert_cmpint (flow, !=, GST_FLOW_OK);
    g_assert_nonnull (message);
    g_assert_nonnull (strstr (message, changes[row].refusal));
  } else {
    g_assert_cmpstr (message, ==, NULL);
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
  }
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (grids); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cencmux/grid/%s",
        grids[i].name);

    g_test_add_data_func (path, &grids[i], test_grid);
  }
  g_test_add_func ("/cencmux/delta-units-first", test_delta_units_first);
  g_test_add_func ("/cencmux/no-key-frame", test_no_key_frame);
  g_test_add_func ("/cencmux/seqnum", test_seqnum);
  g_test_add_func ("/cencmux/trun", test_trun);
  g_test_add_func ("/cencmux/negative-dts", test_negative_dts);
  g_test_add_func ("/cencmux/protection-boxes", test_protection_boxes);
  g_test_add_func ("/cencmux/no-duration", test_no_duration);
  g_test_add_func ("/cencmux/no-dts", test_no_dts);
  g_test_add_func ("/cencmux/rate", test_rate);
  g_test_add_func ("/cencmux/language", test_language);
  g_test_add_func ("/cencmux/orientation", test_orientation);
  g_test_add_func ("/cencmux/far-from-decoding", test_far_from_decoding);
  g_test_add_func ("/cencmux/gap", test_gap);
  g_test_add_data_func ("/cencmux/untimed-segment",
      GINT_TO_POINTER (GST_FORMAT_BYTES), test_bad_segment);
  g_test_add_data_func ("/cencmux/backwards",
      GINT_TO_POINTER (GST_FORMAT_TIME), test_bad_segment);
  g_test_add_func ("/cencmux/producer-reference-time",
      test_producer_reference_time);
  g_test_add_func ("/cencmux/latency", test_latency);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cencmux/new-caps/%s",
        changes[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_new_caps);
  }
  return run_tests ();
}
