/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever the tracks: random sets of them, with samples of random sizes at
 * random times, are encrypted and muxed by ours and demuxed by GStreamer's
 * qtdemux, and come back, bytes, times and all. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <string.h>

#include "boxes.h"
#include "folder.h"
#include "sample-streams.h"

#define N_SETS 40
#define MAX_TRACKS 3
#define MAX_SAMPLES 40
#define MAX_BYTES 3000

/* How many places a picture may be shown behind its place in decoding order. */
#define REORDER 3

#define LIMIT (60 * GST_SECOND)

#define KID "a16e402b9056e371f36d348aa62bb749"
#define KEY "87237d20a19f58a740c05684e699b4aa"

typedef struct
{
  GBytes *bytes;
  gint64 dts, pts; /* ns, running time */
  GstClockTime duration;
  gboolean key;
} Sample;

typedef struct
{
  const SampleStream *stream;
  gboolean video, encrypted;
  gchar *name;     /* of the pad and the folder */
  GArray *samples; /* of Sample */
  GstClockTime shift; /* what running time is less than the buffers' */
} Track;

static void
clear_sample (gpointer data)
{
  g_bytes_unref (((Sample *) data)->bytes);
}

static void
track_free (gpointer data)
{
  Track *self = data;

  g_array_unref (self->samples);
  g_free (self->name);
  g_free (self);
}

/* --- what is in a sample ------------------------------------------------- */

static GByteArray *
from_hex (const gchar *digits)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *digits; digits += 2) {
    guint8 byte = g_ascii_xdigit_value (digits[0]) << 4 |
        g_ascii_xdigit_value (digits[1]);

    g_byte_array_append (bytes, &byte, 1);
  }
  return bytes;
}

static void
append_random (GByteArray *bytes, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint8 byte = g_test_rand_int_range (0, 256);

    g_byte_array_append (bytes, &byte, 1);
  }
}

/* The unit of one NAL unit becomes longer: more of its last slice. */
static void
lengthen_slice (GByteArray *unit, guint n)
{
  append_random (unit, n);
  GST_WRITE_UINT32_BE (unit->data, unit->len - 4);
}

/* An OBU of padding behind the others, its size in two bytes. */
static void
append_padding (GByteArray *unit, guint n)
{
  const guint8 header[] = { 15 << 3 | 2, 0x80 | (n & 0x7f), n >> 7 };

  g_byte_array_append (unit, header, sizeof header);
  append_random (unit, n);
}

/* Sound is not looked into but for its first sample. */
static GBytes *
random_bytes (const Track *track, guint unit, gboolean first)
{
  const SampleStream *stream = track->stream;
  guint n = g_test_rand_int_range (1, MAX_BYTES);
  GByteArray *bytes;

  if (!track->video && !first) {
    bytes = g_byte_array_new ();
    append_random (bytes, n);
    return g_byte_array_free_to_bytes (bytes);
  }
  bytes = from_hex (stream->units[unit]);
  if (strcmp (stream->name, "h264") == 0 || strcmp (stream->name, "h265") == 0)
    lengthen_slice (bytes, n);
  else if (strcmp (stream->name, "av1") == 0)
    append_padding (bytes, n);
  return g_byte_array_free_to_bytes (bytes);
}

/* --- when samples are decoded and shown ---------------------------------- */

/* Times at which something is shown, n of them: of one length, or of any. */
static GArray *
random_times (const Track *track, guint n)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean even = !track->video || g_test_rand_bit ();
  gint64 unit = track->stream->unit_duration;
  gint64 time = g_test_rand_bit () ? 0 :
      g_test_rand_int_range (0, 5000) * GST_MSECOND;

  for (guint i = 0; i < n; i++) {
    g_array_append_val (times, time);
    time += even ? unit : g_test_rand_int_range (1, 500) * GST_MSECOND;
    if (g_test_rand_int_range (0, 20) == 0)
      time += 10 * unit;
  }
  return times;
}

static void
shuffle (guint *places, guint n)
{
  for (guint i = n; i > 1; i--) {
    guint j = g_test_rand_int_range (0, i), place = places[i - 1];

    places[i - 1] = places[j];
    places[j] = place;
  }
}

/* Random GOPs: where in the order of presentation each picture is. None goes
 * further than REORDER from its place. */
static void
fill_places (guint *places, gboolean *keys, guint n, gboolean reorder)
{
  guint next = 0;

  for (guint i = 0; i < n; i++) {
    places[i] = i;
    keys[i] = i == next;
    if (i == next)
      next += g_test_rand_int_range (1, 12);
  }
  for (guint i = 0; reorder && i < n;) {
    guint run = 1;

    while (!keys[i] && run <= REORDER && i + run < n && !keys[i + run])
      run++;
    if (!keys[i])
      shuffle (places + i, run);
    i += run;
  }
}

static void
add_samples (Track *track, guint n)
{
  gboolean reorder = track->video && g_test_rand_bit ();
  guint delay = reorder ? REORDER : 0;
  g_autofree guint *places = g_new (guint, n);
  g_autofree gboolean *keys = g_new (gboolean, n);
  g_autoptr (GArray) times = random_times (track, n + delay + 1);
  const gint64 *at = (const gint64 *) times->data;

  fill_places (places, keys, n, reorder);
  /* The first picture is shown when the others said, decoded before that. */
  track->shift = at[delay] - at[0];
  for (guint i = 0; i < n; i++) {
    gboolean key = !track->video || keys[i];
    Sample sample = {
      .bytes = random_bytes (track,
          key ? 0 : g_test_rand_int_range (1, N_UNITS), i == 0),
      .dts = at[i] - (gint64) track->shift,
      .pts = at[places[i] + delay] - (gint64) track->shift,
      .duration = at[i + 1] - at[i],
      .key = key,
    };

    g_array_append_val (track->samples, sample);
  }
}

static Track *
random_track (guint number)
{
  Track *self = g_new0 (Track, 1);

  self->stream =
      &sample_streams[g_test_rand_int_range (0, N_SAMPLE_STREAMS)];
  self->video = g_str_has_prefix (self->stream->caps, "video/");
  self->encrypted = !self->stream->clear_only && g_test_rand_bit ();
  self->name = g_strdup_printf ("%s_%u", self->video ? "video" : "audio",
      number);
  self->samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  g_array_set_clear_func (self->samples, clear_sample);
  add_samples (self, g_test_rand_int_range (1, MAX_SAMPLES));
  return self;
}

/* --- in ------------------------------------------------------------------ */

static void
run (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, LIMIT, GST_MESSAGE_EOS |
      GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
}

static GstCaps *
caps_of (const Track *track)
{
  g_autofree gchar *text = g_strdup_printf ("%s%s%s", track->stream->caps,
      track->stream->config ? ", " : "",
      track->stream->config ? track->stream->config : "");
  GstCaps *caps = gst_caps_from_string (text);

  g_assert_nonnull (caps);
  return caps;
}

static void
push_sample (GstAppSrc *source, const Track *track, const Sample *sample,
    GstCaps *caps, const GstSegment *segment)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_wrapped_bytes (sample->bytes);
  g_autoptr (GstSample) pushed = NULL;

  GST_BUFFER_DTS (buffer) = sample->dts + track->shift;
  GST_BUFFER_PTS (buffer) = sample->pts + track->shift;
  GST_BUFFER_DURATION (buffer) = sample->duration;
  if (!sample->key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  pushed = gst_sample_new (buffer, caps, segment, NULL);
  g_assert_cmpint (gst_app_src_push_sample (source, pushed), ==, GST_FLOW_OK);
}

static void
push_track (GstElement *pipeline, const Track *track)
{
  g_autofree gchar *name = g_strconcat ("in_", track->name, NULL);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline),
      name);
  g_autoptr (GstCaps) caps = caps_of (track);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = track->shift;
  for (guint i = 0; i < track->samples->len; i++)
    push_sample (GST_APP_SRC (source), track,
        &g_array_index (track->samples, Sample, i), caps, &segment);
  gst_app_src_end_of_stream (GST_APP_SRC (source));
}

static void
write_tracks (const GPtrArray *tracks, const gchar *folder, gboolean single)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GError) error = NULL;

  g_string_printf (line, "cencdashsink name=dash location=%s/stream.mpd "
      "single-file=%s fragment-duration=%" G_GUINT64_FORMAT " ", folder,
      single ? "true" : "false",
      g_test_rand_int_range (100, 3000) * GST_MSECOND);
  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = tracks->pdata[i];

    g_string_append_printf (line, "appsrc name=in_%s format=time max-bytes=0 "
        "handle-segment-change=true ! %sdash.%s ", track->name,
        track->encrypted ? "cbcsenc kid=" KID " key=" KEY " ! " : "",
        track->name);
  }
  pipeline = gst_parse_launch (line->str, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < tracks->len; i++)
    push_track (pipeline, tracks->pdata[i]);
  run (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* --- out ----------------------------------------------------------------- */

static gboolean
append_file (GByteArray *all, const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autofree gchar *data = NULL;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, NULL))
    return FALSE;
  g_byte_array_append (all, (const guint8 *) data, size);
  return TRUE;
}

/* The track as one file, of which path is set. */
static GByteArray *
read_track (const gchar *folder, const Track *track, gboolean single,
    gchar **path)
{
  g_autofree gchar *place = g_build_filename (folder, track->name, NULL);
  GByteArray *all = g_byte_array_new ();
  gboolean more = TRUE;

  *path = g_build_filename (place, single ? "track.mp4" : "all.mp4", NULL);
  if (single) {
    g_assert_true (append_file (all, place, "track.mp4"));
    return all;
  }
  g_assert_true (append_file (all, place, "init.mp4"));
  for (guint i = 1; more; i++) {
    g_autofree gchar *name = g_strdup_printf ("%u.m4s", i);

    more = append_file (all, place, name);
  }
  g_assert_true (g_file_set_contents (*path, (const gchar *) all->data,
      all->len, NULL));
  return all;
}

static guint32
timescale_of (const GByteArray *file)
{
  gsize size;
  const guint8 *mdhd = find_box (file->data, file->len, "moov/trak/mdia/mdhd",
      0, &size);

  g_assert_nonnull (mdhd);
  return GST_READ_UINT32_BE (mdhd + (mdhd[0] == 0 ? 12 : 20));
}

/* Where the file shows it. Playback of a fragmented file begins with its first
 * sample in qtdemux, so that running time is less. */
static gint64
to_stream_time (const GstSegment *segment, GstClockTime time)
{
  guint64 stream;
  gint sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, time,
      &stream);

  g_assert_cmpint (sign, !=, 0);
  return sign * (gint64) stream;
}

static void
assert_near (gint64 time, gint64 wanted, GstClockTime slack)
{
  g_assert_cmpint (ABS (time - wanted), <=, (gint64) slack);
}

static void
check_sample (GstSample *got, const Sample *wanted, gboolean video,
    GstClockTime slack)
{
  GstBuffer *buffer = gst_sample_get_buffer (got);
  const GstSegment *segment = gst_sample_get_segment (got);
  gsize size;
  gconstpointer data = g_bytes_get_data (wanted->bytes, &size);

  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, size);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, data, size), ==, 0);
  assert_near (to_stream_time (segment, GST_BUFFER_PTS (buffer)), wanted->pts,
      slack);
  assert_near (to_stream_time (segment, GST_BUFFER_DTS (buffer)), wanted->dts,
      slack);
  assert_near (GST_BUFFER_DURATION (buffer), wanted->duration, slack);
  if (video)
    g_assert_true (wanted->key ==
        !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT));
}

static void
check_track (const gchar *folder, const Track *track, gboolean single)
{
  g_autofree gchar *path = NULL, *line = NULL;
  g_autoptr (GByteArray) file = read_track (folder, track, single, &path);
  GstClockTime slack = GST_SECOND / timescale_of (file) + 1;
  g_autoptr (GstElement) pipeline = NULL, sink = NULL;
  g_autoptr (GError) error = NULL;
  GstSample *got;
  guint n = 0;

  line = g_strdup_printf ("filesrc location=%s ! qtdemux ! %s"
      "appsink name=out sync=false wait-on-eos=false", path,
      track->encrypted ? "cbcsdec key=" KEY " ! " : "");
  pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  run (pipeline);
  while ((got = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 0))) {
    g_assert_cmpuint (n, <, track->samples->len);
    check_sample (got, &g_array_index (track->samples, Sample, n++),
        track->video, slack);
    gst_sample_unref (got);
  }
  g_assert_cmpuint (n, ==, track->samples->len);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
test_set (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("hab-any-XXXXXX", NULL);
  g_autoptr (GPtrArray) tracks = g_ptr_array_new_with_free_func (track_free);
  gboolean single = g_test_rand_bit ();

  for (gint i = g_test_rand_int_range (1, MAX_TRACKS + 1); i > 0; i--)
    g_ptr_array_add (tracks, random_track (i));
  write_tracks (tracks, folder, single);
  for (guint i = 0; i < tracks->len; i++)
    check_track (folder, tracks->pdata[i], single);
  remove_all (folder);
}

static void
test_sets (void)
{
  for (guint i = 0; i < N_SETS; i++)
    test_set ();
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/any-tracks/sets", test_sets);
  return g_test_run ();
}
