/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstharness.h>
#include <string.h>

#include "h264-units.h"
#include "leaks.h"

#define FRAME (40 * GST_MSECOND)
#define CAPS "video/x-h264, alignment = (string) au, stream-format = (string) "

static GstCaps *
make_caps (void)
{
  g_autoptr (GstBuffer) codec_data =
      gst_buffer_new_memdup (h264_codec_data, sizeof (h264_codec_data));
  GstCaps *caps = gst_caps_from_string (CAPS "avc");

  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
  return caps;
}

static GstBuffer *
make_buffer (gchar kind, guint dts, guint pts)
{
  GstBuffer *buffer = gst_buffer_new ();
  GByteArray *unit = h264_access_unit (kind, 50, dts);
  gsize size = unit->len;
  guint8 *data = g_byte_array_free (unit, FALSE);

  gst_buffer_append_memory (buffer,
      gst_memory_new_wrapped (0, data, size, 0, size, data, g_free));
  GST_BUFFER_DTS (buffer) = dts * FRAME;
  GST_BUFFER_PTS (buffer) = pts * FRAME;
  GST_BUFFER_DURATION (buffer) = FRAME;
  return buffer;
}

static GstHarness *
new_harness (void)
{
  GstHarness *h = gst_harness_new ("gopsplit");

  gst_harness_set_src_caps (h, make_caps ());
  return h;
}

/* Pushes an access unit for each letter of kinds, the presentation in order. */
static void
push_all (GstHarness *h, const gchar *kinds)
{
  for (guint i = 0; kinds[i]; i++)
    g_assert_cmpint (gst_harness_push (h, make_buffer (kinds[i], i, i)), ==,
        GST_FLOW_OK);
}

/* The events of GOPs that came out, as "index kind frames". */
static gchar *
pull_gops (GstHarness *h)
{
  GString *out = g_string_new (NULL);
  GstEvent *event;

  while ((event = gst_harness_try_pull_event (h))) {
    const GstStructure *s = gst_event_get_structure (event);
    guint64 index, frames;

    if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM &&
        gst_structure_has_name (s, "gopsplit-gop")) {
      g_assert_true (gst_structure_get_uint64 (s, "index", &index));
      g_assert_true (gst_structure_get_uint64 (s, "frames", &frames));
      g_string_append_printf (out, "%s%" G_GUINT64_FORMAT " %s %"
          G_GUINT64_FORMAT, out->len ? ", " : "", index,
          gst_structure_get_string (s, "kind"), frames);
    }
    gst_event_unref (event);
  }
  return g_string_free (out, FALSE);
}

static void
assert_gops (GstHarness *h, const gchar *expected)
{
  g_autofree gchar *gops = pull_gops (h);

  g_assert_cmpstr (gops, ==, expected);
}

/* "." for a delta unit, the GOP's index where the meta is; "-" where it is on a delta
 * unit. */
static gchar *
pull_marks (GstHarness *h)
{
  GString *out = g_string_new (NULL);
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (h))) {
    GstCustomMeta *meta =
        gst_buffer_get_custom_meta (buffer, "HaberdashGopMeta");
    guint64 index;

    gboolean delta = GST_BUFFER_FLAG_IS_SET (buffer,
        GST_BUFFER_FLAG_DELTA_UNIT);

    g_assert_true (delta || meta);
    if (meta && delta) {
      g_string_append_c (out, '-');
    } else if (meta) {
      g_assert_true (gst_structure_get_uint64 (
          gst_custom_meta_get_structure (meta), "index", &index));
      g_string_append_printf (out, "%" G_GUINT64_FORMAT, index);
    } else {
      g_string_append_c (out, '.');
    }
    gst_buffer_unref (buffer);
  }
  return g_string_free (out, FALSE);
}

static void
assert_marks (GstHarness *h, const gchar *expected)
{
  g_autofree gchar *marks = pull_marks (h);

  g_assert_cmpstr (marks, ==, expected);
}

/* Those with a GOP's start and that without one, not the damaged or mixed. */
static void
test_i_frame_marks (void)
{
  GstHarness *h = new_harness ();
  g_autoptr (GString) marks = g_string_new (NULL);
  GstBuffer *buffer;

  push_all (h, "KPBIPRPMK");
  while ((buffer = gst_harness_try_pull (h))) {
    g_string_append_c (marks, gst_buffer_get_custom_meta (buffer,
        "HaberdashIFrameMeta") ? 'I' : '.');
    gst_buffer_unref (buffer);
  }
  g_assert_cmpstr (marks->str, ==, "I..I.I..I");
  gst_harness_teardown (h);
}

static void
test_marks (void)
{
  GstHarness *h = new_harness ();

  push_all (h, "KPBIPRPMK");
  assert_marks (h, "0....1..2");
  assert_gops (h, "0 idr 5, 1 recovery-point 3");
  gst_harness_push_event (h, gst_event_new_eos ());
  assert_gops (h, "2 idr 1");
  gst_harness_teardown (h);
}

static void
test_event_before_next_gop (void)
{
  GstHarness *h = new_harness ();

  push_all (h, "KP");
  assert_gops (h, "");
  gst_harness_push (h, make_buffer ('K', 2, 2));
  assert_gops (h, "0 idr 2");
  gst_harness_teardown (h);
}

static void
test_message (void)
{
  GstHarness *h = new_harness ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  guint64 pts, dts, duration, frames, bytes;
  guint leading;
  gboolean closed;
  const GstStructure *s;

  gst_element_set_bus (h->element, bus);
  gst_harness_push (h, make_buffer ('R', 0, 3));
  gst_harness_push (h, make_buffer ('B', 1, 1));
  gst_harness_push (h, make_buffer ('B', 2, 2));
  gst_harness_push_event (h, gst_event_new_eos ());

  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  s = gst_message_get_structure (message);
  g_assert_true (gst_structure_has_name (s, "gopsplit-gop"));
  g_assert_true (gst_structure_get (s, "pts", G_TYPE_UINT64, &pts, "dts",
      G_TYPE_UINT64, &dts, "duration", G_TYPE_UINT64, &duration, "frames",
      G_TYPE_UINT64, &frames, "bytes", G_TYPE_UINT64, &bytes, "closed",
      G_TYPE_BOOLEAN, &closed, "leading-pictures", G_TYPE_UINT, &leading,
      NULL));
  g_assert_cmpuint (pts, ==, 3 * FRAME);
  g_assert_cmpuint (dts, ==, 0);
  g_assert_cmpuint (duration, ==, 3 * FRAME);
  g_assert_cmpuint (frames, ==, 3);
  g_assert_cmpuint (bytes, ==, 3 * (6 + 54) + 9);
  g_assert_false (closed);
  g_assert_cmpuint (leading, ==, 2);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

static void
test_starts_without_random_access (void)
{
  GstHarness *h = new_harness ();

  push_all (h, "PPKP");
  assert_marks (h, "-.1.");
  assert_gops (h, "0 none 2");
  gst_harness_teardown (h);
}

static void
test_range (void)
{
  GstHarness *h = gst_harness_new_parse ("gopsplit first-gop=1 last-gop=2");
  guint n_eos = 0;
  GstEvent *event;

  gst_harness_set_src_caps (h, make_caps ());
  push_all (h, "KPKPPKP");
  g_assert_cmpint (gst_harness_push (h, make_buffer ('K', 7, 7)), ==,
      GST_FLOW_EOS);
  g_assert_cmpint (gst_harness_push (h, make_buffer ('P', 8, 8)), ==,
      GST_FLOW_EOS);
  gst_harness_push_event (h, gst_event_new_eos ());

  assert_marks (h, "1..2.");
  while ((event = gst_harness_try_pull_event (h))) {
    n_eos += GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    if (n_eos > 0)
      g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_EOS);
    gst_event_unref (event);
  }
  g_assert_cmpuint (n_eos, ==, 1);
  gst_harness_teardown (h);
}

static void
test_range_reports (void)
{
  GstHarness *h = gst_harness_new_parse ("gopsplit first-gop=1 last-gop=1");

  gst_harness_set_src_caps (h, make_caps ());
  push_all (h, "KPKP");
  gst_harness_push (h, make_buffer ('K', 4, 4));
  assert_gops (h, "1 idr 2");
  gst_harness_teardown (h);
}

static void
test_flush (void)
{
  GstHarness *h = new_harness ();
  GstSegment segment;

  g_object_set (h->element, "first-index", (guint64) 5, NULL);
  push_all (h, "KP");
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_all (h, "KPK");
  assert_gops (h, "5 idr 2");
  gst_harness_teardown (h);
}

/* A segment of the same playback goes on, that of another one does not. */
static void
test_segment (void)
{
  GstHarness *h = new_harness ();
  GstEvent *event;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  event = gst_event_new_segment (&segment);
  gst_harness_push_event (h, gst_event_ref (event));
  push_all (h, "KP");
  gst_harness_push_event (h, event);
  push_all (h, "PK");
  assert_gops (h, "0 idr 3");
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_all (h, "KPK");
  assert_gops (h, "0 idr 2");
  gst_harness_teardown (h);
}

/* The end of a seek to a segment is one of its last GOP. */
static void
test_segment_done (void)
{
  GstHarness *h = new_harness ();

  push_all (h, "KPKP");
  assert_gops (h, "0 idr 2");
  gst_harness_push_event (h, gst_event_new_segment_done (GST_FORMAT_TIME,
      GST_SECOND));
  assert_gops (h, "1 idr 2");
  gst_harness_teardown (h);
}

/* The caller's buffer stays as it was, the memory is not copied. */
static void
test_shared_buffer (void)
{
  GstHarness *h = new_harness ();
  GstBuffer *in = make_buffer ('I', 1, 1);
  GstBuffer *out;

  push_all (h, "K");
  gst_buffer_unref (gst_harness_pull (h));
  gst_harness_push (h, gst_buffer_ref (in));
  out = gst_harness_pull (h);
  g_assert_false (GST_BUFFER_FLAG_IS_SET (in, GST_BUFFER_FLAG_DELTA_UNIT));
  g_assert_true (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_DELTA_UNIT));
  g_assert_true (gst_buffer_peek_memory (in, 0) ==
      gst_buffer_peek_memory (out, 0));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

static void
test_damage (void)
{
  GstHarness *h = new_harness ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) first = NULL;
  g_autoptr (GstMessage) second = NULL;

  gst_element_set_bus (h->element, bus);
  push_all (h, "KxxK");
  gst_harness_push (h, gst_buffer_new ());
  assert_marks (h, "0..1.");
  first = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  second = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (first);
  g_assert_null (second);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

static void
test_byte_stream (void)
{
  GstHarness *h = gst_harness_new ("gopsplit");
  static const guint8 idr[] = { 0, 0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, 0x65, 0x88,
    0x11 };
  static const guint8 p[] = { 0, 0, 1, 0x41, 0x98, 0x11, 0x22, 0, 0 };

  gst_harness_set_src_caps_str (h, CAPS "byte-stream");
  gst_harness_push (h, gst_buffer_new_memdup (idr, sizeof (idr)));
  gst_harness_push (h, gst_buffer_new_memdup (p, sizeof (p)));
  gst_harness_push (h, gst_buffer_new_memdup (idr, sizeof (idr)));
  assert_marks (h, "0.1");
  assert_gops (h, "0 idr 2");
  gst_harness_teardown (h);
}

static void
test_audio (void)
{
  GstHarness *h = gst_harness_new ("gopsplit");
  GstBuffer *in = gst_buffer_new_allocate (NULL, 8, NULL);
  GstBuffer *out;

  gst_harness_set_src_caps_str (h, "audio/mpeg, mpegversion = (int) 4");
  gst_harness_push (h, in);
  out = gst_harness_pull (h);
  g_assert_true (in == out);
  g_assert_false (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_DELTA_UNIT));
  gst_buffer_unref (out);
  gst_harness_teardown (h);
}

static void
test_reuse (void)
{
  GstHarness *h = new_harness ();

  push_all (h, "KPK");
  assert_marks (h, "0.1");
  gst_element_set_state (h->element, GST_STATE_NULL);
  assert_gops (h, "0 idr 2");
  gst_element_set_state (h->element, GST_STATE_PLAYING);
  gst_harness_push_event (h, gst_event_new_stream_start ("y"));
  gst_harness_set_src_caps (h, make_caps ());
  push_all (h, "KP");
  assert_marks (h, "0.");
  gst_harness_teardown (h);
}

static void
test_caps_query (void)
{
  GstHarness *h = gst_harness_new ("gopsplit");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (h->element, "sink");
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) expected = gst_caps_from_string (CAPS "avc3");

  gst_harness_set_sink_caps_str (h, CAPS "avc3");
  caps = gst_pad_query_caps (pad, NULL);
  g_assert_true (gst_caps_is_equal (caps, expected));
  gst_harness_teardown (h);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gopsplit/marks", test_marks);
  g_test_add_func ("/gopsplit/i-frame-marks", test_i_frame_marks);
  g_test_add_func ("/gopsplit/event-before-next-gop",
      test_event_before_next_gop);
  g_test_add_func ("/gopsplit/message", test_message);
  g_test_add_func ("/gopsplit/starts-without-random-access",
      test_starts_without_random_access);
  g_test_add_func ("/gopsplit/range", test_range);
  g_test_add_func ("/gopsplit/range-reports", test_range_reports);
  g_test_add_func ("/gopsplit/flush", test_flush);
  g_test_add_func ("/gopsplit/segment", test_segment);
  g_test_add_func ("/gopsplit/segment-done", test_segment_done);
  g_test_add_func ("/gopsplit/shared-buffer", test_shared_buffer);
  g_test_add_func ("/gopsplit/damage", test_damage);
  g_test_add_func ("/gopsplit/byte-stream", test_byte_stream);
  g_test_add_func ("/gopsplit/audio", test_audio);
  g_test_add_func ("/gopsplit/reuse", test_reuse);
  g_test_add_func ("/gopsplit/caps-query", test_caps_query);
  return run_tests ();
}
