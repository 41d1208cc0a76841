/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sample table of MP4 says which bytes are wanted and when they play, so nothing
 * is demuxed or parsed again: appsrc asks for an access unit at a time, which
 * is read and handed to mp4mux. No more than one waits anywhere, so memory does
 * not follow the length of the GOP. Space for the moov box is kept at the
 * front of the file, so that a browser plays it as it arrives. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gop-cut.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cut-file.h"
#include "gop-accumulator.h"
#include "media-track.h"
#include "stream-cut.h"
#include "video-scan.h"

typedef struct
{
  HabVideoScan *scan;
  const HabMp4Track *track;

  /* set before the pipeline runs: which access units, and the time in ticks
   * that becomes 0 */
  guint32 first_frame, n_frames;
  gint64 start;
  GArray *gop_starts; /* of guint32: numbers of their first access units */
  int output_fd;

  /* appsrc's thread, then the caller's when the pipeline has ended */
  HabMp4SampleReader samples;
  guint32 n_pushed;
  guint next_gop; /* in gop_starts */
  GError *error;
} Cut;

/* --- which access units ------------------------------------------------ */

static gboolean
no_such_gop (GError **error, guint64 index, guint64 n_gops)
{
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_FOUND,
      "there is no GOP %" G_GUINT64_FORMAT "; the video has %" G_GUINT64_FORMAT,
      index, n_gops);
  return FALSE;
}

static void
cut_extend (Cut *self, const HabVideoScanUnit *unit, gboolean starts)
{
  if (starts)
    g_array_append_val (self->gop_starts, unit->sample.number);
  if (self->n_frames == 0) {
    self->first_frame = unit->sample.number;
    self->start = MIN (unit->dts, unit->pts);
  }
  self->start = MIN (self->start, unit->pts);
  self->n_frames++;
}

static gboolean
cut_find_range (Cut *self, guint64 first, guint64 last, GError **error)
{
  HabGopAccumulator gops;
  HabGopFacts finished;
  HabVideoScanUnit unit;
  GError *scan_error = NULL;
  guint64 index = 0;

  hab_video_scan_look_for_gops (self->scan);
  hab_gop_accumulator_init (&gops, 0);
  while (hab_video_scan_next (self->scan, &unit, &scan_error)) {
    HabGopUnit gop_unit = { unit.info, unit.pts, unit.dts,
      unit.sample.duration, unit.sample.size };
    gboolean starts = hab_gop_accumulator_starts_gop (&gops, &gop_unit);

    hab_gop_accumulator_add (&gops, &gop_unit, &finished);
    index = hab_gop_accumulator_get_index (&gops);
    if (index > last)
      return TRUE;
    if (index >= first)
      cut_extend (self, &unit, starts);
  }
  if (scan_error) {
    g_propagate_error (error, scan_error);
    return FALSE;
  }
  return index == last || no_such_gop (error, last, index + 1);
}

static void
skip_to (HabMp4SampleReader *samples, const HabMp4SampleTable *table,
    guint32 number)
{
  hab_mp4_sample_reader_init (samples, table);
  hab_mp4_sample_reader_skip (samples, number);
}

/* What would be read otherwise is known; times are in the table. FALSE where
 * there is no such access unit. */
static gboolean
cut_take_range (Cut *self, const HabGopCutRange *range)
{
  const HabMp4Track *track = self->track;
  HabMp4SampleReader reader;
  HabMp4Sample sample;

  self->first_frame = g_array_index (range->starts, guint32, 0);
  if (self->first_frame >= range->end ||
      range->end > track->table.n_samples)
    return FALSE;
  self->n_frames = range->end - self->first_frame;
  g_array_append_vals (self->gop_starts, range->starts->data,
      range->starts->len);
  self->start = G_MAXINT64;
  skip_to (&reader, &track->table, self->first_frame);
  for (guint32 i = 0; i < self->n_frames &&
       hab_mp4_sample_reader_next (&reader, &sample); i++) {
    if (i == 0)
      self->start = sample.dts + track->dts_offset;
    self->start = MIN (self->start, sample.cts + track->pts_offset);
  }
  return TRUE;
}

/* --- feeding ----------------------------------------------------------- */

static GstBuffer *
cut_read_buffer (Cut *self, const HabMp4Sample *sample, GError **error)
{
  const HabMp4Track *track = self->track;
  gint64 zero = hab_mp4_track_to_ns (track, self->start);
  gint64 dts = sample->dts + track->dts_offset;
  gint64 pts = sample->cts + track->pts_offset;
  GstBuffer *buffer = hab_video_scan_read (self->scan, sample, error);

  if (buffer == NULL)
    return NULL;
  GST_BUFFER_DTS (buffer) = hab_mp4_track_to_ns (track, dts) - zero;
  GST_BUFFER_PTS (buffer) = hab_mp4_track_to_ns (track, pts) - zero;
  GST_BUFFER_DURATION (buffer) =
      hab_mp4_track_to_ns (track, sample->duration);
  return buffer;
}

/* The first access unit of each GOP is a sync sample, whatever the input's
 * sync table says. */
static void
mark_sync (Cut *self, GstBuffer *buffer, const HabMp4Sample *sample)
{
  if (self->next_gop < self->gop_starts->len &&
      g_array_index (self->gop_starts, guint32, self->next_gop) ==
          sample->number)
    self->next_gop++;
  else
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
}

/* Called by appsrc whenever it has nothing left. */
static void
on_need_data (GstAppSrc *src, guint length, gpointer data)
{
  Cut *self = data;
  HabMp4Sample sample;
  GstBuffer *buffer;

  if (self->n_pushed == self->n_frames || self->error ||
      !hab_mp4_sample_reader_next (&self->samples, &sample)) {
    gst_app_src_end_of_stream (src);
    return;
  }
  buffer = cut_read_buffer (self, &sample, &self->error);
  if (buffer == NULL) {
    gst_app_src_end_of_stream (src);
    return;
  }
  mark_sync (self, buffer, &sample);
  self->n_pushed++;
  gst_app_src_push_buffer (src, buffer);
}

/* --- the pipeline ------------------------------------------------------ */

static void
configure_source (Cut *self, GstElement *src)
{
  GstAppSrcCallbacks callbacks = { .need_data = on_need_data };
  g_autoptr (GstCaps) caps = hab_media_track_get_caps (self->track);

  g_object_set (src, "caps", caps, "format", GST_FORMAT_TIME,
      "max-buffers", (guint64) 1, "max-bytes", (guint64) 0, NULL);
  gst_app_src_set_callbacks (GST_APP_SRC (src), &callbacks, self, NULL);
}

static gboolean
link_to_muxer (Cut *self, GstElement *src, GstElement *mux)
{
  g_autoptr (GstPad) src_pad = gst_element_get_static_pad (src, "src");
  g_autoptr (GstPad) mux_pad =
      gst_element_request_pad_simple (mux, "video_%u");

  g_object_set (mux_pad, "trak-timescale", self->track->timescale, NULL);
  return gst_pad_link (src_pad, mux_pad) == GST_PAD_LINK_OK;
}

/* filesink waits for the disk (fsync ()) wherever mp4mux goes back to write what it
 * knows only now; fdsink does not. */
static GstElement *
build_pipeline (Cut *self, GError **error)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  GstBin *bin = GST_BIN (pipeline);
  GError *missing = NULL;
  GstElement *src = hab_media_add_element (bin, "appsrc", &missing);
  GstElement *mux = hab_media_add_element (bin, "mp4mux", &missing);
  GstElement *sink = hab_media_add_element (bin, "fdsink", &missing);

  if (missing) {
    g_propagate_error (error, missing);
    return NULL;
  }
  configure_source (self, src);
  hab_cut_file_reserve (mux, self->n_frames,
      self->track->entry.codec_data_size);
  g_object_set (sink, "fd", self->output_fd, "sync", FALSE, "async", FALSE,
      NULL);
  if (!gst_element_link (mux, sink) || !link_to_muxer (self, src, mux)) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video cannot be written as MP4: its pictures have %u × %u pixels",
        self->track->entry.width, self->track->entry.height);
    return NULL;
  }
  return g_steal_pointer (&pipeline);
}

static gboolean
run_pipeline (GstElement *pipeline, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;
  hab_media_error_take_message (message, error);
  g_prefix_error (error, "the GOP cannot be written: ");
  return FALSE;
}

static gboolean
cut_run (Cut *self, GError **error)
{
  g_autoptr (GstElement) pipeline = build_pipeline (self, error);
  gboolean ok;

  if (pipeline == NULL)
    return FALSE;
  skip_to (&self->samples, &self->track->table, self->first_frame);
  ok = run_pipeline (pipeline, error);

  /* What went wrong first is what matters. */
  if (self->error) {
    if (ok)
      g_propagate_error (error, g_steal_pointer (&self->error));
    g_clear_error (&self->error);
    return FALSE;
  }
  return ok;
}

/* A file that is cut to nothing by O_TRUNC, even when it is empty, is one that ext4
 * sends to the disk as soon as it is closed. */
static int
open_output (const gchar *output)
{
  int fd = g_open (output, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  struct stat facts;

  if (fd >= 0 && fstat (fd, &facts) == 0 && facts.st_size > 0 &&
      ftruncate (fd, 0) < 0) {
    int saved_errno = errno;

    close (fd);
    errno = saved_errno;
    return -1;
  }
  return fd;
}

static gboolean
cut_write (Cut *self, const gchar *output, GError **error)
{
  gboolean written;

  self->output_fd = open_output (output);
  if (self->output_fd < 0) {
    g_set_error (error, HAB_MEDIA_ERROR,
        errno == ENOSPC ? HAB_MEDIA_ERROR_NO_SPACE : HAB_MEDIA_ERROR_IO,
        "the GOP cannot be written: %s", g_strerror (errno));
    return FALSE;
  }
  written = cut_run (self, error);
  close (self->output_fd);
  return written;
}

static gboolean
cut_from_table (HabVideoScan *scan, const HabGopCutRange *range,
    const gchar *output, GError **error)
{
  g_autoptr (GArray) gop_starts = g_array_new (FALSE, FALSE, sizeof (guint32));
  Cut self = { .scan = scan, .gop_starts = gop_starts };

  self.track = hab_video_scan_get_track (scan);
  return ((range->starts != NULL && cut_take_range (&self, range)) ||
             cut_find_range (&self, range->first, range->last, error)) &&
      cut_write (&self, output, error) &&
      (hab_media_track_get_orientation (self.track) ==
              GST_VIDEO_ORIENTATION_IDENTITY ||
          hab_cut_file_set_matrix (output, self.track->matrix, error));
}

gboolean
hab_gop_cut_run (const gchar *input, const HabGopCutRange *range,
    const gchar *output, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (HabVideoScan) scan = NULL;

  if (range->first > range->last) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_FOUND,
        "the first GOP has to come before the last");
    return FALSE;
  }
  scan = range->starts != NULL ? hab_video_scan_open_known (input, &failure)
                               : hab_video_scan_open (input, &failure);
  if (scan)
    return cut_from_table (scan, range, output, error);
  if (g_error_matches (failure, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_TABLE))
    return hab_stream_cut_run (input, range->first, range->last, output,
        error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
