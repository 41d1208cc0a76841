/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* filesrc ! parsebin ! gopsplit ! fakesink. gopsplit looks at each access unit
 * once and says what it found: an event for each GOP, a mark on each I-frame.
 * Both are noted down by a probe behind it, in the demuxer's thread; this one
 * waits for the end. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "stream-scan.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/tag/tag.h>
#include <unistd.h>

#include "gop-marks.h"
#include "media-input.h"
#include "media-track.h"
#include "stream-time.h"

/* Where the container says nothing better. */
#define DEFAULT_TIMESCALE 90000

typedef struct
{
  HabGopIndex *index;
  HabMediaInput *input;
  GstElement *pipeline;
  const gchar *path;
  HabMp4Movie *movie; /* of fragmented MP4: what moov says of the tracks */

  /* demuxer's thread, then, when the pipeline has ended, the caller's */
  const HabMediaStream *video_stream;
  GstPad *video;      /* behind gopsplit */
  guint timescale;    /* of its times, 0 before the first I-frame */
  gint64 time_offset; /* ns; of the container's times to the pipeline's */
  guint64 frames;
  guint64 gop_frames; /* of finished GOPs */
  gint64 start, end;  /* of the video in ns; G_MININT64 before there is one */
} StreamScan;

/* --- times --------------------------------------------------------------- */

static gint64
to_file_time (const StreamScan *self, GstClockTime time)
{
  return hab_stream_time_of (self->video, time, self->time_offset);
}

static gint64
to_ticks (const StreamScan *self, gint64 ns)
{
  if (ns < 0)
    return -(gint64) gst_util_uint64_scale_round (-ns, self->timescale,
        GST_SECOND);
  return gst_util_uint64_scale_round (ns, self->timescale, GST_SECOND);
}

static const HabMp4Track *
find_mp4_track (const StreamScan *self, guint number)
{
  for (guint i = 0;
      self->movie && i < hab_mp4_movie_get_n_tracks (self->movie); i++) {
    const HabMp4Track *track = hab_mp4_movie_get_track (self->movie, i);

    if (track->id == number)
      return track;
  }
  return NULL;
}

/* The ticks in which ffprobe counts. */
static guint
find_timescale (const StreamScan *self, const HabMediaStream *stream,
    GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const HabContainer *container = hab_media_input_get_container (self->input);
  const HabMp4Track *track = find_mp4_track (self, stream->number);
  gint n = 0, d = 1;

  if (track)
    return track->timescale;
  if (container && container->timescale > 0)
    return container->timescale;
  if (caps && gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
          "framerate", &n, &d) && n > 0)
    return n;
  return DEFAULT_TIMESCALE;
}

/* --- what passes --------------------------------------------------------- */

static void
note_gop (StreamScan *self, const GstStructure *structure)
{
  guint64 index, frames, bytes, pts, dts, duration;
  HabGop gop = { .first_byte = -1, .end_byte = -1 };

  if (!gst_structure_get (structure,
          "index", G_TYPE_UINT64, &index,
          "frames", G_TYPE_UINT64, &frames,
          "bytes", G_TYPE_UINT64, &bytes,
          "pts", G_TYPE_UINT64, &pts,
          "dts", G_TYPE_UINT64, &dts,
          "duration", G_TYPE_UINT64, &duration,
          "closed", G_TYPE_BOOLEAN, &gop.closed,
          "leading-pictures", G_TYPE_UINT, &gop.leading_pictures, NULL))
    return;
  gop.index = index;
  gop.frames = frames;
  gop.bytes = bytes;
  gop.first_frame = self->gop_frames;
  gop.pts_ns = to_file_time (self, pts);
  gop.dts_ns = to_file_time (self, dts);
  gop.duration_ns = GST_CLOCK_TIME_IS_VALID (duration) ? duration : 0;
  g_strlcpy (gop.kind, gst_structure_get_string (structure, "kind"),
      sizeof (gop.kind));
  g_array_append_val (self->index->gops, gop);
  self->gop_frames += frames;
}

static void
note_i_frame (StreamScan *self, GstBuffer *buffer, gint64 pts)
{
  gint64 dts = to_file_time (self, GST_BUFFER_DTS (buffer));
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (buffer, HAB_GOP_META);
  HabIFrame iframe = {
    .coded_picture_number = self->frames,
    .offset = -1,
    .size = gst_buffer_get_size (buffer),
    .gop_index = -1,
  };
  guint64 gop_index;

  if (dts == G_MININT64)
    dts = pts;
  if (pts == G_MININT64)
    pts = dts;
  if (pts == G_MININT64)
    return;
  if (self->timescale == 0)
    self->timescale = find_timescale (self, self->video_stream,
        self->video);
  iframe.pts = to_ticks (self, pts);
  iframe.dts = to_ticks (self, dts);
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    iframe.duration = to_ticks (self, GST_BUFFER_DURATION (buffer));
  if (meta &&
      gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "index",
          &gop_index)) {
    iframe.gop_index = gop_index;
    iframe.key_frame = g_strcmp0 (gst_structure_get_string (
        gst_custom_meta_get_structure (meta), "kind"), "none") != 0;
  }
  g_array_append_val (self->index->iframes, iframe);
}

static void
note_access_unit (StreamScan *self, GstBuffer *buffer)
{
  gint64 pts = to_file_time (self, GST_BUFFER_PTS (buffer));

  if (gst_buffer_get_size (buffer) == 0)
    return;
  if (gst_buffer_get_custom_meta (buffer, HAB_I_FRAME_META))
    note_i_frame (self, buffer, pts);
  if (pts != G_MININT64) {
    gint64 end = pts + (GST_BUFFER_DURATION_IS_VALID (buffer) ?
        (gint64) GST_BUFFER_DURATION (buffer) : 0);

    self->start = self->start == G_MININT64 ? pts : MIN (self->start, pts);
    self->end = MAX (self->end, end);
  }
  self->frames++;
}

static GstPadProbeReturn
on_video (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  StreamScan *self = data;
  const GstStructure *structure;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    note_access_unit (self, GST_PAD_PROBE_INFO_BUFFER (info));
    return GST_PAD_PROBE_OK;
  }
  structure = gst_event_get_structure (GST_PAD_PROBE_INFO_EVENT (info));
  if (structure && gst_structure_has_name (structure, HAB_GOP_STRUCTURE))
    note_gop (self, structure);
  return GST_PAD_PROBE_OK;
}

/* --- building ------------------------------------------------------------ */

static gboolean
cannot_be_read (GError **error, const gchar *what)
{
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "the %s track cannot be read", what);
  return FALSE;
}

static gboolean
link_video (StreamScan *self, const HabMediaStream *stream, GError **error)
{
  GstBin *bin = GST_BIN (self->pipeline);
  GstElement *split = hab_media_add_element (bin, "gopsplit", error);
  GstElement *sink = hab_media_add_element (bin, "fakesink", error);
  g_autoptr (GstPad) split_sink = NULL;

  if (*error)
    return FALSE;
  g_object_set (sink, "async", FALSE, NULL);
  split_sink = gst_element_get_static_pad (split, "sink");
  if (!gst_element_link (split, sink) ||
      gst_pad_link (stream->pad, split_sink) != GST_PAD_LINK_OK)
    return cannot_be_read (error, "video");

  self->index->video_track_number = stream->number;
  self->video_stream = stream;
  self->time_offset = hab_stream_time_find_offset (
      hab_media_input_get_container (self->input), self->path);
  self->video = gst_element_get_static_pad (split, "src");
  gst_pad_add_probe (self->video,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_video, self, NULL);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (split);
  return TRUE;
}

/* Sound is let through for what its parser says of it. */
static gboolean
link_audio (StreamScan *self, const HabMediaStream *stream, GError **error)
{
  GstElement *sink = hab_media_add_element (GST_BIN (self->pipeline),
      "fakesink", error);
  g_autoptr (GstPad) sink_pad = NULL;

  if (sink == NULL)
    return FALSE;
  g_object_set (sink, "async", FALSE, NULL);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  if (gst_pad_link (stream->pad, sink_pad) != GST_PAD_LINK_OK)
    return cannot_be_read (error, "audio");
  gst_element_sync_state_with_parent (sink);
  return TRUE;
}

static gboolean
on_stream (HabMediaInput *input, const HabMediaStream *stream, gpointer data,
    GError **error)
{
  return stream->codec->kind == HAB_MEDIA_VIDEO
      ? link_video (data, stream, error)
      : link_audio (data, stream, error);
}

/* --- tracks -------------------------------------------------------------- */

static const gchar *
get_kind (const HabMediaStream *stream, const gchar *media_type)
{
  if (stream->codec)
    return stream->codec->kind == HAB_MEDIA_VIDEO ? "video" : "audio";
  if (g_str_has_prefix (media_type, "video/"))
    return "video";
  if (g_str_has_prefix (media_type, "audio/"))
    return "audio";
  return g_str_has_prefix (media_type, "text/") ||
          g_str_has_prefix (media_type, "subpicture/") ||
          g_str_has_prefix (media_type, "application/x-s") ?
      "text" :
      "other";
}

/* (transfer full) (nullable) */
static GBytes *
get_codec_data (const HabMediaStream *stream, const GstStructure *caps)
{
  const GValue *value = gst_structure_get_value (caps, "codec_data");
  gpointer data;
  gsize size;

  if (stream->codec_data)
    return g_bytes_ref (stream->codec_data);
  if (value == NULL || !G_VALUE_HOLDS (value, GST_TYPE_BUFFER))
    return NULL;
  gst_buffer_extract_dup (gst_value_get_buffer (value), 0, -1, &data, &size);
  return g_bytes_new_take (data, size);
}

/* What the codec's own data say goes before the container's caps: demuxers take
 * rate and channels from sample entries, and matroskademux 1.22.0 any extension
 * of AAC's for a doubled rate. */
static void
describe_codec (const HabMediaStream *stream, const GstStructure *caps,
    HabTrack *track)
{
  const HabCodec *codec = stream->codec;
  g_autoptr (GBytes) codec_data = get_codec_data (stream, caps);
  gsize size = 0;
  const guint8 *data = codec_data ? g_bytes_get_data (codec_data, &size) : NULL;
  HabAudioFormat format;

  track->codec = codec->mime_codec (gst_structure_get_string (caps,
      "stream-format"), data, size, NULL);
  if (codec->parse_format && data &&
      codec->parse_format (data, size, &format, NULL)) {
    track->rate = format.rate;
    track->channels = format.channels;
  }
}

/* (transfer full) (nullable): ISO 639-2. */
static gchar *
get_language (const HabMediaStream *stream)
{
  GstEvent *event;
  gchar *language = NULL;

  for (guint i = 0; language == NULL &&
      (event = gst_pad_get_sticky_event (stream->source, GST_EVENT_TAG, i));
      i++) {
    g_autofree gchar *code = NULL;
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    if (gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &code))
      language = g_strdup (gst_tag_get_language_code_iso_639_2T (code));
    gst_event_unref (event);
  }
  return language;
}

static gchar *
describe_caps (const GstCaps *caps)
{
  g_autoptr (GstCaps) copy = gst_caps_copy (caps);

  for (guint i = 0; i < gst_caps_get_size (copy); i++)
    gst_structure_remove_fields (gst_caps_get_structure (copy, i),
        "codec_data", "streamheader", NULL);
  return gst_caps_to_string (copy);
}

static void
describe_stream (StreamScan *self, const HabMediaStream *stream, GstPad *pad,
    const GstCaps *caps, HabTrack *track)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint64 duration = -1;

  track->number = stream->number;
  track->kind =
      g_strdup (get_kind (stream, gst_structure_get_name (structure)));
  track->caps = describe_caps (caps);
  track->timescale = find_timescale (self, stream, pad);
  track->language = get_language (stream);
  track->fps_d = 1;
  gst_structure_get_int (structure, "width", &track->width);
  gst_structure_get_int (structure, "height", &track->height);
  gst_structure_get_fraction (structure, "framerate", &track->fps_n,
      &track->fps_d);
  gst_structure_get_int (structure, "channels", &track->channels);
  gst_structure_get_int (structure, "rate", &track->rate);
  if (stream->codec)
    describe_codec (stream, structure, track);
  if (stream->number == self->index->video_track_number &&
      self->start != G_MININT64)
    duration = self->end - self->start;
  else if (!gst_pad_query_duration (stream->source, GST_FORMAT_TIME, &duration))
    duration = -1;
  /* qtdemux may say as much of a segment index without a timescale. */
  track->duration_ns = MAX (duration, -1);
}

static void
describe_streams (StreamScan *self)
{
  GPtrArray *streams = hab_media_input_get_streams (self->input);

  for (guint i = 0; i < streams->len; i++) {
    const HabMediaStream *stream = g_ptr_array_index (streams, i);
    GstPad *pad = stream->pad ? stream->pad : stream->source;
    g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
    HabTrack track = { 0 };

    if (caps == NULL || gst_caps_is_empty (caps))
      continue;
    describe_stream (self, stream, pad, caps, &track);
    self->index->duration_ns = MAX (self->index->duration_ns,
        track.duration_ns);
    g_array_append_val (self->index->tracks, track);
  }
}

/* --- running ------------------------------------------------------------- */

static gboolean
run (StreamScan *self, GError **error)
{
  if (!hab_media_input_play (self->input, self->pipeline, error))
    return FALSE;
  if (self->frames == 0) {
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA,
        "the video track has no pictures in it");
    return FALSE;
  }
  describe_streams (self);
  return TRUE;
}

static void
open_movie (StreamScan *self)
{
  int fd = g_open (self->path, O_RDONLY | O_CLOEXEC, 0);

  if (fd < 0)
    return;
  self->movie = hab_mp4_movie_open_fd (fd, NULL);
  close (fd);
}

static void
stream_scan_clear (StreamScan *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->video);
  g_clear_pointer (&self->input, hab_media_input_free);
  g_clear_object (&self->pipeline);
  g_clear_pointer (&self->movie, hab_mp4_movie_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StreamScan, stream_scan_clear)

gboolean
hab_stream_scan_run (const gchar *input, HabGopIndex *index, GError **error)
{
  g_auto (StreamScan) self = {
    .index = index,
    .path = input,
    .start = G_MININT64,
  };

  self.pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self.input = hab_media_input_new (GST_BIN (self.pipeline), input, on_stream,
      &self, error);
  if (self.input == NULL)
    return FALSE;
  open_movie (&self);
  return run (&self, error);
}
