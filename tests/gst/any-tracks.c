/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever the tracks: random sets of them, with samples of random sizes at
 * random times, are encrypted and muxed by ours and demuxed by GStreamer's
 * qtdemux, and come back, bytes, times and all. Clear leads and crypto periods
 * are random, too: what is to be in the clear is that bit for bit, and the
 * boxes name for each other sample the key of its period. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "any-track.h"
#include "boxes.h"
#include "folder.h"

#define N_SETS 40
#define MAX_TRACKS 3
#define LIMIT (60 * GST_SECOND)

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

static gchar *
key_file_of (const gchar *folder)
{
  return g_build_filename (folder, "keys.txt", NULL);
}

static void
write_tracks (const GPtrArray *tracks, const gchar *folder, gboolean single)
{
  g_autofree gchar *key_file = key_file_of (folder);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GError) error = NULL;

  protection_write_keys (key_file);
  g_string_printf (line, "cencdashsink name=dash location=%s/stream.mpd "
      "single-file=%s fragment-duration=%" G_GUINT64_FORMAT " ", folder,
      single ? "true" : "false",
      g_test_rand_int_range (100, 3000) * GST_MSECOND);
  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = tracks->pdata[i];
    g_autofree gchar *encryptor = protection_to_line (&track->protection,
        key_file);

    g_string_append_printf (line, "appsrc name=in_%s format=time max-bytes=0 "
        "handle-segment-change=true ! %sdash.%s ", track->name,
        encryptor,
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

/* What is known of the samples on their way to the decryptor. */
typedef struct
{
  const Track *track;
  GArray *keys; /* of SampleKey, by the boxes */
  guint n;
} Passage;

static const Sample *
sample_at (const Track *track, guint i)
{
  g_assert_cmpuint (i, <, track->samples->len);
  return &g_array_index (track->samples, Sample, i);
}

/* Bytes of the longest range to be protected; all of a sample of sound. */
static gsize
longest_range (const GstStructure *info, gsize whole)
{
  guint n = 0, longest = 0;
  g_autoptr (GstBuffer) subsamples = NULL;
  GstMapInfo map;

  if (!gst_structure_get (info, "subsample_count", G_TYPE_UINT, &n,
          "subsamples", GST_TYPE_BUFFER, &subsamples, NULL))
    return whole;
  g_assert_true (gst_buffer_map (subsamples, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, n * 6);
  for (guint i = 0; i < n; i++)
    longest = MAX (longest, GST_READ_UINT32_BE (map.data + i * 6 + 2));
  gst_buffer_unmap (subsamples, &map);
  return longest;
}

/* In the clear bit for bit; qtdemux may say of it that it is encrypted. */
static void
check_protected (GstBuffer *buffer, const Sample *wanted,
    const GstProtectionMeta *meta)
{
  const gsize block = 16;
  gsize size;
  gconstpointer data = g_bytes_get_data (wanted->bytes, &size);
  gboolean same = gst_buffer_memcmp (buffer, 0, data, size) == 0;

  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, size);
  if (!wanted->protection.encrypted) {
    g_assert_true (same);
    return;
  }
  g_assert_nonnull (meta);
  g_assert_true (same == (longest_range (meta->info, size) < block));
}

/* qtdemux before 1.24 does not read sample groups: it gives each sample the key
 * id of the sample entry. */
static void
set_kid (GstProtectionMeta *meta, const SampleKey *key)
{
  g_autoptr (GstBuffer) kid = gst_buffer_new_memdup (key->kid, KID_BYTES);

  gst_structure_set (meta->info, "kid", GST_TYPE_BUFFER, kid, NULL);
}

static GstPadProbeReturn
on_demuxed (GstPad *pad, GstPadProbeInfo *probe, gpointer data)
{
  Passage *passage = data;
  const Sample *wanted = sample_at (passage->track, passage->n);
  const SampleKey *key = &g_array_index (passage->keys, SampleKey, passage->n);
  GstBuffer *buffer =
      gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (probe));
  GstProtectionMeta *meta = gst_buffer_get_protection_meta (buffer);

  probe->data = buffer;
  check_protected (buffer, wanted, meta);
  if (key->encrypted)
    set_kid (meta, key);
  passage->n++;
  return GST_PAD_PROBE_OK;
}

static void
check_keys (const Track *track, GArray *found)
{
  g_assert_cmpuint (found->len, ==, track->samples->len);
  for (guint i = 0; i < found->len; i++) {
    const SampleKey *key = &g_array_index (found, SampleKey, i);
    const SampleKey *wanted = &sample_at (track, i)->protection;

    g_assert_true (key->encrypted == wanted->encrypted);
    if (key->encrypted)
      g_assert_cmpmem (key->kid, KID_BYTES, wanted->kid, KID_BYTES);
  }
}

static GstElement *
new_reader (const gchar *folder, const Track *track, const gchar *path)
{
  g_autofree gchar *key_file = key_file_of (folder), *line = NULL;
  g_autoptr (GString) decryptor = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline;

  if (track->protection.n_kids > 0)
    g_string_printf (decryptor, "cbcsdec name=decryptor key-file=%s "
        "clear-lead=%" G_GUINT64_FORMAT " ! ", key_file,
        track->protection.clear_lead);
  line = g_strdup_printf ("filesrc location=%s ! qtdemux ! %s"
      "appsink name=out sync=false wait-on-eos=false", path, decryptor->str);
  pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  return pipeline;
}

static void
watch (GstElement *pipeline, Passage *passage)
{
  g_autoptr (GstElement) decryptor =
      gst_bin_get_by_name (GST_BIN (pipeline), "decryptor");
  g_autoptr (GstPad) pad =
      decryptor ? gst_element_get_static_pad (decryptor, "sink") : NULL;

  if (pad)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_demuxed, passage,
        NULL);
}

static void
check_samples (GstElement *pipeline, const Track *track, GstClockTime slack)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  GstSample *got;
  guint n = 0;

  while ((got = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 0))) {
    check_sample (got, sample_at (track, n++), track->video, slack);
    gst_sample_unref (got);
  }
  g_assert_cmpuint (n, ==, track->samples->len);
}

static void
check_track (const gchar *folder, const Track *track, gboolean single)
{
  g_autofree gchar *path = NULL;
  g_autoptr (GByteArray) file = read_track (folder, track, single, &path);
  g_autoptr (GArray) keys = sample_keys_read (file->data, file->len);
  g_autoptr (GstElement) pipeline = new_reader (folder, track, path);
  GstClockTime slack = GST_SECOND / timescale_of (file) + 1;
  Passage passage = { track, keys, 0 };

  check_keys (track, keys);
  watch (pipeline, &passage);
  run (pipeline);
  check_samples (pipeline, track, slack);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
test_set (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("hab-any-XXXXXX", NULL);
  g_autoptr (GPtrArray) tracks = g_ptr_array_new_with_free_func (track_free);
  gboolean single = g_test_rand_bit ();

  for (gint i = g_test_rand_int_range (1, MAX_TRACKS + 1); i > 0; i--)
    g_ptr_array_add (tracks, track_new_random (i));
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
