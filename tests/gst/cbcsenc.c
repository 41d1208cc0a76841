/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/check/gstharness.h>
#include <string.h>

#include "cenc-protection.h"
#include "h264-units.h"
#include "leaks.h"

#define KID "a16e402b9056e371f36d348aa62bb749"
#define KEY "87237d20a19f58a740c05684e699b4aa"
#define IV "000102030405060708090a0b0c0d0e0f"
#define ENCRYPT "cbcsenc kid=" KID " key=" KEY " iv=" IV
#define AAC \
  "audio/mpeg, mpegversion = 4, stream-format = raw, framed = true, " \
  "rate = 44100, channels = 2, codec_data = (buffer) 1210"

/* Frames of 0 to 99 bytes and one large one. */
static GstBuffer *
audio_buffer (guint i)
{
  gsize size = i < 100 ? i : 5000;
  guint8 *data = g_malloc (MAX (size, 1));
  GstBuffer *buffer;

  for (gsize j = 0; j < size; j++)
    data[j] = i + 3 * j;
  buffer = gst_buffer_new_wrapped (data, size);
  GST_BUFFER_PTS (buffer) = i * 23 * GST_MSECOND;
  return buffer;
}

static void
assert_same (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (b, &map, GST_MAP_READ));
  g_assert_cmpuint (gst_buffer_get_size (a), ==, map.size);
  if (map.size > 0)
    g_assert_cmpint (gst_buffer_memcmp (a, 0, map.data, map.size), ==, 0);
  gst_buffer_unmap (b, &map);
}

static void
test_round_trip (void)
{
  GstHarness *h = gst_harness_new_parse (ENCRYPT " ! cbcsdec key=" KEY);

  gst_harness_set_src_caps_str (h, AAC);
  for (guint i = 0; i <= 100; i++) {
    g_autoptr (GstBuffer) in = audio_buffer (i);
    g_autoptr (GstBuffer) out = NULL;

    g_assert_cmpint (gst_harness_push (h, gst_buffer_ref (in)), ==,
        GST_FLOW_OK);
    out = gst_harness_pull (h);
    assert_same (in, out);
    g_assert_null (gst_buffer_get_protection_meta (out));
    g_assert_cmpuint (GST_BUFFER_PTS (out), ==, GST_BUFFER_PTS (in));
  }
  gst_harness_teardown (h);
}

static GstBuffer *
wrap (GByteArray *unit, guint number)
{
  GstBuffer *buffer = gst_buffer_new_memdup (unit->data, unit->len);

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = number * 40 * GST_MSECOND;
  g_byte_array_unref (unit);
  return buffer;
}

/* Parameter sets that came in band count on behind caps that come again. */
static void
test_caps_again (void)
{
  GstHarness *h = gst_harness_new_parse (ENCRYPT);
  GByteArray *unit = g_byte_array_new ();
  const guint sps = 8, sps_size = 0x19, pps = sps + sps_size + 3;
  guint8 slice[200];

  memset (slice, 0xff, sizeof slice);
  slice[0] = 0x65;
  slice[1] = 0x88;
  gst_harness_set_src_caps_str (h, "video/x-h264, stream-format = avc3, "
      "alignment = au, width = 320, height = 240, framerate = 25/1");
  h264_append_nal (unit, h264_codec_data + sps, sps_size);
  h264_append_nal (unit, h264_codec_data + pps, 6);
  h264_append_nal (unit, slice, sizeof slice);
  g_assert_cmpint (gst_harness_push (h, wrap (unit, 0)), ==, GST_FLOW_OK);

  gst_harness_set_src_caps_str (h, "video/x-h264, stream-format = avc3, "
      "alignment = au, width = 320, height = 240, framerate = 50/2, "
      "profile = high");
  unit = g_byte_array_new ();
  h264_append_nal (unit, slice, sizeof slice);
  g_assert_cmpint (gst_harness_push (h, wrap (unit, 1)), ==, GST_FLOW_OK);
  gst_harness_teardown (h);
}

typedef struct
{
  const gchar *name;
  const gchar *property;
  const gchar *events;  /* start of each system and size of its box */
} PsshEvents;

#define WIDEVINE "AAAAI3Bzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAAANhYmM="
#define PLAYREADY "AAAAI3Bzc2gAAAAAmgTweZhAQoarkuZb4IhflQAAAANhYmM="
#define TWO_KIDS \
  "AAAARHBzc2gBAAAAEHfv7MCyTQKs4zweUuL7SwAAAAKhbkArkFbjcfNtNIqmK7dJoW5AK5BW" \
  "43HzbTSKpiu3SQAAAAA="

static const PsshEvents pssh_events[] = {
  { "none", "", "1077efec 52\n" },
  { "two", WIDEVINE "," PLAYREADY,
      "1077efec 52\nedef8ba9 35\n9a04f079 35\n" },
  { "own", WIDEVINE "," TWO_KIDS, "edef8ba9 35\n1077efec 68\n" },
};

static void
test_caps_and_meta (void)
{
  GstHarness *h = gst_harness_new_parse (ENCRYPT);
  g_autoptr (GstBuffer) out = NULL;
  g_autoptr (GstCaps) caps = NULL;
  const GstStructure *structure;
  HabProtection protection;
  guint skip = 1;

  gst_harness_set_src_caps_str (h, AAC);
  gst_harness_push (h, audio_buffer (50));
  out = gst_harness_pull (h);
  caps = gst_pad_get_current_caps (h->sinkpad);
  structure = gst_caps_get_structure (caps, 0);
  g_assert_true (gst_structure_has_name (structure, "application/x-cenc"));
  g_assert_cmpstr (gst_structure_get_string (structure,
      "original-media-type"), ==, "audio/mpeg");
  g_assert_cmpstr (gst_structure_get_string (structure, "cipher-mode"), ==,
      "cbcs");
  g_assert_cmpstr (gst_structure_get_string (structure, "default-kid"), ==,
      KID);
  g_assert_true (gst_structure_get_uint (structure, "skip-byte-block",
      &skip));
  g_assert_cmpuint (skip, ==, 0);

  g_assert_nonnull (gst_buffer_get_protection_meta (out));
  g_assert_true (hab_protection_from_structure (
      gst_buffer_get_protection_meta (out)->info, &protection));
  g_assert_true (protection.encrypted);
  g_assert_false (protection.has_subsamples);
  gst_harness_teardown (h);
}

/* Each box of the property has an event of its own, and the W3C common system
 * has one, its own where there is none among them. */
static void
test_pssh_events (gconstpointer data)
{
  const PsshEvents *test = data;
  g_autofree gchar *line = g_strdup_printf (ENCRYPT " pssh=\"%s\"",
      test->property);
  GstHarness *h = gst_harness_new_parse (line);
  GString *found = g_string_new (NULL);
  g_autofree gchar *systems = NULL;

  gst_harness_set_src_caps_str (h, AAC);
  gst_harness_push (h, audio_buffer (50));
  for (;;) {
    g_autoptr (GstEvent) event = gst_harness_try_pull_event (h);
    const gchar *system = NULL, *origin = NULL;
    GstBuffer *box = NULL;

    if (event == NULL)
      break;
    if (GST_EVENT_TYPE (event) != GST_EVENT_PROTECTION)
      continue;
    gst_event_parse_protection (event, &system, &box, &origin);
    g_assert_cmpstr (origin, ==, "isobmff/moov");
    g_assert_cmpint (gst_buffer_memcmp (box, 4, "pssh", 4), ==, 0);
    g_string_append_printf (found, "%.8s %" G_GSIZE_FORMAT "\n", system,
        gst_buffer_get_size (box));
  }
  systems = g_string_free (found, FALSE);
  g_assert_cmpstr (systems, ==, test->events);
  gst_harness_teardown (h);
}

/* --- errors ------------------------------------------------------------------ */

typedef struct
{
  const gchar *name;
  const gchar *line;
  GQuark (*domain) (void);
  gint code;
} BadSetting;

static const BadSetting bad_settings[] = {
  { "no-kid", "cbcsenc key=" KEY, gst_resource_error_quark,
      GST_RESOURCE_ERROR_SETTINGS },
  { "no-key", "cbcsenc kid=" KID, gst_resource_error_quark,
      GST_RESOURCE_ERROR_SETTINGS },
  { "short-key", "cbcsenc kid=" KID " key=8723", gst_resource_error_quark,
      GST_RESOURCE_ERROR_SETTINGS },
  { "missing-file", "cbcsenc kid=" KID " key-file=/nonexistent",
      gst_resource_error_quark, GST_RESOURCE_ERROR_SETTINGS },
  { "bad-iv", ENCRYPT " iv=12", gst_resource_error_quark,
      GST_RESOURCE_ERROR_SETTINGS },
  { "bad-pssh", ENCRYPT " pssh=YWJj", gst_resource_error_quark,
      GST_RESOURCE_ERROR_SETTINGS },
};

static void
test_bad_setting (gconstpointer data)
{
  const BadSetting *setting = data;
  g_autoptr (GError) parse_error = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  g_autoptr (GstElement) element = gst_parse_launch (setting->line,
      &parse_error);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (parse_error);
  gst_element_set_bus (element, bus);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, &debug);
  g_assert_error (error, setting->domain (), setting->code);
  g_assert_null (strstr (error->message, "8723"));
  g_assert_null (debug ? strstr (debug, "8723") : NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}

#define RESTARTS 5000

static gpointer
ask_for_caps (gpointer data)
{
  GstElement *enc = data;
  g_autoptr (GstPad) src = gst_element_get_static_pad (enc, "src");

  while (g_object_get_data (G_OBJECT (enc), "done") == NULL) {
    g_autoptr (GstCaps) caps = gst_pad_query_caps (src, NULL);

    g_assert_nonnull (caps);
  }
  return NULL;
}

/* Elements upstream and downstream ask whenever they like. */
static void
test_caps_while_it_stops (void)
{
  g_autoptr (GstElement) enc = gst_object_ref_sink (
      gst_parse_launch (ENCRYPT, NULL));
  GThread *asking = g_thread_new ("asking", ask_for_caps, enc);

  for (guint i = 0; i < RESTARTS; i++) {
    g_assert_cmpint (gst_element_set_state (enc, GST_STATE_PAUSED), ==,
        GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state (enc, GST_STATE_NULL);
  }
  g_object_set_data (G_OBJECT (enc), "done", enc);
  g_thread_join (asking);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cbcsenc/caps-while-it-stops", test_caps_while_it_stops);
  g_test_add_func ("/cbcsenc/caps-again", test_caps_again);
  g_test_add_func ("/cbcsenc/round-trip", test_round_trip);
  g_test_add_func ("/cbcsenc/caps-and-meta", test_caps_and_meta);
  for (guint i = 0; i < G_N_ELEMENTS (pssh_events); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cbcsenc/pssh/%s",
        pssh_events[i].name);

    g_test_add_data_func (path, &pssh_events[i], test_pssh_events);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad_settings); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cbcsenc/settings/%s",
        bad_settings[i].name);

    g_test_add_data_func (path, &bad_settings[i], test_bad_setting);
  }
  return run_tests ();
}
