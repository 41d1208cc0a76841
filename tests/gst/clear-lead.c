/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A clear lead: where cbcsenc ends it, and what cencmux writes of it. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstharness.h>
#include <string.h>

#include "h264-units.h"
#include "leaks.h"

#define ENCRYPT \
  "cbcsenc name=enc kid=a16e402b9056e371f36d348aa62bb749 " \
  "key=87237d20a19f58a740c05684e699b4aa"
#define FRAME (40 * GST_MSECOND)
#define VIDEO \
  "video/x-h264, alignment = au, width = 320, height = 240, framerate = 25/1"
#define AAC \
  "audio/mpeg, mpegversion = 4, stream-format = raw, framed = true, " \
  "rate = 48000, channels = 2, codec_data = (buffer) 1190"

/* Of video whose parameter sets are in codec_data, or of audio. */
static GstCaps *
make_caps (gboolean video)
{
  GstCaps *caps = gst_caps_from_string (video ?
          VIDEO ", stream-format = avc" :
          AAC);
  g_autoptr (GstBuffer) codec_data = gst_buffer_new_memdup (h264_codec_data,
      sizeof h264_codec_data);

  if (video)
    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data,
        NULL);
  return caps;
}

/* caps (transfer full) */
static void
push_start (GstHarness *h, GstCaps *caps, GstClockTime start)
{
  g_autoptr (GstCaps) owned = caps;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = start;
  gst_harness_push_event (h, gst_event_new_stream_start ("clear-lead"));
  gst_harness_push_event (h, gst_event_new_caps (caps));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

/* caps (transfer full) */
static GstHarness *
new_harness (const gchar *line, guint64 clear_lead, GstCaps *caps,
    GstClockTime start)
{
  GstHarness *h = gst_harness_new_parse (line);
  GstElement *encryptor = gst_harness_find_element (h, "cbcsenc");

  g_object_set (encryptor, "clear-lead", clear_lead, NULL);
  gst_object_unref (encryptor);
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  push_start (h, caps, start);
  return h;
}

/* The flag says where GOPs start; the slice only has to have a header. */
static GstBuffer *
new_sample (gboolean video, gboolean key, GstClockTime pts)
{
  GByteArray *unit = g_byte_array_new ();
  GstBuffer *buffer;

  h264_append_slice (unit, 0x65, 0x88, 200, 0xff);
  buffer = gst_buffer_new_memdup (unit->data, unit->len);
  g_byte_array_unref (unit);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = FRAME;
  if (video && !key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

/* Pushes a sample for each letter: K begins a GOP, P does not, a is audio. */
static void
push_samples (GstHarness *h, const gchar *kinds, GstClockTime start)
{
  for (guint i = 0; kinds[i]; i++)
    g_assert_cmpint (gst_harness_push (h, new_sample (kinds[i] != 'a',
        kinds[i] == 'K', start + i * FRAME)), ==, GST_FLOW_OK);
}

/* One letter a sample: c clear and as it came, e encrypted. */
static gchar *
pull_shape (GstHarness *h, const gchar *kinds, GstClockTime start)
{
  GString *shape = g_string_new (NULL);

  for (guint i = 0; kinds[i]; i++) {
    g_autoptr (GstBuffer) out = gst_harness_pull (h);
    g_autoptr (GstBuffer) in = new_sample (kinds[i] != 'a', kinds[i] == 'K',
        start + i * FRAME);
    gboolean marked = gst_buffer_get_protection_meta (out) != NULL;
    GstMapInfo map;

    g_assert_true (gst_buffer_map (in, &map, GST_MAP_READ));
    g_assert_true (marked == (gst_buffer_memcmp (out, 0, map.data,
        map.size) != 0));
    gst_buffer_unmap (in, &map);
    g_string_append_c (shape, marked ? 'e' : 'c');
  }
  return g_string_free (shape, FALSE);
}

static void
check_shape (GstHarness *h, const gchar *kinds, GstClockTime start,
    const gchar *expected)
{
  g_autofree gchar *shape = NULL;

  push_samples (h, kinds, start);
  shape = pull_shape (h, kinds, start);
  g_assert_cmpstr (shape, ==, expected);
}

/* --- where it ends --------------------------------------------------------------- */

typedef struct
{
  const gchar *name;
  guint64 clear_lead_us;
  GstClockTime start;
  const gchar *kinds, *shape;
} Lead;

/* Samples of 40 ms. */
static const Lead leads[] = {
  { "none", 0, 0, "KPKP", "eeee" },
  { "none-inside-gop", 0, 0, "PPKP", "eeee" },
  { "on-gop", 80000, 0, "KPKPKP", "cceeee" },
  { "inside-gop", 90000, 0, "KPKPKP", "ccccee" },
  { "rounded", 80900, 0, "KPKPKP", "cceeee" },
  { "shortest", 1, 0, "KPKP", "eeee" },
  { "begins-inside-gop", 10000, 0, "PPKP", "ccee" },
  { "longer-than-stream", 10000000, 0, "KPKP", "cccc" },
  { "running-time", 80000, 5 * GST_SECOND, "KPKPKP", "cceeee" },
  { "audio", 90000, 0, "aaaaa", "cccee" },
  { "audio-on-time", 80000, 0, "aaaaa", "cceee" },
};

static void
test_lead (gconstpointer data)
{
  const Lead *lead = data;
  GstHarness *h = new_harness (ENCRYPT, lead->clear_lead_us * GST_USECOND,
      make_caps (lead->kinds[0] != 'a'), lead->start);
  g_autoptr (GstCaps) caps = NULL;
  gboolean announced = FALSE;

  check_shape (h, lead->kinds, lead->start, lead->shape);
  caps = gst_pad_get_current_caps (h->sinkpad);
  g_assert_true (gst_structure_get_boolean (gst_caps_get_structure (caps, 0),
      "clear-lead", &announced));
  g_assert_true (announced == (lead->clear_lead_us > 0));
  gst_harness_teardown (h);
}

/* What has no time is not known to be in the lead. */
static void
test_no_time (void)
{
  GstHarness *h = new_harness (ENCRYPT, 80 * GST_MSECOND, make_caps (FALSE),
      0);
  GstBuffer *buffer = new_sample (FALSE, TRUE, 0);
  g_autoptr (GstBuffer) out = NULL;

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  out = gst_harness_pull (h);
  g_assert_nonnull (gst_buffer_get_protection_meta (out));
  gst_harness_teardown (h);
}

/* Parameter sets that came in the lead count behind it. */
static void
test_parameter_sets (void)
{
  GstHarness *h = new_harness (ENCRYPT, 40 * GST_MSECOND,
      gst_caps_from_string (VIDEO ", stream-format = avc3"), 0);
  const guint sps = 8, sps_size = 0x19, pps = sps + sps_size + 3;
  g_autoptr (GstBuffer) out = NULL;
  GByteArray *unit = g_byte_array_new ();
  GstBuffer *buffer;

  h264_append_nal (unit, h264_codec_data + sps, sps_size);
  h264_append_nal (unit, h264_codec_data + pps, 6);
  h264_append_slice (unit, 0x65, 0x88, 100, 0xff);
  buffer = gst_buffer_new_memdup (unit->data, unit->len);
  g_byte_array_unref (unit);
  GST_BUFFER_PTS (buffer) = 0;
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
  out = gst_harness_pull (h);
  g_assert_null (gst_buffer_get_protection_meta (out));
  check_shape (h, "KP", FRAME, "ee");
  gst_harness_teardown (h);
}

/* --- once more -------------------------------------------------------------------- */

static void
test_flush (void)
{
  GstHarness *h = new_harness (ENCRYPT, 80 * GST_MSECOND, make_caps (TRUE), 0);
  GstSegment segment;

  check_shape (h, "KPKP", 0, "ccee");
  /* Running time goes back to 0, and the lead with it. */
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 10 * GST_SECOND;
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  check_shape (h, "KPKP", 10 * GST_SECOND, "ccee");
  gst_harness_teardown (h);
}

/* Without a flush running time goes on, and the lead is over. */
static void
test_new_segment (void)
{
  GstHarness *h = new_harness (ENCRYPT, 80 * GST_MSECOND, make_caps (TRUE), 0);
  GstSegment segment;

  check_shape (h, "KPKP", 0, "ccee");
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  check_shape (h, "KPKP", 0, "eeee");
  gst_harness_teardown (h);
}

static void
test_reuse (void)
{
  GstHarness *h = new_harness (ENCRYPT, 80 * GST_MSECOND, make_caps (TRUE), 0);

  check_shape (h, "KPKP", 0, "ccee");
  gst_element_set_state (h->element, GST_STATE_NULL);
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  push_start (h, make_caps (TRUE), 0);
  check_shape (h, "KPKP", 0, "ccee");
  gst_harness_teardown (h);
}

/* --- the file ----------------------------------------------------------------------- */

static const guint8 *
find_box (const GstMapInfo *map, const gchar *type)
{
  const guint8 *found = memmem (map->data, map->size, type, 4);

  return found ? found + 4 : NULL;
}

/* Sample entries in an init segment. */
static void
append_init (GString *shape, const GstMapInfo *map)
{
  g_string_append_printf (shape, "I%u", GST_READ_UINT32_BE (find_box (map,
                                            "stsd") + 4));
}

/* S or C, first of a segment or a further chunk; its sample entry, and whether
 * the moof has what only encrypted samples have. */
static void
append_chunk (GString *shape, const GstMapInfo *map, gboolean delta)
{
  const guint8 *tfhd = find_box (map, "tfhd");
  guint32 flags = GST_READ_UINT32_BE (tfhd) & 0xffffff;

  g_string_append_printf (shape, " %c%u%s%s", delta ? 'C' : 'S',
      flags & 2 ? GST_READ_UINT32_BE (tfhd + 8) : 1,
      find_box (map, "senc") ? "+senc" : "",
      find_box (map, "saiz") && find_box (map, "saio") ? "+saiz" : "");
}

static gchar *
file_shape (GstHarness *h)
{
  GString *shape = g_string_new (NULL);

  for (;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (h);
    GstMapInfo map;

    if (buffer == NULL)
      return g_string_free (shape, FALSE);
    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER))
      g_string_append_c (shape, '.');
    else if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
      append_init (shape, &map);
    else
      append_chunk (shape, &map, GST_BUFFER_FLAG_IS_SET (buffer,
          GST_BUFFER_FLAG_DELTA_UNIT));
    gst_buffer_unmap (buffer, &map);
  }
}

typedef struct
{
  const gchar *name;
  guint64 clear_lead_us;
  const gchar *mux;
  const gchar *kinds, *shape;
} File;

static const File files[] = {
  { "no-lead", 0, "cencmux fragment-duration=80000000", "KPKP",
      "I1 S1+senc+saiz.. S1+senc+saiz.." },
  { "on-line", 80000, "cencmux fragment-duration=80000000", "KPKPKP",
      "I2 S2.. S1+senc+saiz.. S1+senc+saiz.." },
  { "between-lines", 120000, "cencmux fragment-duration=160000000",
      "KPPKKPKP", "I2 S2... S1+senc+saiz. S1+senc+saiz...." },
  { "all-clear", 10000000, "cencmux fragment-duration=80000000", "KPKP",
      "I2 S2.. S2.." },
  { "at-once", 1, "cencmux fragment-duration=80000000", "KPKP",
      "I2 S1+senc+saiz.. S1+senc+saiz.." },
  { "chunks", 160000, "cencmux max-chunk-bytes=450", "KPPPKPPP",
      "I2 S2.. C2.. S1+senc+saiz.. C1+senc+saiz.." },
  { "audio", 80000, "cencmux fragment-duration=160000000", "aaaaaa",
      "I2 S2.. S1+senc.. S1+senc.." },
};

static void
test_file (gconstpointer data)
{
  const File *file = data;
  g_autofree gchar *line = g_strdup_printf (ENCRYPT " ! %s", file->mux);
  GstHarness *h = new_harness (line, file->clear_lead_us * GST_USECOND,
      make_caps (file->kinds[0] != 'a'), 0);
  g_autofree gchar *shape = NULL;

  push_samples (h, file->kinds, 0);
  gst_harness_push_event (h, gst_event_new_eos ());
  shape = file_shape (h);
  g_assert_cmpstr (shape, ==, file->shape);
  gst_harness_teardown (h);
}

/* Samples of cbcsenc, changed on their way to cencmux. */
typedef struct
{
  const gchar *name;
  const gchar *kinds;
  guint64 clear_lead;
  GstFlowReturn (*push) (GstHarness *mux, GstBuffer *buffer, guint i);
  const gchar *error;
} Broken;

static GstFlowReturn
push_all_delta (GstHarness *mux, GstBuffer *buffer, guint i)
{
  if (i > 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return gst_harness_push (mux, buffer);
}

static GstFlowReturn
push_third_unmarked (GstHarness *mux, GstBuffer *buffer, guint i)
{
  if (i == 2)
    gst_buffer_remove_meta (buffer,
        (GstMeta *) gst_buffer_get_protection_meta (buffer));
  return gst_harness_push (mux, buffer);
}

static const Broken broken[] = {
  { "ends-inside-gop", "KPKP", 80 * GST_MSECOND, push_all_delta,
      "inside a GOP" },
  { "clear-audio-in-encrypted", "aaaa", 0, push_third_unmarked,
      "is clear though" },
};

static void
test_broken (gconstpointer data)
{
  const Broken *test = data;
  GstHarness *h = new_harness (ENCRYPT, test->clear_lead,
      make_caps (test->kinds[0] != 'a'), 0);
  GstHarness *mux = gst_harness_new_parse ("cencmux");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = GST_FLOW_OK;

  gst_element_set_bus (mux->element, bus);
  push_samples (h, test->kinds, 0);
  gst_harness_set_src_caps (mux, gst_pad_get_current_caps (h->sinkpad));
  for (guint i = 0; flow == GST_FLOW_OK && test->kinds[i]; i++)
    flow = test->push (mux, gst_buffer_make_writable (gst_harness_pull (h)),
        i);
  g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, test->error));
  gst_element_set_bus (mux->element, NULL);
  gst_harness_teardown (mux);
  gst_harness_teardown (h);
}

#define ADD_TABLE(prefix, table, function) \
  for (guint i = 0; i < G_N_ELEMENTS (table); i++) { \
    g_autofree gchar *path = g_strdup_printf (prefix "/%s", table[i].name); \
    g_test_add_data_func (path, &table[i], function); \
  }

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD_TABLE ("/clear-lead/ends", leads, test_lead);
  ADD_TABLE ("/clear-lead/file", files, test_file);
  ADD_TABLE ("/clear-lead/broken", broken, test_broken);
  g_test_add_func ("/clear-lead/no-time", test_no_time);
  g_test_add_func ("/clear-lead/parameter-sets", test_parameter_sets);
  g_test_add_func ("/clear-lead/flush", test_flush);
  g_test_add_func ("/clear-lead/new-segment", test_new_segment);
  g_test_add_func ("/clear-lead/reuse", test_reuse);
  return run_tests ();
}
