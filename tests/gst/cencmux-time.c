/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What cencmux makes of times: read from its boxes, sample for sample. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "boxes.h"
#include "h264-units.h"
#include "leaks.h"

#define HOUR (G_GUINT64_CONSTANT (3600) * GST_SECOND)

typedef struct
{
  guint64 decode_time; /* ticks */
  guint32 duration;
  gint64 shown;        /* ticks, before the edit list */
  gboolean starts_segment;
} Sample;

/* Appends what a chunk's header says to samples (of Sample). */
static void
read_chunk (GArray *samples, const guint8 *data, gsize size, gboolean video)
{
  gboolean first = find_box (data, size - 8, "styp", 0, &(gsize){ 0 }) != NULL;
  gsize ignored;
  const guint8 *tfdt = find_box (data, size - 8, "moof/traf/tfdt", 0, &ignored);
  const guint8 *trun = find_box (data, size - 8, "moof/traf/trun", 0, &ignored);
  guint64 time = GST_READ_UINT64_BE (tfdt + 4);
  guint step = video ? 16 : 8;

  for (guint i = 0; i < GST_READ_UINT32_BE (trun + 4); i++) {
    const guint8 *entry = trun + 12 + i * step;
    Sample sample = { .decode_time = time,
      .duration = GST_READ_UINT32_BE (entry), .starts_segment = first };

    sample.shown = time +
        (video ? (gint32) GST_READ_UINT32_BE (entry + 12) : 0);
    g_array_append_val (samples, sample);
    time += sample.duration;
    first = FALSE;
  }
}

/* Everything that has come out so far, beside the init segment. */
static void
read_all (GstHarness *h, GArray *samples, gboolean video)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (h))) {
    GstMapInfo map;

    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) &&
        !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT)) {
      g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
      read_chunk (samples, map.data, map.size, video);
      gst_buffer_unmap (buffer, &map);
    }
    gst_buffer_unref (buffer);
  }
}

static void
set_video_caps (GstHarness *h, gint fps_n, gint fps_d)
{
  g_autoptr (GstBuffer) codec_data = gst_buffer_new_memdup (h264_codec_data,
      sizeof h264_codec_data);
  GstCaps *caps = gst_caps_from_string ("video/x-h264, stream-format = avc, "
      "alignment = au, width = 320, height = 240");

  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data,
      "framerate", GST_TYPE_FRACTION, fps_n, fps_d, NULL);
  gst_harness_set_src_caps (h, caps);
}

static void
set_audio_caps (GstHarness *h, guint rate)
{
  /* AudioSpecificConfig: AAC-LC, frequency index 3 or 4, stereo */
  const gchar *config = rate == 48000 ? "1190" : "1210";
  g_autofree gchar *caps = g_strdup_printf ("audio/mpeg, mpegversion = 4, "
      "stream-format = raw, framed = true, rate = %u, channels = 2, "
      "codec_data = (buffer) %s", rate, config);

  gst_harness_set_src_caps_str (h, caps);
}

static GstBuffer *
sample (gboolean key, GstClockTime dts, GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL);

  gst_buffer_memset (buffer, 0, 0, 1);
  GST_BUFFER_DTS (buffer) = dts;
  GST_BUFFER_PTS (buffer) = pts;
  if (!key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

/* --- hours --------------------------------------------------------------- */

/* A rate: samples last duration of timescale ticks. */
typedef struct
{
  const gchar *name;
  guint64 n, d;       /* samples a second */
  guint timescale;    /* of the track */
  guint duration;     /* ticks */
  guint gop;          /* 0 for audio */
  guint minutes;
} Rate;

static const Rate rates[] = {
  { "23.976", 24000, 1001, 24000, 1001, 48, 20 },
  { "25", 25, 1, 25600, 1024, 50, 20 },
  { "29.97", 30000, 1001, 30000, 1001, 60, 180 },
  { "59.94", 60000, 1001, 60000, 1001, 120, 20 },
  { "aac-48000", 48000, 1024, 48000, 1024, 0, 20 },
  { "aac-44100", 44100, 1024, 44100, 1024, 0, 20 },
};

/* I0 P4 B2 b1 b3 ...: the place in order of presentation of the nth picture. */
static guint64
place (guint64 n, guint gop)
{
  static const gint8 moves[] = { 0, 3, 0, -2, -1 };
  guint64 in_gop = n % gop;

  if (in_gop == 0 || (in_gop - 1) / 4 == (gop - 1) / 4)
    return n;
  return n + moves[(in_gop - 1) % 4 + 1];
}

static GstClockTime
time_of (const Rate *rate, guint64 n)
{
  return gst_util_uint64_scale (n * rate->d, GST_SECOND, rate->n);
}

/* Decoding begins two frames before 0, in terms of the first picture. */
static void
push_video (GstHarness *h, const Rate *rate, guint64 n)
{
  gst_harness_push (h, sample (n % rate->gop == 0, time_of (rate, n),
                           time_of (rate, place (n, rate->gop) + 2)));
}

static void
check_hours (const Rate *rate, GArray *samples, guint64 count)
{
  guint segments = 0;

  g_assert_cmpuint (samples->len, ==, count);
  for (guint i = 0; i < samples->len; i++) {
    const Sample *at = &g_array_index (samples, Sample, i);

    g_assert_cmpuint (at->decode_time, ==, (guint64) i * rate->duration);
    g_assert_cmpuint (at->duration, ==, rate->duration);
    if (rate->gop) {
      g_assert_cmpuint (at->shown, ==,
          (place (i, rate->gop) + 2) * rate->duration);
      g_assert_true (!at->starts_segment || i % rate->gop == 0);
    }
    segments += at->starts_segment;
  }
  g_assert_cmpuint (segments, >=, rate->minutes * 60 / 4);
}

/* Up to three hours: every sample of every chunk is where it is, to a tick. */
static void
test_hours (gconstpointer data)
{
  const Rate *rate = data;
  GstHarness *h = gst_harness_new_parse (
      "cencmux fragment-duration=4000000000");
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  guint64 count = rate->minutes * 60 * rate->n / rate->d;
  GstSegment segment;

  if (rate->gop)
    set_video_caps (h, rate->n, rate->d);
  else
    set_audio_caps (h, rate->timescale);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = rate->gop ? time_of (rate, 2) : 0;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (guint64 n = 0; n < count; n++) {
    if (rate->gop)
      push_video (h, rate, n);
    else
      gst_harness_push (h, sample (TRUE, time_of (rate, n), time_of (rate,
                                                                n)));
    if (n % 4096 == 0)
      read_all (h, samples, rate->gop > 0);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  read_all (h, samples, rate->gop > 0);
  check_hours (rate, samples, count);
  gst_harness_teardown (h);
}

/* --- what times may be --------------------------------------------------- */

/* Video of 25 frames a second, 1024 ticks each: pushes what times say and reads
 * what came of it. */
typedef struct
{
  const gchar *name;
  gint64 start;         /* ns, of the GStreamer segment */
  guint n;
  gint64 dts[6], pts[6]; /* ms, from start on */
  guint64 media_time;   /* ticks */
  guint64 decode[6];    /* ticks */
  gint64 shown[6];      /* ticks, on the timeline after the edit list */
} Times;

static const Times times[] = {
  { "from-0", 0, 3, { 0, 40, 80 }, { 0, 40, 80 }, 0, { 0, 1024, 2048 },
      { 0, 1024, 2048 } },
  { "starts-later", 0, 3, { 500, 540, 580 }, { 500, 540, 580 }, 0,
      { 12800, 13824, 14848 }, { 12800, 13824, 14848 } },
  { "far-from-0", 1000 * HOUR, 2, { 0, 40 }, { 0, 40 }, 0, { 0, 1024 },
      { 0, 1024 } },
  { "decoded-before-0", 80 * GST_MSECOND, 3, { -80, -40, 0 },
      { 0, 80, 40 }, 2048, { 0, 1024, 2048 }, { 0, 2048, 1024 } },
  /* As a cut leaves it: pictures before what the edit list shows first. */
  { "shown-before-0", 200 * GST_MSECOND, 4, { -200, -160, -120, -80 },
      { -120, 0, -80, -40 }, 5120, { 0, 1024, 2048, 3072 },
      { -3072, 0, -2048, -1024 } },
  { "b-pyramid", 80 * GST_MSECOND, 6, { -80, -40, 0, 40, 80, 120 },
      { 0, 160, 80, 40, 120, 200 }, 2048,
      { 0, 1024, 2048, 3072, 4096, 5120 },
      { 0, 4096, 2048, 1024, 3072, 5120 } },
  { "variable-rate", 0, 4, { 0, 10, 110, 140 }, { 0, 10, 110, 140 }, 0,
      { 0, 256, 2816, 3584 }, { 0, 256, 2816, 3584 } },
  { "gap", 0, 4, { 0, 40, 10040, 10080 }, { 0, 40, 10040, 10080 }, 0,
      { 0, 1024, 257024, 258048 }, { 0, 1024, 257024, 258048 } },
  /* A decoding time that goes back is one that was too late. */
  { "decoding-goes-back", 0, 4, { 0, 80, 40, 120 }, { 0, 80, 120, 160 }, 0,
      { 0, 2048, 2048, 3072 }, { 0, 2048, 3072, 4096 } },
};

static void
check_times (const Times *row, GArray *samples)
{
  g_assert_cmpuint (samples->len, ==, row->n);
  for (guint i = 0; i < row->n; i++) {
    const Sample *at = &g_array_index (samples, Sample, i);

    g_assert_cmpuint (at->decode_time, ==, row->decode[i]);
    g_assert_cmpint (at->shown - (gint64) row->media_time, ==, row->shown[i]);
  }
}

static void
check_edit_list (GstHarness *h, guint64 media_time)
{
  g_autoptr (GstBuffer) init = gst_harness_pull (h);
  const guint8 *elst;
  GstMapInfo map;
  gsize size;

  g_assert_true (gst_buffer_map (init, &map, GST_MAP_READ));
  elst = find_box (map.data, map.size, "moov/trak/edts/elst", 0, &size);
  g_assert_true ((elst != NULL) == (media_time > 0));
  if (elst)
    g_assert_cmpuint (GST_READ_UINT64_BE (elst + 16), ==, media_time);
  gst_buffer_unmap (init, &map);
}

static void
test_times (gconstpointer data)
{
  const Times *row = data;
  GstHarness *h = gst_harness_new ("cencmux");
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  GstSegment segment;

  set_video_caps (h, 25, 1);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = row->start;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (guint i = 0; i < row->n; i++)
    gst_harness_push (h, sample (i == 0,
                             row->start + row->dts[i] * GST_MSECOND,
                             row->start + row->pts[i] * GST_MSECOND));
  gst_harness_push_event (h, gst_event_new_eos ());
  check_edit_list (h, row->media_time);
  read_all (h, samples, TRUE);
  check_times (row, samples);
  gst_harness_teardown (h);
}

/* Beyond what 32 bits of ticks hold, which are 46 hours. */
static void
test_64_bits (void)
{
  GstHarness *h = gst_harness_new ("cencmux");
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (Sample));

  set_video_caps (h, 25, 1);
  for (guint i = 0; i < 3; i++)
    gst_harness_push (h, sample (i == 0, 100 * HOUR + i * 40 * GST_MSECOND,
                             100 * HOUR + i * 40 * GST_MSECOND));
  gst_harness_push_event (h, gst_event_new_eos ());
  read_all (h, samples, TRUE);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (g_array_index (samples, Sample, i).decode_time, ==,
        100 * G_GUINT64_CONSTANT (3600) * 25600 + i * 1024);
  gst_harness_teardown (h);
}

gint
main (gint argc, gchar **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cencmux-time/hours/%s",
        rates[i].name);

    g_test_add_data_func (path, &rates[i], test_hours);
  }
  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autofree gchar *path = g_strdup_printf ("/cencmux-time/%s",
        times[i].name);

    g_test_add_data_func (path, &times[i], test_times);
  }
  g_test_add_func ("/cencmux-time/64-bits", test_64_bits);
  return run_tests ();
}
