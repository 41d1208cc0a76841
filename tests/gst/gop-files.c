/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The index of files and the cutting of GOPs, on files that mp4mux and qtmux
 * write of handmade access units, and on a file from elsewhere where there is
 * one. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <string.h>

#include "gop-cut.h"
#include "gop-index-read.h"
#include "h264-units.h"
#include "mp4-movie.h"

#define FRAME (40 * GST_MSECOND)

typedef struct
{
  const gchar *name;
  const gchar *muxer;
  const gchar *stream_format;
  guint slice_size;

  /* a word for each access unit: its kind and its place in presentation; r is R
   * and no sync sample */
  const gchar *units;
  const gchar *gops;    /* "kind frames leading" */
  const gchar *iframes; /* "number key-frame gop" */
} Case;

static const Case cases[] = {
  { "closed", "mp4mux", "avc", 100, "K0 P1 P2 K3 P4 P5 K6",
    "idr 3 0, idr 3 0, idr 1 0", "0 1 0, 3 1 1, 6 1 2" },
  { "open", "mp4mux", "avc", 100, "K2 B0 B1 P3 R6 B4 B5 P7 R9 B8",
    "idr 4 2, recovery-point 4 2, recovery-point 2 1",
    "0 1 0, 4 1 1, 8 1 2" },
  { "not-in-table", "mp4mux", "avc", 100, "K2 B0 B1 P3 r6 B4 B5 P7 K9 B8",
    "idr 4 2, recovery-point 4 2, idr 2 1", "0 1 0, 4 1 1, 8 1 2" },
  { "no-random-access", "mp4mux", "avc", 100, "K0 P1 I2 P3 M4 I5 K6 P7",
    "idr 6 0, idr 2 0", "0 1 0, 2 0 -1, 5 0 -1, 6 1 1" },
  { "starts-without", "mp4mux", "avc", 100, "P0 I1 K2 P3", "none 2 0, idr 2 0",
    "1 0 -1, 2 1 1" },
  { "large", "mp4mux", "avc", 100000, "K0 P1 M2 I3 R4 P5",
    "idr 4 0, recovery-point 2 0", "0 1 0, 3 0 -1, 4 1 1" },
  { "quicktime", "qtmux", "avc", 100, "K0 P3 B1 B2 K4 P7 B5 B6",
    "idr 4 0, idr 4 0", "0 1 0, 4 1 1" },
  { "moov-first", "mp4mux faststart=true", "avc", 100, "K0 P1 K2",
    "idr 2 0, idr 1 0", "0 1 0, 2 1 1" },
  { "avc3", "mp4mux", "avc3", 100, "K0 P1 K2", "idr 2 0, idr 1 0",
    "0 1 0, 2 1 1" },
};

/* --- files ------------------------------------------------------------- */

typedef struct
{
  gchar *folder, *input, *output;
} Files;

static void
files_init (Files *files)
{
  files->folder = g_dir_make_tmp ("gop-files-XXXXXX", NULL);
  files->input = g_build_filename (files->folder, "in.mp4", NULL);
  files->output = g_build_filename (files->folder, "out.mp4", NULL);
}

static void
files_clear (Files *files)
{
  g_unlink (files->input);
  g_unlink (files->output);
  g_rmdir (files->folder);
  g_free (files->folder);
  g_free (files->input);
  g_free (files->output);
}

static GstBuffer *
make_buffer (const Case *c, const gchar *word, guint number)
{
  gchar kind = word[0] == 'r' ? 'R' : word[0];
  GByteArray *unit = h264_access_unit (kind, c->slice_size, number + 1);
  gsize size = unit->len;
  GstBuffer *buffer =
      gst_buffer_new_wrapped (g_byte_array_free (unit, FALSE), size);

  GST_BUFFER_DTS (buffer) = number * FRAME;
  GST_BUFFER_PTS (buffer) = (2 + g_ascii_strtoull (word + 1, NULL, 10)) * FRAME;
  GST_BUFFER_DURATION (buffer) = FRAME;
  if (word[0] != 'K' && word[0] != 'R')
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

static void
run (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
      20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
write_input (const Case *c, const gchar *path)
{
  g_autofree gchar *line = g_strdup_printf ("%s name=mux ! filesink "
      "name=sink appsrc name=src format=time max-bytes=0 ! mux.video_0",
      c->muxer);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstBuffer) codec_data =
      gst_buffer_new_memdup (h264_codec_data, sizeof (h264_codec_data));
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-h264",
      "stream-format", G_TYPE_STRING, c->stream_format,
      "alignment", G_TYPE_STRING, "au", "width", G_TYPE_INT, 320,
      "height", G_TYPE_INT, 240, "framerate", GST_TYPE_FRACTION, 25, 1,
      "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
  g_auto (GStrv) words = g_strsplit (c->units, " ", -1);

  g_object_set (sink, "location", path, NULL);
  g_object_set (src, "caps", caps, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; words[i]; i++)
    gst_app_src_push_buffer (GST_APP_SRC (src), make_buffer (c, words[i], i));
  gst_app_src_end_of_stream (GST_APP_SRC (src));
  run (pipeline);
}

/* --- the index --------------------------------------------------------- */

static gchar *
describe_gops (const HabGopIndex *index)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < index->gops->len; i++) {
    const HabGop *gop = &g_array_index (index->gops, HabGop, i);

    g_assert_cmpuint (gop->index, ==, i);
    g_string_append_printf (out, "%s%s %" G_GUINT64_FORMAT " %u",
        i ? ", " : "", gop->kind, gop->frames, gop->leading_pictures);
  }
  return g_string_free (out, FALSE);
}

static gchar *
describe_iframes (const HabGopIndex *index)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < index->iframes->len; i++) {
    const HabIFrame *frame = &g_array_index (index->iframes, HabIFrame, i);

    g_string_append_printf (out, "%s%" G_GUINT64_FORMAT " %d %" G_GINT64_FORMAT,
        i ? ", " : "", frame->coded_picture_number, frame->key_frame,
        frame->gop_index);
  }
  return g_string_free (out, FALSE);
}

/* What the two lists say of places and times has to fit. */
static void
assert_consistent (const HabGopIndex *index)
{
  guint64 frames = 0;

  for (guint i = 0; i < index->gops->len; i++) {
    const HabGop *gop = &g_array_index (index->gops, HabGop, i);

    g_assert_cmpuint (gop->first_frame, ==, frames);
    g_assert_cmpint (gop->duration_ns, ==, gop->frames * FRAME);
    g_assert_cmpint (gop->end_byte - gop->first_byte, ==, gop->bytes);
    frames += gop->frames;
  }
  for (guint i = 0; i < index->iframes->len; i++) {
    const HabIFrame *frame = &g_array_index (index->iframes, HabIFrame, i);
    const HabGop *gop;

    if (frame->gop_index < 0)
      continue;
    gop = &g_array_index (index->gops, HabGop, frame->gop_index);
    g_assert_cmpuint (gop->first_frame, ==, frame->coded_picture_number);
    g_assert_cmpint (gop->first_byte, ==, frame->offset);
  }
}

static void
assert_same_gops (const gchar *path, const gchar *gops)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabGopIndex) index = hab_gop_index_read_gops (path, &error);
  g_autofree gchar *found = NULL;

  g_assert_no_error (error);
  found = describe_gops (index);
  g_assert_cmpstr (found, ==, gops);
}

static void
test_index (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (HabGopIndex) index = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *gops = NULL;
  g_autofree gchar *iframes = NULL;
  const HabTrack *track;
  Files files;

  files_init (&files);
  write_input (c, files.input);
  index = hab_gop_index_read (files.input, &error);
  g_assert_no_error (error);

  gops = describe_gops (index);
  iframes = describe_iframes (index);
  g_assert_cmpstr (gops, ==, c->gops);
  g_assert_cmpstr (iframes, ==, c->iframes);
  assert_consistent (index);
  assert_same_gops (files.input, c->gops);

  track = &g_array_index (index->tracks, HabTrack, 0);
  g_assert_cmpstr (track->kind, ==, "video");
  g_assert_true (g_str_has_prefix (track->codec,
      g_str_equal (c->stream_format, "avc") ? "avc1." : "avc3."));
  g_assert_cmpint (track->width, ==, 320);
  g_assert_cmpint (track->fps_n, ==, 25);
  g_assert_cmpint (track->fps_d, ==, 1);
  g_assert_cmpuint (track->number, ==, index->video_track_number);
  files_clear (&files);
}

/* --- the cut ----------------------------------------------------------- */

/* Checksums of all access units of the file's video, in decoding order. */
static GPtrArray *
hash_samples (const gchar *path)
{
  GPtrArray *sums = g_ptr_array_new_with_free_func (g_free);
  g_autofree gchar *contents = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (HabMp4Movie) movie = NULL;
  g_autoptr (GError) error = NULL;
  HabMp4SampleReader reader;
  HabMp4Sample sample;
  gsize size;

  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  bytes = g_bytes_new_static (contents, size);
  movie = hab_mp4_movie_open_bytes (bytes, &error);
  g_assert_no_error (error);
  hab_mp4_sample_reader_init (&reader,
      &hab_mp4_movie_get_track (movie, 0)->table);
  while (hab_mp4_sample_reader_next (&reader, &sample))
    g_ptr_array_add (sums, g_compute_checksum_for_data (G_CHECKSUM_SHA256,
        (guint8 *) contents + sample.offset, sample.size));
  return sums;
}

/* The moov box is before the media, the picture that comes first plays at 0,
 * the first access unit is a sync sample. */
static void
assert_plays_alone (const gchar *path)
{
  g_autofree gchar *contents = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (HabMp4Movie) movie = NULL;
  const HabMp4Track *track;
  HabMp4SampleReader reader;
  HabMp4Sample sample;
  gsize size;

  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  g_assert_true ((guint8 *) memmem (contents, size, "moov", 4) <
      (guint8 *) memmem (contents, size, "mdat", 4));
  bytes = g_bytes_new_static (contents, size);
  movie = hab_mp4_movie_open_bytes (bytes, NULL);
  track = hab_mp4_movie_get_track (movie, 0);
  hab_mp4_sample_reader_init (&reader, &track->table);
  g_assert_true (hab_mp4_sample_reader_next (&reader, &sample));
  g_assert_true (sample.sync);
  g_assert_cmpint (sample.cts + track->pts_offset, ==, 0);
}

static void
cut (const Files *files, guint64 first, guint64 last)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (hab_gop_cut_run (files->input,
      &(HabGopCutRange) { .first = first, .last = last }, files->output,
      &error));
  g_assert_no_error (error);
}

/* By what the index says of it, or, where that is of another file, without. */
static void
cut_known (const Files *files, const HabGop *gop, guint32 end)
{
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GError) error = NULL;
  const HabGopCutRange range = { gop->index, gop->index, starts, end };
  const guint32 first = gop->first_frame;

  g_array_append_val (starts, first);
  g_assert_true (hab_gop_cut_run (files->input, &range, files->output,
      &error));
  g_assert_no_error (error);
}

static void
assert_same_samples (const Files *files, const GPtrArray *sums)
{
  g_autoptr (GPtrArray) found = hash_samples (files->output);

  assert_plays_alone (files->output);
  g_assert_cmpuint (found->len, ==, sums->len);
  for (guint i = 0; i < sums->len; i++)
    g_assert_cmpstr (found->pdata[i], ==, sums->pdata[i]);
}

static void
test_cut (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GPtrArray) expected = NULL;
  g_autoptr (HabGopIndex) index = NULL;
  guint n = 0;
  Files files;

  files_init (&files);
  write_input (c, files.input);
  expected = hash_samples (files.input);
  index = hab_gop_index_read (files.input, NULL);

  for (guint i = 0; i < index->gops->len; i++) {
    const HabGop *gop = &g_array_index (index->gops, HabGop, i);
    g_autoptr (GPtrArray) sums = NULL;

    cut (&files, i, i);
    assert_plays_alone (files.output);
    sums = hash_samples (files.output);
    cut_known (&files, gop, gop->first_frame + gop->frames);
    assert_same_samples (&files, sums);
    cut_known (&files, gop, G_MAXUINT32);
    assert_same_samples (&files, sums);
    cut_known (&files, gop, gop->first_frame);
    assert_same_samples (&files, sums);
    for (guint k = 0; k < sums->len; k++)
      g_assert_cmpstr (sums->pdata[k], ==, expected->pdata[n + k]);
    n += sums->len;
  }
  g_assert_cmpuint (n, ==, expected->len);
  files_clear (&files);
}

static void
test_cut_range (void)
{
  g_autoptr (GPtrArray) sums = NULL;
  g_autoptr (GPtrArray) expected = NULL;
  Files files;

  files_init (&files);
  write_input (&cases[1], files.input);
  expected = hash_samples (files.input);
  cut (&files, 1, 2);
  sums = hash_samples (files.output);
  g_assert_cmpuint (sums->len, ==, 6);
  for (guint i = 0; i < sums->len; i++)
    g_assert_cmpstr (sums->pdata[i], ==, expected->pdata[4 + i]);
  files_clear (&files);
}

static void
assert_cut_fails (const Files *files, guint64 first, guint64 last,
    const gchar *output, gint code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (hab_gop_cut_run (files->input,
      &(HabGopCutRange) { .first = first, .last = last }, output, &error));
  g_assert_error (error, HAB_MEDIA_ERROR, code);
}

static void
test_cut_errors (void)
{
  Files files;

  files_init (&files);
  write_input (&cases[0], files.input);
  assert_cut_fails (&files, 3, 3, files.output, HAB_MEDIA_ERROR_NOT_FOUND);
  assert_cut_fails (&files, 2, 3, files.output, HAB_MEDIA_ERROR_NOT_FOUND);
  assert_cut_fails (&files, 1, 0, files.output, HAB_MEDIA_ERROR_NOT_FOUND);
  assert_cut_fails (&files, G_MAXUINT64, G_MAXUINT64, files.output,
      HAB_MEDIA_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (files.output, G_FILE_TEST_EXISTS));
  assert_cut_fails (&files, 0, 0, "/dev/full", HAB_MEDIA_ERROR_NO_SPACE);
  assert_cut_fails (&files, 0, 0, "/nonexistent/out.mp4", HAB_MEDIA_ERROR_IO);
  files_clear (&files);
}

/* --- bad input --------------------------------------------------------- */

static void
assert_index_fails (const Files *files, const gchar *contents, gssize size,
    gint code)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (files->input, contents, size, NULL));
  g_assert_null (hab_gop_index_read (files->input, &error));
  g_assert_error (error, HAB_MEDIA_ERROR, code);
}

static void
test_bad_input (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *contents = NULL;
  gchar *entry;
  gsize size;
  Files files;

  files_init (&files);
  g_assert_null (hab_gop_index_read (files.input, &error));
  g_assert_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO);
  assert_index_fails (&files, "", 0, HAB_MEDIA_ERROR_NOT_MEDIA);
  assert_index_fails (&files, "This is text.\n", -1, HAB_MEDIA_ERROR_NOT_MEDIA);

  write_input (&cases[0], files.input);
  g_assert_true (g_file_get_contents (files.input, &contents, &size, NULL));
  for (gsize i = 0; i < size; i += 37)
    assert_index_fails (&files, contents, i, HAB_MEDIA_ERROR_NOT_MEDIA);

  entry = memmem (contents, size, "avc1", 4);
  g_assert_nonnull (entry);
  entry = memmem (entry + 4, size - (entry + 4 - contents), "avc1", 4)
      ? memmem (entry + 4, size - (entry + 4 - contents), "avc1", 4) : entry;
  memcpy (entry, "mp4v", 4);
  assert_index_fails (&files, contents, size, HAB_MEDIA_ERROR_UNSUPPORTED);
  memcpy (entry, "hvc1", 4); /* with avcC */
  assert_index_fails (&files, contents, size, HAB_MEDIA_ERROR_NOT_MEDIA);
  memcpy (entry, "encv", 4);
  assert_index_fails (&files, contents, size, HAB_MEDIA_ERROR_UNSUPPORTED);
  entry = memmem (contents, size, "vide", 4);
  memcpy (entry, "soun", 4);
  assert_index_fails (&files, contents, size, HAB_MEDIA_ERROR_NO_VIDEO);
  files_clear (&files);
}

/* Damaged access units in a file whose boxes are right. */
static void
test_damaged_unit (void)
{
  static const Case damaged = { "damaged", "mp4mux", "avc", 100, "K0 x1 P2",
    NULL, NULL };
  g_autoptr (GError) error = NULL;
  Files files;

  files_init (&files);
  write_input (&damaged, files.input);
  g_assert_null (hab_gop_index_read (files.input, &error));
  g_assert_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA);
  g_assert_nonnull (strstr (error->message, "frame 1"));
  files_clear (&files);
}

/* 20 GOPs of 50 access units, with what middle says in the middle of each, and
 * the unit of a word somewhere in the last. */
static gchar *
long_video (gchar middle, gchar somewhere)
{
  GString *units = g_string_new (NULL);

  for (guint i = 0; i < 1000; i++) {
    gchar kind = i % 50 == 0 ? 'K' : i % 50 == 25 ? middle : 'P';

    g_string_append_printf (units, "%s%c%u", i ? " " : "",
        i == 970 ? somewhere : kind, i);
  }
  return g_string_free (units, FALSE);
}

/* Of a video with more access units than are looked at to find out. */
static void
test_unnamed_gops (void)
{
  g_autofree gchar *units = long_video ('r', 'P');
  const Case unnamed = { "unnamed", "mp4mux", "avc", 100, units, NULL, NULL };
  g_autoptr (HabGopIndex) index = NULL;
  g_autofree gchar *gops = NULL;
  Files files;

  files_init (&files);
  write_input (&unnamed, files.input);
  index = hab_gop_index_read (files.input, NULL);
  g_assert_cmpuint (index->gops->len, ==, 40);
  gops = describe_gops (index);
  assert_same_gops (files.input, gops);
  files_clear (&files);
}

/* Where the table names all there are, it is not the media that is read. */
static void
test_gops_by_table (void)
{
  g_autofree gchar *units = long_video ('R', 'x');
  const Case damaged = { "damaged", "mp4mux", "avc", 100, units, NULL, NULL };
  g_autoptr (HabGopIndex) index = NULL;
  g_autoptr (GError) error = NULL;
  Files files;

  files_init (&files);
  write_input (&damaged, files.input);
  g_assert_null (hab_gop_index_read (files.input, NULL));
  index = hab_gop_index_read_gops (files.input, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (index->gops->len, ==, 40);
  g_assert_cmpuint (index->iframes->len, ==, 40);
  cut (&files, 38, 38);
  files_clear (&files);
}

/* What ffprobe says of a file that is not ours. */
static void
test_file_from_elsewhere (void)
{
  static const HabIFrame expected[] = {
    { 0, 0, -1024, 512, 48, 761, TRUE, 0 },
    { 15, 7680, 6656, 512, 16505, 1741, TRUE, 1 },
    { 63, 32256, 31232, 512, 103814, 10557, TRUE, 2 },
    { 111, 56832, 55808, 512, 185193, 15912, TRUE, 3 },
    { 159, 81408, 80384, 512, 270237, 19995, TRUE, 4 },
    { 207, 105984, 104960, 512, 352967, 20457, TRUE, 5 },
  };
  g_autoptr (HabGopIndex) index = NULL;
  g_autoptr (GError) error = NULL;
  const gchar *folder = g_getenv ("HAB_TEST_MEDIA");
  g_autofree gchar *path =
      g_build_filename (folder ? folder : ".", "bbb_prog_10s.mp4", NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("the file is not there");
    return;
  }
  index = hab_gop_index_read (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (index->iframes->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    const HabIFrame *frame = &g_array_index (index->iframes, HabIFrame, i);

    g_assert_cmpuint (frame->coded_picture_number, ==,
        expected[i].coded_picture_number);
    g_assert_cmpint (frame->pts, ==, expected[i].pts);
    g_assert_cmpint (frame->dts, ==, expected[i].dts);
    g_assert_cmpint (frame->duration, ==, expected[i].duration);
    g_assert_cmpint (frame->offset, ==, expected[i].offset);
    g_assert_cmpuint (frame->size, ==, expected[i].size);
    g_assert_cmpint (frame->gop_index, ==, expected[i].gop_index);
  }
  g_assert_cmpuint (index->tracks->len, ==, 2);
  g_assert_cmpstr (g_array_index (index->tracks, HabTrack, 1).codec, ==,
      "mp4a.40.2");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *index_path =
        g_strdup_printf ("/gop-files/index/%s", cases[i].name);
    g_autofree gchar *cut_path =
        g_strdup_printf ("/gop-files/cut/%s", cases[i].name);

    g_test_add_data_func (index_path, &cases[i], test_index);
    g_test_add_data_func (cut_path, &cases[i], test_cut);
  }
  g_test_add_func ("/gop-files/cut-range", test_cut_range);
  g_test_add_func ("/gop-files/cut-errors", test_cut_errors);
  g_test_add_func ("/gop-files/bad-input", test_bad_input);
  g_test_add_func ("/gop-files/damaged-unit", test_damaged_unit);
  g_test_add_func ("/gop-files/unnamed-gops", test_unnamed_gops);
  g_test_add_func ("/gop-files/gops-by-table", test_gops_by_table);
  g_test_add_func ("/gop-files/file-from-elsewhere", test_file_from_elsewhere);
  return g_test_run ();
}
