/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-gopsplit
 * @title: gopsplit
 *
 * gopsplit finds the groups of pictures (GOPs) of a compressed video stream. A
 * GOP starts at each random access point, which is where decoding can start:
 * for H.264 an IDR picture, or a picture with a recovery point SEI whose
 * recovery_frame_cnt is 0; for H.265 an IDR, CRA or BLA picture; for AV1 and VP9
 * a key frame that is shown. An I-frame that is neither starts none, whatever
 * the stream's sync flags say.
 *
 * Buffers pass through one by one, at once and unchanged but for their
 * metadata:
 *
 * * The first buffer of a GOP has the custom meta `HaberdashGopMeta` with the
 *   fields `index` (guint64) and `kind` (string: `idr`, `recovery-point`,
 *   `cra`, `key-frame`; `none` where the stream does not start at a random
 *   access point).
 * * Every I-frame, whether a GOP starts with it or not, has the custom meta
 *   `HaberdashIFrameMeta`, without fields.
 * * %GST_BUFFER_FLAG_DELTA_UNIT is cleared on the first buffer of a GOP and set
 *   on every other one, so that muxers cut at GOPs only. It is set on the first of
 *   `none`, too, since nothing can be decoded there.
 *
 * After the last buffer of a GOP, and before the first of the next, a
 * serialized custom downstream event is sent and an element message posted.
 * Both have a structure named `gopsplit-gop`:
 *
 * * `index` (guint64), `kind` (string): as in the meta
 * * `pts`, `dts` (guint64): of the first buffer, %GST_CLOCK_TIME_NONE where it
 *   has none
 * * `duration` (guint64): in nanoseconds, %GST_CLOCK_TIME_NONE where unknown
 * * `frames`, `bytes` (guint64)
 * * `closed` (gboolean): no picture in it refers to the GOP before
 * * `leading-pictures` (guint): how many follow the random access point in
 *   decoding order and precede it in presentation
 *
 * A GOP that a flush or a seek interrupts is not reported; behind it the count
 * starts at #GstGopSplit:first-index again.
 *
 * With #GstGopSplit:first-gop and #GstGopSplit:last-gop only these GOPs are let
 * through, and the stream ends after them. Where the first of them are left out
 * of a stream in byte-stream format, parameter sets that came only once may be
 * left out with them; `h264parse config-interval=-1` in front repeats them.
 *
 * Audio passes through untouched.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m filesrc location=movie.mp4 ! qtdemux ! h264parse ! gopsplit ! fakesink
 * ]| Shows a message for each GOP.
 * |[
 * gst-launch-1.0 filesrc location=movie.mp4 ! qtdemux ! h264parse ! gopsplit first-gop=3 last-gop=3 ! mp4mux ! filesink location=gop3.mp4
 * ]| Writes the fourth GOP as a file.
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstgopsplit.h"

#include "gop-accumulator.h"
#include "gop-marks.h"
#include "unit-inspector.h"

GST_DEBUG_CATEGORY_STATIC (gop_split_debug);
#define GST_CAT_DEFAULT gop_split_debug

#define DEFAULT_FIRST_GOP 0
#define DEFAULT_LAST_GOP G_MAXUINT64
#define DEFAULT_FIRST_INDEX 0

enum
{
  PROP_0,
  PROP_FIRST_GOP,
  PROP_LAST_GOP,
  PROP_FIRST_INDEX,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

struct _GstGopSplit
{
  GstElement element;

  GstPad *sinkpad;
  GstPad *srcpad;

  /* protected by OBJECT_LOCK */
  guint64 first_gop;
  guint64 last_gop;
  guint64 first_index;

  /* the range of this run, set before the first buffer, then constant */
  guint64 running_first;
  guint64 running_last;

  /* streaming thread only */
  HabUnitInspector *inspector; /* NULL for audio and before caps */
  gboolean negotiated;
  HabGopAccumulator gops;
  guint32 segment_seqnum;  /* GST_SEQNUM_INVALID before a segment */
  gboolean dropping;       /* the buffer before was not in the range */
  gboolean ended;          /* the range was passed and EOS sent */
  gboolean warned;         /* of damage in this stream */
  gboolean failed;         /* caps or a buffer could not be passed on */
};

/* Passed through. */
#define AUDIO_CAPS                                                          \
  "audio/mpeg; audio/x-opus; audio/x-ac3; audio/x-eac3; audio/x-flac; "     \
  "audio/x-alac; audio/x-vorbis; audio/x-raw"

G_DEFINE_FINAL_TYPE_WITH_CODE (GstGopSplit, gst_gop_split, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (gop_split_debug, "gopsplit", 0, "GOP splitter"))
GST_ELEMENT_REGISTER_DEFINE (gopsplit, "gopsplit", GST_RANK_NONE,
    GST_TYPE_GOP_SPLIT)

/* --- state of a stream ------------------------------------------------- */

/* Forgets the GOP that is not finished. */
static void
gst_gop_split_restart (GstGopSplit *self)
{
  guint64 first_index;

  GST_OBJECT_LOCK (self);
  first_index = self->first_index;
  GST_OBJECT_UNLOCK (self);

  hab_gop_accumulator_init (&self->gops, first_index);
  self->dropping = FALSE;
  self->ended = FALSE;
  self->failed = FALSE;
}

static void
gst_gop_split_reset (GstGopSplit *self)
{
  g_clear_pointer (&self->inspector, hab_unit_inspector_free);
  self->negotiated = FALSE;
  self->warned = FALSE;
  self->segment_seqnum = GST_SEQNUM_INVALID;
  gst_gop_split_restart (self);

  GST_OBJECT_LOCK (self);
  self->running_first = self->first_gop;
  self->running_last = self->last_gop;
  GST_OBJECT_UNLOCK (self);
}

/* --- reporting --------------------------------------------------------- */

static gint64
from_clock_time (GstClockTime time)
{
  return time > G_MAXINT64 ? HAB_GOP_TIME_NONE : (gint64) time;
}

static void
gst_gop_split_report (GstGopSplit *self, const HabGopFacts *gop)
{
  GstStructure *structure;

  if (gop->index < self->running_first || gop->index > self->running_last)
    return;

  structure = hab_gop_marks_describe (gop);
  GST_DEBUG_OBJECT (self, "end of GOP: %" GST_PTR_FORMAT, structure);
  gst_pad_push_event (self->srcpad,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_copy (structure)));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

static void
gst_gop_split_finish (GstGopSplit *self)
{
  HabGopFacts gop;

  if (hab_gop_accumulator_finish (&self->gops, &gop))
    gst_gop_split_report (self, &gop);
}

/* --- buffers ----------------------------------------------------------- */

/* A damaged access unit is passed on as one at which nothing starts. */
static void
gst_gop_split_warn (GstGopSplit *self, GstBuffer *buffer, const GError *error)
{
  GST_WARNING_OBJECT (self, "%s: %" GST_PTR_FORMAT, error->message, buffer);
  if (self->warned)
    return;
  self->warned = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, DECODE, (NULL),
      ("damaged access unit, more will not be told: %s", error->message));
}

static void
gst_gop_split_inspect (GstGopSplit *self, GstBuffer *buffer,
    HabAccessUnitInfo *info)
{
  g_autoptr (GError) error = NULL;

  if (!hab_unit_inspector_inspect (self->inspector, buffer, info, &error))
    gst_gop_split_warn (self, buffer, error);
}

static GstFlowReturn
gst_gop_split_end (GstGopSplit *self)
{
  GstEvent *eos = gst_event_new_eos ();

  GST_DEBUG_OBJECT (self, "last-gop has passed");
  if (self->segment_seqnum != GST_SEQNUM_INVALID)
    gst_event_set_seqnum (eos, self->segment_seqnum);
  self->ended = TRUE;
  gst_pad_push_event (self->srcpad, eos);
  return GST_FLOW_EOS;
}

static GstFlowReturn
gst_gop_split_push_in_range (GstGopSplit *self, GstBuffer *buffer)
{
  guint64 index = hab_gop_accumulator_get_index (&self->gops);

  if (index > self->running_last) {
    gst_buffer_unref (buffer);
    return gst_gop_split_end (self);
  }
  if (index < self->running_first) {
    self->dropping = TRUE;
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  if (self->dropping) {
    self->dropping = FALSE;
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  }
  return gst_pad_push (self->srcpad, buffer);
}

static GstFlowReturn
gst_gop_split_handle_access_unit (GstGopSplit *self, GstBuffer *buffer)
{
  HabGopUnit unit = {
    .pts = from_clock_time (GST_BUFFER_PTS (buffer)),
    .dts = from_clock_time (GST_BUFFER_DTS (buffer)),
    .duration = from_clock_time (GST_BUFFER_DURATION (buffer)),
    .bytes = gst_buffer_get_size (buffer),
  };
  HabGopFacts finished;
  gboolean starts;

  gst_gop_split_inspect (self, buffer, &unit.info);
  starts = hab_gop_accumulator_starts_gop (&self->gops, &unit);
  if (hab_gop_accumulator_add (&self->gops, &unit, &finished))
    gst_gop_split_report (self, &finished);
  buffer = hab_gop_marks_add (buffer, starts,
      hab_gop_accumulator_get_index (&self->gops), unit.info.random_access);
  if (unit.info.picture_type == 'I')
    buffer = hab_gop_marks_add_i_frame (buffer);
  return gst_gop_split_push_in_range (self, buffer);
}

/* Takes the buffer. */
static GstFlowReturn
gst_gop_split_handle_buffer (GstGopSplit *self, GstBuffer *buffer)
{
  if (self->ended) {
    gst_buffer_unref (buffer);
    return GST_FLOW_EOS;
  }
  if (!self->negotiated) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, (NULL),
        ("buffer before caps"));
    gst_buffer_unref (buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (self->inspector == NULL)
    return gst_pad_push (self->srcpad, buffer);
  /* An empty buffer (a gap) is no access unit and counts nowhere. */
  if (gst_buffer_get_size (buffer) == 0)
    return gst_gop_split_push_in_range (self,
        hab_gop_marks_add (buffer, FALSE, 0, HAB_RANDOM_ACCESS_NONE));
  return gst_gop_split_handle_access_unit (self, buffer);
}

static GstFlowReturn
gst_gop_split_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstGopSplit *self = GST_GOP_SPLIT (parent);
  GstFlowReturn flow = gst_gop_split_handle_buffer (self, buffer);

  self->failed |= flow < GST_FLOW_EOS;
  return flow;
}

/* --- events ------------------------------------------------------------ */

static gboolean
gst_gop_split_set_caps (GstGopSplit *self, GstCaps *caps)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);
  g_autoptr (GError) error = NULL;

  if (g_str_has_prefix (gst_structure_get_name (s), "audio/")) {
    g_clear_pointer (&self->inspector, hab_unit_inspector_free);
    self->negotiated = TRUE;
    return TRUE;
  }
  if (self->inspector == NULL)
    self->inspector = hab_unit_inspector_new ();
  self->negotiated =
      hab_unit_inspector_set_caps (self->inspector, caps, &error);
  if (!self->negotiated)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL), ("%s", error->message));
  return self->negotiated;
}

static void
gst_gop_split_handle_segment (GstGopSplit *self, GstEvent *event)
{
  guint32 seqnum = gst_event_get_seqnum (event);

  /* A segment that goes on with the same playback has the same number. */
  if (self->segment_seqnum != GST_SEQNUM_INVALID &&
      self->segment_seqnum != seqnum)
    gst_gop_split_restart (self);
  self->segment_seqnum = seqnum;
}

static gboolean
gst_gop_split_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstGopSplit *self = GST_GOP_SPLIT (parent);
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_SEGMENT_DONE: /* the end of what was sought */
      gst_gop_split_finish (self);
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      if (!gst_gop_split_set_caps (self, caps)) {
        self->failed = TRUE;
        gst_event_unref (event);
        return FALSE;
      }
      break;
    case GST_EVENT_SEGMENT:
      gst_gop_split_handle_segment (self, event);
      break;
    case GST_EVENT_FLUSH_STOP:
      self->segment_seqnum = GST_SEQNUM_INVALID;
      gst_gop_split_restart (self);
      break;
    case GST_EVENT_EOS:
      /* Sources end a stream behind an error, too. What lacks its end must
       * not be taken for a whole one. */
      if (self->ended || self->failed) {
        gst_event_unref (event);
        return self->ended;
      }
      gst_gop_split_finish (self);
      break;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

/* --- element ----------------------------------------------------------- */

static GstStateChangeReturn
gst_gop_split_change_state (GstElement *element, GstStateChange transition)
{
  GstGopSplit *self = GST_GOP_SPLIT (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    gst_gop_split_reset (self);

  ret = GST_ELEMENT_CLASS (gst_gop_split_parent_class)
            ->change_state (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_gop_split_reset (self);
  return ret;
}

static void
gst_gop_split_set_property (GObject *object, guint id, const GValue *value,
    GParamSpec *pspec)
{
  GstGopSplit *self = GST_GOP_SPLIT (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_FIRST_GOP:
      self->first_gop = g_value_get_uint64 (value);
      break;
    case PROP_LAST_GOP:
      self->last_gop = g_value_get_uint64 (value);
      break;
    case PROP_FIRST_INDEX:
      self->first_index = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_gop_split_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  GstGopSplit *self = GST_GOP_SPLIT (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_FIRST_GOP:
      g_value_set_uint64 (value, self->first_gop);
      break;
    case PROP_LAST_GOP:
      g_value_set_uint64 (value, self->last_gop);
      break;
    case PROP_FIRST_INDEX:
      g_value_set_uint64 (value, self->first_index);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_gop_split_install_properties (GObjectClass *klass)
{
  GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  /**
   * GstGopSplit:first-gop:
   *
   * Index of the first GOP to let through; those before it are dropped.
   *
   * Since: 0.1
   */
  props[PROP_FIRST_GOP] = g_param_spec_uint64 ("first-gop", "First GOP",
      "Index of the first GOP to let through; those before it are dropped", 0,
      G_MAXUINT64, DEFAULT_FIRST_GOP, flags);

  /**
   * GstGopSplit:last-gop:
   *
   * Index of the last GOP to let through; the stream ends after it.
   *
   * Since: 0.1
   */
  props[PROP_LAST_GOP] = g_param_spec_uint64 ("last-gop", "Last GOP",
      "Index of the last GOP to let through; the stream ends after it", 0,
      G_MAXUINT64, DEFAULT_LAST_GOP, flags);

  /**
   * GstGopSplit:first-index:
   *
   * Index to give to the first GOP that arrives, and to the first one after a
   * seek. Read when streaming starts and at each seek.
   *
   * Since: 0.1
   */
  props[PROP_FIRST_INDEX] = g_param_spec_uint64 ("first-index", "First index",
      "Index of the first GOP that arrives, at the start and after a seek", 0,
      G_MAXUINT64, DEFAULT_FIRST_INDEX,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  g_object_class_install_properties (klass, N_PROPS, props);
}

static void
gst_gop_split_finalize (GObject *object)
{
  GstGopSplit *self = GST_GOP_SPLIT (object);

  g_clear_pointer (&self->inspector, hab_unit_inspector_free);
  G_OBJECT_CLASS (gst_gop_split_parent_class)->finalize (object);
}

/* Every video codec there is, byte streams too, and audio. */
static GstCaps *
gst_gop_split_template_caps (void)
{
  GstCaps *caps = gst_caps_new_empty ();
  guint n_codecs;
  const HabCodec *const *codecs = hab_codec_list (&n_codecs);

  for (guint i = 0; i < n_codecs; i++) {
    if (codecs[i]->kind != HAB_MEDIA_VIDEO)
      continue;
    gst_caps_append (caps, gst_caps_from_string (codecs[i]->caps));
    if (codecs[i]->nal_units)
      gst_caps_append (caps, gst_caps_new_simple (codecs[i]->media_type,
          "stream-format", G_TYPE_STRING, "byte-stream",
          "alignment", G_TYPE_STRING, "au", NULL));
  }
  gst_caps_append (caps, gst_caps_from_string (AUDIO_CAPS));
  return caps;
}

static void
gst_gop_split_class_init (GstGopSplitClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  g_autoptr (GstCaps) caps = gst_gop_split_template_caps ();

  gobject_class->set_property = gst_gop_split_set_property;
  gobject_class->get_property = gst_gop_split_get_property;
  gobject_class->finalize = gst_gop_split_finalize;
  gst_gop_split_install_properties (gobject_class);

  element_class->change_state = GST_DEBUG_FUNCPTR (gst_gop_split_change_state);
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "GOP splitter",
      "Filter/Video",
      "Marks and reports the groups of pictures of compressed video, and lets "
      "a range of them through",
      "The Haberdash developers");

  hab_gop_marks_register ();
}

static GstPad *
gst_gop_split_make_pad (GstGopSplit *self, const gchar *name)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (self);

  return gst_pad_new_from_template (
      gst_element_class_get_pad_template (klass, name), name);
}

static void
gst_gop_split_init (GstGopSplit *self)
{
  self->first_gop = DEFAULT_FIRST_GOP;
  self->last_gop = DEFAULT_LAST_GOP;
  self->first_index = DEFAULT_FIRST_INDEX;

  self->sinkpad = gst_gop_split_make_pad (self, "sink");
  gst_pad_set_chain_function (self->sinkpad,
      GST_DEBUG_FUNCPTR (gst_gop_split_chain));
  gst_pad_set_event_function (self->sinkpad,
      GST_DEBUG_FUNCPTR (gst_gop_split_sink_event));
  GST_PAD_SET_PROXY_CAPS (self->sinkpad);
  GST_PAD_SET_PROXY_ALLOCATION (self->sinkpad);
  gst_element_add_pad (GST_ELEMENT (self), self->sinkpad);

  self->srcpad = gst_gop_split_make_pad (self, "src");
  GST_PAD_SET_PROXY_CAPS (self->srcpad);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
