/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-cencmux
 * @title: cencmux
 *
 * Muxes one track, in the clear or encrypted by cbcsenc, into fragmented ISO
 * BMFF: a CMAF track of an init segment and media segments.
 *
 * A segment begins on a grid of running time whose lines are
 * `fragment-duration` apart; video segments at the first start of a GOP at or
 * behind a line, audio segments at the first sample. Where that would make a
 * segment longer than `max-chunk-bytes`, it goes on in further chunks (`moof`
 * and `mdat`), so that memory follows neither the GOP nor the file. A segment
 * also begins where the clear lead of an encrypted track ends: the samples before
 * have the second of two sample entries, the clear one; and where its key
 * changes: samples of another key than the caps' `default-kid` are of a sample
 * group `seig`.
 *
 * For low latency `chunk-duration` makes chunks that short, whatever their size,
 * and one at each start of a GOP. A chunk goes downstream when the sample after
 * it has come, whose time says how long the last one lasts; segments stay what
 * they are. With `producer-reference-time` each chunk says by the system's clock
 * when it was captured.
 *
 * The output is that of cmafmux: caps with the init segment as `streamheader`,
 * one buffer list for each chunk. Buffers of the init segment have the flags
 * DISCONT and HEADER, the first of a segment HEADER without DELTA_UNIT, the
 * first of a further chunk HEADER and DELTA_UNIT, the last of a segment MARKER.
 * The caps' field `track-caps` has the caps of what is in the track, complete:
 * with the codec_data that those of some codecs lack.
 * The first buffer of a chunk has the chunk's earliest presentation time and
 * its duration, as running time.
 *
 * A file begins with a picture at which decoding can start, which has not the flag
 * DELTA_UNIT: those in front of it are left out, with a warning.
 *
 * Decoding times before 0, as B-frames and encoder delay bring them, stay what
 * they are: the file's timeline is shifted and an edit list says by how much.
 *
 * The init segment also says what caps and tags tell of colour, mastering display
 * and light levels (HDR10), fields, pixel aspect ratio, orientation and language;
 * what caps do not say of colour and light is read from the headers in the first
 * access unit. Caps that come again in mid-stream have to describe the same track;
 * if not, the error says what changed.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=movie.mp4 ! parsebin ! video/x-h264 ! gopsplit ! \
 *   cencmux fragment-duration=4000000000 ! filesink location=fragmented.mp4
 * ]|
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcencmux.h"

#include <string.h>

#include "caps-completion.h"
#include "cenc-protection.h"
#include "cmaf-builder.h"
#include "cmaf-track-caps.h"
#include "mux-settings.h"
#include "segment-grid.h"
#include "track-change.h"
#include "track-from-stream.h"

GST_DEBUG_CATEGORY_STATIC (cenc_mux_debug);
#define GST_CAT_DEFAULT cenc_mux_debug

struct _GstCencMux
{
  GstElement parent;

  GstPad *sinkpad;
  GstPad *srcpad;

  /* protected by OBJECT_LOCK */
  HabMuxSettings settings;

  /* streaming thread only, from here on */
  GstSegment segment;
  guint32 segment_seqnum; /* GST_SEQNUM_INVALID before it */
  GstCaps *caps;         /* as they came; NULL before them */
  GstCaps *track_caps;   /* and complete, from the first sample on */
  HabCmafTrack *track;   /* NULL before caps */
  GstTagList *tags;      /* or NULL */
  GBytes *init_segment;  /* what went downstream; NULL before the first sample */
  guint64 n_left_out;    /* access units before it */

  HabCmafBuilder *builder;
  HabSegmentGrid grid;
  gboolean failed;       /* caps, times or a sample could not be written */
};

static void gst_cenc_mux_reset (GstCencMux *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCencMux, gst_cenc_mux, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (cenc_mux_debug, "cencmux", 0, "CMAF muxer"))
GST_ELEMENT_REGISTER_DEFINE (cencmux, "cencmux", GST_RANK_NONE,
    GST_TYPE_CENC_MUX)

static HabMuxSettings
get_settings (GstCencMux *self)
{
  HabMuxSettings settings;

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  return settings;
}

/* Of protection events, which caps do not have. */
static void
move_pssh (HabCmafTrack *from, HabCmafTrack *to)
{
  g_ptr_array_unref (to->pssh);
  to->pssh = g_ptr_array_ref (from->pssh);
}

/* --- the init segment ---------------------------------------------------- */

static void
send_segment (GstCencMux *self)
{
  GstSegment segment;
  GstEvent *event;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  event = gst_event_new_segment (&segment);
  if (self->segment_seqnum != GST_SEQNUM_INVALID)
    gst_event_set_seqnum (event, self->segment_seqnum);
  gst_pad_push_event (self->srcpad, event);
}

static GstFlowReturn
push_init_segment (GstCencMux *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstBuffer *buffer;

  self->init_segment = hab_cmaf_track_init_segment (self->track, &error);
  if (self->init_segment == NULL) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL), ("%s", error->message));
    return GST_FLOW_ERROR;
  }

  caps = hab_track_output_caps (self->track, self->track_caps,
      self->init_segment);
  if (!gst_pad_set_caps (self->srcpad, caps))
    return GST_PAD_IS_FLUSHING (self->srcpad) ? GST_FLOW_FLUSHING :
                                                GST_FLOW_NOT_NEGOTIATED;
  send_segment (self);

  buffer = gst_buffer_new_wrapped_bytes (self->init_segment);
  GST_BUFFER_FLAG_SET (buffer,
      GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_HEADER);
  return gst_pad_push (self->srcpad, buffer);
}

static gboolean
complete_track (GstCencMux *self, GstBuffer *first)
{
  g_autoptr (GError) error = NULL;
  HabCmafTrack *track;

  gst_caps_replace (&self->track_caps, NULL);
  track = hab_track_from_stream (self->caps, &self->segment, first, self->tags,
      &self->track_caps, &error);
  if (track == NULL) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("The stream cannot be described: %s.", error->message),
        ("%" GST_PTR_FORMAT, self->caps));
    return FALSE;
  }
  move_pssh (self->track, track);
  hab_cmaf_track_free (self->track);
  self->track = track;
  return TRUE;
}

static GstFlowReturn
begin_track (GstCencMux *self, const HabSampleTime *time)
{
  if (self->n_left_out > 0)
    GST_ELEMENT_WARNING (self, STREAM, MUX,
        ("The video begins with %" G_GUINT64_FORMAT " pictures that cannot be "
         "decoded without those before them; they are left out.",
            self->n_left_out), (NULL));
  hab_cmaf_builder_begin (self->builder, self->track, time,
      hab_track_nominal_duration (self->track, self->track_caps));
  return push_init_segment (self);
}

/* --- the time of day ----------------------------------------------------- */

/* What running time 0 is by the system's clock, for players that measure how
 * far behind they are. Only a pipeline with a clock has that; asked anew for each
 * chunk, since the two clocks may not go at the same rate. */
static void
update_wall_clock (GstCencMux *self)
{
  g_autoptr (GstClock) clock = NULL;
  gint64 running_time;

  if (get_settings (self).producer_reference_time)
    clock = gst_element_get_clock (GST_ELEMENT (self));
  if (clock == NULL)
    return;
  running_time = (gint64) gst_clock_get_time (clock) -
      (gint64) gst_element_get_base_time (GST_ELEMENT (self));
  hab_cmaf_builder_set_wall_clock (self->builder,
      g_get_real_time () * 1000 - running_time);
}

/* --- chunks -------------------------------------------------------------- */

static GstFlowReturn
push_chunk (GstCencMux *self, gboolean ends_segment)
{
  GstBufferList *list;

  update_wall_clock (self);
  list = hab_cmaf_builder_finish (self->builder, ends_segment);
  if (list == NULL)
    return GST_FLOW_OK;
  GST_LOG_OBJECT (self, "chunk of %u samples%s",
      gst_buffer_list_length (list) - 1,
      ends_segment ? ", the last of its segment" : "");
  return gst_pad_push_list (self->srcpad, list);
}

static GstFlowReturn
append_sample (GstCencMux *self, GstBuffer *buffer, const HabSampleTime *time)
{
  g_autoptr (GError) error = NULL;

  if (hab_cmaf_builder_append (self->builder, buffer, time, &error))
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (self, STREAM, MUX,
      ("The stream cannot be written: %s.", error->message), (NULL));
  return GST_FLOW_ERROR;
}

/* --- where segments begin ------------------------------------------------ */

static void
begin_grid (GstCencMux *self, const HabSampleTime *time)
{
  HabMuxSettings settings = get_settings (self);

  self->grid.segment_duration = settings.fragment_duration;
  self->grid.chunk_duration = settings.chunk_duration;
  self->grid.video = self->track->codec->kind == HAB_MEDIA_VIDEO;
  hab_segment_grid_begin (&self->grid, time);
}

static gboolean
chunk_is_full (GstCencMux *self, gsize more)
{
  return hab_cmaf_builder_get_size (self->builder) + more >
      get_settings (self).max_chunk_bytes;
}

static GstFlowReturn
end_chunk_before (GstCencMux *self, GstBuffer *buffer,
    const HabSampleTime *time)
{
  gboolean random_access = !self->grid.video ||
      !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  HabGridStep step = hab_segment_grid_move (&self->grid, time, random_access);

  if (hab_cmaf_builder_changes_key (self->builder, buffer)) {
    hab_segment_grid_begin (&self->grid, time);
    step = HAB_GRID_SEGMENT;
  }
  if (step == HAB_GRID_GOES_ON &&
      !chunk_is_full (self, gst_buffer_get_size (buffer)))
    return GST_FLOW_OK;
  return push_chunk (self, step == HAB_GRID_SEGMENT);
}

/* (transfer full) both: the sample as files store it. NULL with an error posted
 * where it cannot be. */
static GstBuffer *
trim_sample (GstCencMux *self, GstBuffer *buffer)
{
  guint8 start[16];
  gsize size, n;

  if (self->track->codec->removable_start == NULL)
    return buffer;
  size = gst_buffer_extract (buffer, 0, start, sizeof start);
  n = self->track->codec->removable_start (start, size);
  if (n > 0)
    buffer = hab_protection_trim_start (buffer, n);
  if (buffer == NULL)
    GST_ELEMENT_ERROR (self, STREAM, MUX, (NULL),
        ("malformed protection metadata at the start of a sample"));
  return buffer;
}

/* Whether it is in front of the first picture at which decoding can start, with
 * which a track begins (ISO/IEC 23000-19): players that are told so of another end
 * with an error of their decoder. */
static gboolean
is_before_start (GstCencMux *self, GstBuffer *buffer)
{
  return self->init_segment == NULL &&
      self->track->codec->kind == HAB_MEDIA_VIDEO &&
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
}

/* Takes the buffer. */
static GstFlowReturn
take_sample (GstCencMux *self, GstBuffer *buffer)
{
  g_autoptr (GstBuffer) owned = buffer;
  GstFlowReturn flow = GST_FLOW_OK;
  HabSampleTime time;

  if (self->track == NULL)
    return GST_FLOW_NOT_NEGOTIATED;
  owned = buffer = trim_sample (self, g_steal_pointer (&owned));
  if (buffer == NULL)
    return GST_FLOW_ERROR;
  if (gst_buffer_get_size (buffer) == 0 ||
      hab_caps_announce_header (self->caps, buffer))
    return GST_FLOW_OK;
  if (is_before_start (self, buffer)) {
    self->n_left_out++;
    return GST_FLOW_OK;
  }
  if (self->init_segment == NULL && !complete_track (self, buffer))
    return GST_FLOW_ERROR;
  if (!hab_sample_time_read (&time, &self->segment, buffer,
          self->track->timescale)) {
    GST_ELEMENT_ERROR (self, STREAM, MUX, (NULL),
        ("a buffer has neither DTS nor PTS: %" GST_PTR_FORMAT, buffer));
    return GST_FLOW_ERROR;
  }

  if (self->init_segment == NULL) {
    flow = begin_track (self, &time);
    begin_grid (self, &time);
  }
  if (flow != GST_FLOW_OK)
    return flow;

  hab_cmaf_builder_advance (self->builder, &time);
  flow = end_chunk_before (self, buffer, &time);
  if (flow != GST_FLOW_OK)
    return flow;
  return append_sample (self, g_steal_pointer (&owned), &time);
}

static GstFlowReturn
gst_cenc_mux_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstCencMux *self = GST_CENC_MUX (parent);
  GstFlowReturn flow = take_sample (self, buffer);

  self->failed |= flow < GST_FLOW_EOS;
  return flow;
}

/* --- events -------------------------------------------------------------- */

/* What changes is in the message; details of it are for the log. */
static gboolean
refuse_new_track (GstCencMux *self, const gchar *change, GstCaps *caps)
{
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("The stream changes in the middle, %s; one file has room for one set of "
       "parameters. Convert it, or cut it there.", change),
      ("new caps: %" GST_PTR_FORMAT, caps));
  return FALSE;
}

/* Caps that come again are taken when they describe the same track. */
static gboolean
check_new_caps (GstCencMux *self, HabCmafTrack *track, GstCaps *caps)
{
  g_autofree gchar *change = hab_cmaf_track_find_change (self->track, track);

  return change == NULL || refuse_new_track (self, change, caps);
}

static gboolean
set_caps (GstCencMux *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HabCmafTrack) track = NULL;

  if (self->init_segment && gst_caps_is_equal (caps, self->caps))
    return TRUE;
  track = hab_cmaf_track_from_caps (caps, &error);
  if (track == NULL) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
        ("%s: %" GST_PTR_FORMAT, error->message, caps));
    return FALSE;
  }
  if (self->init_segment)
    return check_new_caps (self, track, caps);

  if (self->track)
    move_pssh (self->track, track);
  g_clear_pointer (&self->track, hab_cmaf_track_free);
  self->track = g_steal_pointer (&track);
  gst_caps_replace (&self->caps, caps);
  return TRUE;
}

/* A version 0 or 1 pssh box says its size in its first four bytes. */
static void
take_pssh (GstCencMux *self, GstEvent *event)
{
  GstBuffer *data = NULL;
  guint8 size[4];
  gpointer copy;
  gsize copied;

  gst_event_parse_protection (event, NULL, &data, NULL);
  if (self->track == NULL || self->init_segment || data == NULL ||
      gst_buffer_extract (data, 0, size, 4) != 4 ||
      GST_READ_UINT32_BE (size) != gst_buffer_get_size (data))
    return;
  gst_buffer_extract_dup (data, 0, -1, &copy, &copied);
  g_ptr_array_add (self->track->pssh, g_bytes_new_take (copy, copied));
}

/* Which may come before the caps. */
static void
take_tags (GstCencMux *self, GstEvent *event)
{
  GstTagList *tags;

  gst_event_parse_tag (event, &tags);
  if (self->tags)
    gst_tag_list_insert (self->tags, tags, GST_TAG_MERGE_REPLACE);
  else
    self->tags = gst_tag_list_copy (tags);
}

static gboolean
take_segment (GstCencMux *self, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->format != GST_FORMAT_TIME) {
    GST_ELEMENT_ERROR (self, STREAM, MUX, (NULL),
        ("the input is not timed: its segment is in %s",
            gst_format_get_name (segment->format)));
    return FALSE;
  }
  if (segment->rate < 0) {
    GST_ELEMENT_ERROR (self, STREAM, MUX, (NULL),
        ("the input plays backwards, which a file cannot"));
    return FALSE;
  }
  gst_segment_copy_into (segment, &self->segment);
  self->segment_seqnum = gst_event_get_seqnum (event);
  return TRUE;
}

static void
refuse_without_start (GstCencMux *self)
{
  self->failed = TRUE;
  GST_ELEMENT_ERROR (self, STREAM, MUX,
      ("The video has no picture at which decoding can start. Encode it with "
       "key frames."),
      ("%" G_GUINT64_FORMAT " access units", self->n_left_out));
}

/* An end goes on only when everything before it did, so that a track that
 * lacks a sample or its last chunk is not taken for a whole one: sources end a
 * stream behind an error, too. */
static gboolean
drain (GstCencMux *self, GstPad *pad, GstEvent *event)
{
  GstFlowReturn flow = GST_FLOW_ERROR;

  if (self->init_segment == NULL && self->n_left_out > 0)
    refuse_without_start (self);
  if (!self->failed) {
    hab_cmaf_builder_end (self->builder);
    flow = push_chunk (self, TRUE);
  }
  if (flow == GST_FLOW_FLUSHING || flow < GST_FLOW_EOS) {
    gst_event_unref (event);
    return FALSE;
  }
  return gst_pad_event_default (pad, GST_OBJECT (self), event);
}

static gboolean
gst_cenc_mux_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCencMux *self = GST_CENC_MUX (parent);
  gboolean handled;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      handled = set_caps (self, caps);
      self->failed |= !handled;
      gst_event_unref (event);
      return handled;
    case GST_EVENT_SEGMENT:
      /* Ours goes with the init segment. */
      handled = take_segment (self, event);
      self->failed |= !handled;
      gst_event_unref (event);
      return handled;
    case GST_EVENT_PROTECTION:
      take_pssh (self, event);
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_GAP:
      /* The times of the next sample say it; downstream has no segment yet. */
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_TAG:
      take_tags (self, event);
      break;
    case GST_EVENT_EOS:
      return drain (self, pad, event);
    case GST_EVENT_FLUSH_STOP:
      gst_cenc_mux_reset (self);
      break;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

/* --- queries ------------------------------------------------------------- */

/* What comes in waits for the rest of its chunk. */
static gboolean
answer_latency (GstCencMux *self, GstQuery *query)
{
  HabMuxSettings settings = get_settings (self);
  GstClockTime own = settings.chunk_duration > 0 ? settings.chunk_duration :
                                                   settings.fragment_duration;
  GstClockTime min, max;
  gboolean live;

  if (!gst_pad_peer_query (self->sinkpad, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  gst_query_set_latency (query, live, min + own,
      GST_CLOCK_TIME_IS_VALID (max) ? max + own : max);
  return TRUE;
}

static gboolean
gst_cenc_mux_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return answer_latency (GST_CENC_MUX (parent), query);
  return gst_pad_query_default (pad, parent, query);
}

/* --- life ---------------------------------------------------------------- */

/* Back to before the first sample, the track's caps kept. */
static void
gst_cenc_mux_reset (GstCencMux *self)
{
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->segment_seqnum = GST_SEQNUM_INVALID;
  gst_caps_replace (&self->track_caps, NULL);
  g_clear_pointer (&self->init_segment, g_bytes_unref);
  self->n_left_out = 0;
  hab_cmaf_builder_reset (self->builder);
  self->failed = FALSE;
}

static void
forget_stream (GstCencMux *self)
{
  g_clear_pointer (&self->track, hab_cmaf_track_free);
  g_clear_pointer (&self->tags, gst_tag_list_unref);
  gst_caps_replace (&self->caps, NULL);
}

static GstStateChangeReturn
gst_cenc_mux_change_state (GstElement *element, GstStateChange transition)
{
  GstCencMux *self = GST_CENC_MUX (element);
  GstStateChangeReturn result;

  result = GST_ELEMENT_CLASS (gst_cenc_mux_parent_class)
               ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_cenc_mux_reset (self);
    forget_stream (self);
  }
  return result;
}

static void
gst_cenc_mux_set_property (GObject *object, guint id, const GValue *value,
    GParamSpec *pspec)
{
  GstCencMux *self = GST_CENC_MUX (object);
  gboolean known;

  GST_OBJECT_LOCK (self);
  known = hab_mux_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!known)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_cenc_mux_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  GstCencMux *self = GST_CENC_MUX (object);
  HabMuxSettings settings = get_settings (self);

  if (!hab_mux_settings_get (&settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_cenc_mux_finalize (GObject *object)
{
  GstCencMux *self = GST_CENC_MUX (object);

  gst_cenc_mux_reset (self);
  forget_stream (self);
  hab_cmaf_builder_free (self->builder);
  G_OBJECT_CLASS (gst_cenc_mux_parent_class)->finalize (object);
}

static void
gst_cenc_mux_class_init (GstCencMuxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  g_autoptr (GstCaps) sink = gst_caps_merge (hab_protection_clear_caps (),
      hab_protection_protected_caps ());
  g_autoptr (GstCaps) src = gst_caps_from_string (
      "video/quicktime, variant = (string) cmaf");

  object_class->set_property = gst_cenc_mux_set_property;
  object_class->get_property = gst_cenc_mux_get_property;
  object_class->finalize = gst_cenc_mux_finalize;
  hab_mux_settings_install (object_class);

  element_class->change_state = gst_cenc_mux_change_state;
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, src));
  gst_element_class_set_static_metadata (element_class, "CMAF muxer",
      "Codec/Muxer",
      "Muxes one track, clear or with Common Encryption, into fragmented MP4",
      "The Haberdash developers");
}

static GstPad *
add_pad (GstCencMux *self, const gchar *name)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);
  GstPad *pad = gst_pad_new_from_template (
      gst_element_class_get_pad_template (klass, name), name);

  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static void
gst_cenc_mux_init (GstCencMux *self)
{
  hab_mux_settings_init (&self->settings);
  self->builder = hab_cmaf_builder_new ();
  gst_cenc_mux_reset (self);

  self->sinkpad = add_pad (self, "sink");
  gst_pad_set_chain_function (self->sinkpad, gst_cenc_mux_chain);
  gst_pad_set_event_function (self->sinkpad, gst_cenc_mux_sink_event);
  self->srcpad = add_pad (self, "src");
  gst_pad_set_query_function (self->srcpad, gst_cenc_mux_src_query);
  gst_pad_use_fixed_caps (self->srcpad);
}
