/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keys that change: which one counts when, what cencmux writes of it, and that
 * the samples come back. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <string.h>

#include "cenc-protection.h"
#include "h264-units.h"
#include "key-schedule.h"
#include "keys.h"
#include "leaks.h"

#define KID_A "a16e402b9056e371f36d348aa62bb749"
#define KID_B "b16e402b9056e371f36d348aa62bb749"
#define KID_C "c16e402b9056e371f36d348aa62bb749"
#define KEY "87237d20a19f58a740c05684e699b4aa"
#define FRAME (40 * GST_MSECOND)

static gchar *key_file;

static gchar *
make_key_file (void)
{
  gchar *path = NULL;
  gint fd = g_file_open_tmp ("keys-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path,
      KID_A ":" KEY "\n"
      KID_B ":97237d20a19f58a740c05684e699b4aa\n"
      KID_C ":a7237d20a19f58a740c05684e699b4aa\n", -1, NULL));
  return path;
}

/* --- the schedule ------------------------------------------------------------ */

typedef struct
{
  const gchar *name;
  const gchar *kids, *key; /* key NULL: the file's */
  guint64 period_ms;
  const gchar *error;      /* a part of it; NULL: none */
  guint n_keys;
} Settings;

static const Settings settings[] = {
  { "one", KID_A, NULL, 0, NULL, 1 },
  { "one-key", KID_A, KEY, 0, NULL, 1 },
  { "three", KID_A "," KID_B ", " KID_C, NULL, 10, NULL, 3 },
  { "again", KID_A "," KID_B "," KID_A, NULL, 10, NULL, 3 },
  { "none", NULL, KEY, 0, "kid: not set", 0 },
  { "only-separators", " ,", KEY, 0, "kid: not set", 0 },
  { "malformed", KID_A ",12", NULL, 10, "kid: ", 0 },
  { "not-in-file", KID_A ",d16e402b9056e371f36d348aa62bb749", NULL, 10,
      "d16e402b-9056-e371", 0 },
  { "no-period", KID_A "," KID_B, NULL, 0, "crypto-period", 0 },
  { "period-of-one", KID_A, NULL, 10, "crypto-period", 0 },
  { "one-key-of-two", KID_A "," KID_B, KEY, 10, "KID:KEY", 0 },
  { "keys-as-text", KID_A "," KID_B,
      KID_A ":" KEY "\n" KID_B ":97237d20a19f58a740c05684e699b4aa", 10, NULL, 2 },
};

static void
test_settings (gconstpointer data)
{
  const Settings *test = data;
  HabKeySettings given = {
    .kid = (gchar *) test->kids,
    .key = (gchar *) test->key,
    .key_file = test->key ? NULL : key_file,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (HabKeySchedule) schedule = hab_key_schedule_new (&given,
      test->period_ms * GST_MSECOND, &error);

  if (test->error) {
    g_assert_null (schedule);
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, test->error));
    g_assert_null (strstr (error->message, KEY));
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpuint (hab_key_schedule_get_n_keys (schedule), ==, test->n_keys);
}

static const struct
{
  gint64 time_us;
  guint key;
} times[] = {
  { -5000000, 0 }, { 0, 0 }, { 8999, 0 }, { 10000, 1 }, { 9000, 1 },
  { 19999, 2 }, { 29999, 0 }, { 3600000000, 0 },
};

static void
test_times (void)
{
  HabKeySettings given = {
    .kid = (gchar *) KID_A "," KID_B "," KID_C, .key_file = key_file
  };
  g_autoptr (HabKeySchedule) schedule = hab_key_schedule_new (&given,
      10 * GST_MSECOND, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    g_assert_cmpuint (hab_key_schedule_at (schedule,
        times[i].time_us * (gint64) GST_USECOND), ==, times[i].key);
}

/* --- the elements -------------------------------------------------------------- */

static GstHarness *
new_harness (gboolean video, const gchar *behind)
{
  g_autofree gchar *line = g_strdup_printf ("cbcsenc kid=" KID_A "," KID_B
      " key-file=%s crypto-period=80000000 %s %s", key_file, behind,
      strstr (behind, "cbcsdec") ? key_file : "");
  GstHarness *h = gst_harness_new_parse (line);
  GstCaps *caps = gst_caps_from_string (video ?
          "video/x-h264, stream-format = avc, alignment = au, width = 320, "
          "height = 240, framerate = 25/1" :
          "audio/mpeg, mpegversion = 4, stream-format = raw, framed = true, "
          "rate = 48000, channels = 2, codec_data = (buffer) 1190");
  g_autoptr (GstBuffer) codec_data = gst_buffer_new_memdup (h264_codec_data,
      sizeof h264_codec_data);

  if (video)
    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data,
        NULL);
  gst_harness_set_src_caps (h, caps);
  return h;
}

static GstBuffer *
new_sample (gboolean delta, GstClockTime pts)
{
  GByteArray *unit = g_byte_array_new ();
  GstBuffer *buffer;

  h264_append_slice (unit, 0x65, 0x88, 200, 0xff);
  buffer = gst_buffer_new_memdup (unit->data, unit->len);
  g_byte_array_unref (unit);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = FRAME;
  if (delta)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

/* kinds: K begins a GOP, P does not, a is audio. */
static void
push (GstHarness *h, const gchar *kinds)
{
  for (guint i = 0; kinds[i]; i++)
    g_assert_cmpint (gst_harness_push (h, new_sample (kinds[i] == 'P',
        i * FRAME)), ==, GST_FLOW_OK);
}

typedef struct
{
  const gchar *name;
  const gchar *kinds;
  const gchar *keys;  /* A or B for each sample */
  const gchar *file;  /* S for a segment, its key, . for each sample */
} Rotation;

/* Samples of 40 ms, periods of 80. */
static const Rotation rotations[] = {
  { "gops", "KPKPKP", "AABBAA", "SA..SB..SA.." },
  { "at-next-gop", "KPPKPKP", "AAABBAA", "SA...SB..SA.." },
  { "audio", "aaaaa", "AABBA", "SA..SB..SA." },
};

static void
test_keys (gconstpointer data)
{
  const Rotation *test = data;
  GstHarness *h = new_harness (test->kinds[0] != 'a', "");

  push (h, test->kinds);
  for (guint i = 0; test->kinds[i]; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
    g_autofree gchar *digits = NULL;
    guint8 kid[16];

    g_assert_true (hab_protection_get_kid (buffer, kid));
    digits = hab_key_to_hex (kid);
    g_assert_cmpstr (digits, ==, (test->keys[i] == 'A' ? KID_A : KID_B));
  }
  gst_harness_teardown (h);
}

static void
test_round_trip (gconstpointer data)
{
  const Rotation *test = data;
  GstHarness *h = new_harness (test->kinds[0] != 'a', "! cbcsdec key-file=");

  push (h, test->kinds);
  for (guint i = 0; test->kinds[i]; i++) {
    g_autoptr (GstBuffer) out = gst_harness_pull (h);
    g_autoptr (GstBuffer) in = new_sample (FALSE, 0);
    GstMapInfo map;

    g_assert_true (gst_buffer_map (in, &map, GST_MAP_READ));
    g_assert_cmpuint (gst_buffer_get_size (out), ==, map.size);
    g_assert_cmpint (gst_buffer_memcmp (out, 0, map.data, map.size), ==, 0);
    gst_buffer_unmap (in, &map);
  }
  gst_harness_teardown (h);
}

/* The key that a moof's sample group names; that of the track without one. */
static void
append_key (GString *shape, const GstMapInfo *map)
{
  const guint8 *sgpd = memmem (map->data, map->size, "sgpd", 4);
  const guint8 *sbgp = memmem (map->data, map->size, "sbgp", 4);

  g_assert_true ((sgpd == NULL) == (sbgp == NULL));
  if (sgpd == NULL) {
    g_string_append_c (shape, 'A');
    return;
  }
  g_assert_cmpmem (sgpd + 8, 4, "seig", 4);
  g_assert_cmpuint (GST_READ_UINT32_BE (sgpd + 12), ==, 37);
  g_assert_cmpuint (sgpd[20 + 4], ==, 0xb1);
  g_assert_cmpuint (GST_READ_UINT32_BE (sbgp + 20), ==, 0x10001);
  g_string_append_c (shape, 'B');
}

static void
test_file (gconstpointer data)
{
  const Rotation *test = data;
  GstHarness *h = new_harness (test->kinds[0] != 'a',
      "! cencmux fragment-duration=10000000000");
  g_autoptr (GString) shape = g_string_new (NULL);
  GstBuffer *buffer;

  push (h, test->kinds);
  gst_harness_push_event (h, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (h))) {
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER)) {
      g_string_append_c (shape, '.');
    } else if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT)) {
      g_assert_false (GST_BUFFER_FLAG_IS_SET (buffer,
          GST_BUFFER_FLAG_DELTA_UNIT));
      g_string_append_c (shape, 'S');
      append_key (shape, &map);
    }
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpstr (shape->str, ==, test->file);
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
  gint status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  key_file = make_key_file ();
  ADD_TABLE ("/key-rotation/settings", settings, test_settings);
  ADD_TABLE ("/key-rotation/keys", rotations, test_keys);
  ADD_TABLE ("/key-rotation/round-trip", rotations, test_round_trip);
  ADD_TABLE ("/key-rotation/file", rotations, test_file);
  g_test_add_func ("/key-rotation/times", test_times);
  status = run_tests ();
  g_unlink (key_file);
  g_free (key_file);
  return status;
}
