/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dash-stream.h"

#include <errno.h>

#include <glib/gstdio.h>

#include "gstdashpad.h"
#include "gstdashtextsink.h"
#include "gstdashtracksink.h"

/* What a stream's queue may hold before whoever fills it waits: with lists of a
 * whole chunk, as cencmux makes them, one that is full-grown, or a few of sound, of
 * which each sample takes more memory around it than it has bytes. It is behind the
 * muxer, since two threads wake each other once a chunk there and would once a
 * sample in front of it. */
#define QUEUE_BYTES (2 * 1024 * 1024)
#define QUEUE_SAMPLES 256

static void
stream_clear (HabDashStream *stream)
{
  hab_dash_timeline_clear (&stream->timeline);
  g_mutex_clear (&stream->lock);
  gst_clear_object (&stream->queue);
  gst_clear_object (&stream->mux);
  gst_clear_object (&stream->sink);
  gst_clear_object (&stream->pad);
}

HabDashStream *
hab_dash_stream_ref (HabDashStream *stream)
{
  return g_atomic_rc_box_acquire (stream);
}

void
hab_dash_stream_unref (HabDashStream *stream)
{
  g_atomic_rc_box_release_full (stream, (GDestroyNotify) stream_clear);
}

/* (transfer full) (nullable) */
static GstElement *
make_element (const gchar *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  return element ? gst_object_ref_sink (element) : NULL;
}

static GstElement *
make_queue (void)
{
  GstElement *queue = make_element ("queue");

  if (queue)
    g_object_set (queue, "max-size-bytes", QUEUE_BYTES,
        "max-size-buffers", QUEUE_SAMPLES,
        "max-size-time", G_GUINT64_CONSTANT (0), NULL);
  return queue;
}

HabDashStream *
hab_dash_stream_new (const gchar *name, gboolean text)
{
  HabDashStream *stream = g_atomic_rc_box_new0 (HabDashStream);

  g_mutex_init (&stream->lock);
  hab_dash_timeline_init (&stream->timeline);
  stream->queue = make_queue ();
  stream->mux = text ? NULL : make_element ("cencmux");
  stream->sink = gst_object_ref_sink (text ? gst_dash_text_sink_new (name) :
          gst_dash_track_sink_new (name));
  if (stream->queue && (text || stream->mux))
    return stream;
  hab_dash_stream_unref (stream);
  return NULL;
}

gboolean
hab_dash_stream_is_text (const HabDashStream *stream)
{
  return stream->mux == NULL;
}

gboolean
hab_dash_streams_have_media (const GPtrArray *streams)
{
  for (guint i = 0; i < streams->len; i++) {
    if (!hab_dash_stream_is_text (streams->pdata[i]))
      return TRUE;
  }
  return FALSE;
}

gboolean
hab_dash_stream_add_to (HabDashStream *stream, GstBin *bin)
{
  if (hab_dash_stream_is_text (stream)) {
    gst_bin_add_many (bin, stream->queue, stream->sink, NULL);
    return gst_element_link (stream->queue, stream->sink);
  }
  gst_bin_add_many (bin, stream->mux, stream->queue, stream->sink, NULL);
  return gst_element_link_many (stream->mux, stream->queue, stream->sink,
      NULL);
}

static void
remove_element (GstBin *bin, GstElement *child)
{
  if (child == NULL ||
      !gst_object_has_as_parent (GST_OBJECT (child), GST_OBJECT (bin)))
    return;
  gst_element_set_locked_state (child, TRUE);
  gst_element_set_state (child, GST_STATE_NULL);
  gst_bin_remove (bin, child);
}

/* The sink first: it lets go who waits in it, and then the queue can. */
void
hab_dash_stream_remove_from (HabDashStream *stream, GstBin *bin)
{
  remove_element (bin, stream->sink);
  remove_element (bin, stream->queue);
  remove_element (bin, stream->mux);
}

void
hab_dash_stream_start (HabDashStream *stream)
{
  gst_element_sync_state_with_parent (stream->sink);
  gst_element_sync_state_with_parent (stream->queue);
  if (stream->mux)
    gst_element_sync_state_with_parent (stream->mux);
}

GstPad *
hab_dash_stream_get_entry (HabDashStream *stream)
{
  return gst_element_get_static_pad (
      stream->mux ? stream->mux : stream->queue, "sink");
}

void
hab_dash_stream_configure (HabDashStream *stream,
    const HabDashSettings *settings)
{
  g_autofree gchar *folder = settings->location ?
      g_path_get_dirname (settings->location) :
      NULL;
  GstDashTrackOutput output = {
    .folder = folder,
    .durable = settings->durable,
    .single_file = settings->single_file,
    .segment_length = settings->fragment_duration,
  };

  if (hab_dash_stream_is_text (stream)) {
    gst_dash_text_sink_set_output (GST_DASH_TEXT_SINK (stream->sink), folder,
        settings->durable);
    return;
  }
  gst_dash_track_sink_set_output (GST_DASH_TRACK_SINK (stream->sink),
      &output);
  g_object_set (stream->mux,
      "fragment-duration", settings->fragment_duration,
      "chunk-duration", settings->chunk_duration, NULL);
}

void
hab_dash_stream_reset (HabDashStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  hab_dash_timeline_reset (&stream->timeline);
  stream->ended = FALSE;
}

gboolean
hab_dash_stream_is_live (HabDashStream *stream)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (stream->pad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  return live;
}

/* --- segments ------------------------------------------------------------ */

void
hab_dash_stream_append (HabDashStream *stream, const HabDashSegment *segment)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  hab_dash_timeline_append (&stream->timeline, segment);
}

void
hab_dash_stream_end (HabDashStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  stream->ended = TRUE;
}

gboolean
hab_dash_stream_has_ended (HabDashStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  return stream->ended;
}

static gboolean
is_empty (HabDashStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  return stream->timeline.segments->len == 0;
}

gboolean
hab_dash_stream_began (HabDashStream *stream)
{
  return hab_dash_stream_is_text (stream) ||
      !is_empty (stream) ||
      hab_dash_stream_has_ended (stream) || !gst_pad_is_linked (stream->pad);
}

static guint
last_number (HabDashStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  return stream->timeline.first_number + stream->timeline.segments->len - 1;
}

static gboolean
start_of (HabDashStream *stream, guint number, GstClockTime *start)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);
  const HabDashSegment *segment = hab_dash_timeline_get (&stream->timeline,
      number);

  if (segment)
    *start = segment->start;
  return segment != NULL;
}

static gint
set_of (const HabDashStream *stream)
{
  return gst_cenc_dash_sink_pad_get_set (GST_CENC_DASH_SINK_PAD (
      stream->pad));
}

/* Also where one of them does not have that segment. */
static gboolean
segments_meet (HabDashStream *stream, HabDashStream *other, guint number,
    HabMisalignment *misalignment)
{
  *misalignment = (HabMisalignment){
    .first = GST_OBJECT_NAME (other->pad),
    .second = GST_OBJECT_NAME (stream->pad),
    .number = number,
  };
  return !start_of (other, number, &misalignment->first_start) ||
      !start_of (stream, number, &misalignment->second_start) ||
      hab_times_meet (misalignment->first_start, misalignment->second_start);
}

gboolean
hab_dash_stream_meets (HabDashStream *stream, GPtrArray *streams,
    HabMisalignment *misalignment)
{
  guint number = last_number (stream);
  gint set = set_of (stream);

  for (guint i = 0; set != HAB_SET_BY_CONTENT && i < streams->len; i++) {
    HabDashStream *other = streams->pdata[i];

    if (other != stream && set_of (other) == set &&
        !segments_meet (stream, other, number, misalignment))
      return FALSE;
  }
  return TRUE;
}

void
hab_dash_stream_advance (HabDashStream *stream,
    const HabDashSettings *settings)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  if (settings->time_shift_buffer_depth > 0)
    hab_dash_timeline_advance (&stream->timeline,
        settings->time_shift_buffer_depth);
}

static guint
pop_expired (HabDashStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);

  return hab_dash_timeline_pop_expired (&stream->timeline);
}

void
hab_dash_stream_remove_expired (HabDashStream *stream,
    const HabDashSettings *settings)
{
  g_autofree gchar *folder = g_path_get_dirname (settings->location);
  guint number;

  while ((number = pop_expired (stream)) > 0) {
    g_autofree gchar *name = g_strdup_printf ("%u.m4s", number);
    g_autofree gchar *path = g_build_filename (folder,
        GST_OBJECT_NAME (stream->pad), name, NULL);

    if (g_unlink (path) < 0)
      GST_WARNING_OBJECT (stream->sink, "cannot remove %s: %s", path,
          g_strerror (errno));
  }
}

/* --- what it is ---------------------------------------------------------- */

/* (transfer full) (nullable): what the muxer took, complete. */
static GstCaps *
muxed_caps (HabDashStream *stream)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (stream->mux, "src");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  if (caps == NULL)
    return NULL;
  return gst_caps_copy (gst_value_get_caps (gst_structure_get_value (
      gst_caps_get_structure (caps, 0), "track-caps")));
}

/* (transfer full) (nullable): NULL where the event has no box that is whole. */
static HabPssh *
parse_protection (GstEvent *event)
{
  GstBuffer *data = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gpointer copy;
  gsize size;

  gst_event_parse_protection (event, NULL, &data, NULL);
  gst_buffer_extract_dup (data, 0, -1, &copy, &size);
  bytes = g_bytes_new_take (copy, size);
  return hab_pssh_parse (bytes, NULL);
}

/* Those that the muxer wrote into the init segment. */
static void
append_pssh (HabDashStream *stream, GPtrArray *boxes)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (stream->mux, "sink");
  GstEvent *event;

  for (guint i = 0;
       (event = gst_pad_get_sticky_event (pad, GST_EVENT_PROTECTION, i));
       i++) {
    HabPssh *pssh = parse_protection (event);

    if (pssh)
      g_ptr_array_add (boxes, pssh);
    gst_event_unref (event);
  }
}

/* It has nothing yet, or was released or flushed meanwhile. */
static HabRepresentation *
fail_as_gone (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
      "there is nothing of the track");
  return NULL;
}

/* What it is at this moment; segments (transfer full). */
static HabDashTimeline
copy_timeline (HabDashStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&stream->lock);
  HabDashTimeline copy = stream->timeline;

  copy.segments = g_array_copy (copy.segments);
  copy.expired = NULL;
  return copy;
}

/* What is said of the track's media. */
static HabRepresentation *
describe_media (HabDashStream *stream, const HabDashTimeline *timeline,
    const GstTagList *tags, const HabDashSettings *settings, gboolean live,
    GError **error)
{
  g_autoptr (GstCaps) caps = muxed_caps (stream);
  HabRepresentation *rep;

  if (caps == NULL)
    return fail_as_gone (error);
  rep = hab_dash_track_describe (GST_OBJECT_NAME (stream->pad), caps, tags,
      timeline->segments, error);
  if (rep == NULL)
    return NULL;
  rep->first_number = timeline->first_number;
  rep->lead_gone = timeline->lead_gone;
  if (live)
    rep->longest = gst_util_uint64_scale_ceil (
        MAX (timeline->longest, settings->fragment_duration), rep->timescale,
        GST_SECOND);
  if (rep->default_kid)
    append_pssh (stream, rep->pssh);
  if (settings->single_file)
    hab_dash_track_set_single_file (rep, gst_dash_track_sink_get_layout (
        GST_DASH_TRACK_SINK (stream->sink)));
  return rep;
}

HabRepresentation *
hab_dash_stream_describe (HabDashStream *stream,
    const HabDashSettings *settings, gboolean live, GError **error)
{
  GstCencDashSinkPad *pad = GST_CENC_DASH_SINK_PAD (stream->pad);
  g_autoptr (GstTagList) tags = gst_cenc_dash_sink_pad_get_tags (pad);
  HabDashTimeline timeline = copy_timeline (stream);
  g_autoptr (GArray) segments = timeline.segments;
  HabRepresentation *rep;

  if (segments->len == 0)
    return fail_as_gone (error);
  rep = hab_dash_stream_is_text (stream) ?
      hab_dash_text_describe (GST_OBJECT_NAME (pad), tags,
          &g_array_index (segments, HabDashSegment, 0)) :
      describe_media (stream, &timeline, tags, settings, live, error);
  if (rep)
    gst_cenc_dash_sink_pad_override (pad, rep);
  return rep;
}
