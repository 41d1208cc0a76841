/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-cencdashsink
 * @title: cencdashsink
 *
 * Writes an MPEG-DASH presentation: for each pad a folder of its name beside
 * the manifest, with `init.mp4`, `1.m4s`, `2.m4s`, ..., and the manifest: at
 * the end, or of a live input with every segment. Tracks that cbcsenc
 * encrypted are written as Common Encryption and announced by
 * ContentProtection; the others stay in the clear.
 *
 * Each pad brings its own queue, so that a launch line needs none. A pad that
 * was requested and is not linked counts as absent, and so does one that is
 * released. A flush begins the tracks anew. Files appear under their names
 * when they are whole, the manifest when everything it names is there; a
 * manifest of an earlier run is taken away before the first file is written.
 *
 * With `single-file` a track is one file, `track.mp4`, for servers and players
 * that ask for byte ranges; it appears at the end.
 *
 * Text becomes WebVTT: `track.vtt` in the pad's folder, one file for DASH,
 * which is there when the track has ended. With `hls` the same cues are also
 * `1.vtt`, `2.vtt`, ..., a `fragment-duration` each. Text is always in the
 * clear. A text track without a cue is left out.
 *
 * Pads of the same content become Representations of one AdaptationSet, which
 * a player switches between, where their segments begin at the same times; for
 * a video that means key frames at the same pictures. Where they do not, they
 * go to sets of their own, with a warning. What the same content is: video of
 * one codec, picture aspect ratio and dynamic range; audio of one codec,
 * channels, sampling rate and known language; both with the same language,
 * label, role and key. The pads' property `adaptation-set` says it instead:
 * pads of one number are one set, and an error where they do not meet.
 * `language` and `label` say what people choose a track by, `role` what it is
 * for.
 *
 * Where the input is live, or `presentation-type` is `dynamic`, the manifest
 * is there with the first segments of all linked pads and follows every
 * further one. With `time-shift-buffer-depth` it names those of a window only,
 * and segments behind it are removed when nobody can have a manifest any more
 * that names them. At the end the presentation becomes static, with what there
 * is of it then. Text comes at the end. The element waits for no clock: an
 * input that comes faster than it can be watched needs clocksync in front.
 *
 * Element messages on the bus:
 *
 * * `cencdashsink-segment`: a segment is in place (with `single-file`:
 *   written). `pad` and `location` (relative to the manifest), strings;
 *   `number`, from 1, #guint; `running-time` and `duration` in nanoseconds,
 *   `size` and `key-frame-size` (from the start of the segment to the end of
 *   its first picture) in bytes, #guint64; `kid`, string of 32 hexadecimal
 *   digits, where the segment is encrypted. Of a text track there is one
 *   message, of its file.
 * * `cencdashsink-complete`: all segments are in place.
 * * `cencdashsink-manifest`: the manifest is in place. `location`, string;
 *   `dynamic`, #gboolean: another one follows.
 *
 * With `durable` set, what a message tells of outlives a power cut.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 cencdashsink name=dash location=out/stream.mpd \
 *   filesrc location=movie.mp4 ! parsebin name=in \
 *   in. ! video/x-h264 ! gopsplit ! \
 *     cbcsenc kid=a16e402b9056e371f36d348aa62bb749 key-file=key.hex ! dash.video_0 \
 *   in. ! audio/mpeg ! dash.audio_0
 * ]|
 * Live, for an hour to look back:
 * |[
 * gst-launch-1.0 -e cencdashsink name=dash location=live/stream.mpd hls=true \
 *   time-shift-buffer-depth=3600000000000 \
 *   v4l2src ! videoconvert ! x264enc key-int-max=100 tune=zerolatency ! h264parse ! \
 *     gopsplit ! cbcsenc kid=a16e402b9056e371f36d348aa62bb749 key-file=key.hex ! dash.video_0 \
 *   pulsesrc ! avenc_aac ! aacparse ! dash.audio_0
 * ]|
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcencdashsink.h"

#include <string.h>

#include "cenc-protection.h"
#include "dash-publisher.h"
#include "dash-settings.h"
#include "dash-stream.h"
#include "gstdashpad.h"
#include "gstdashtextsink.h"
#include "gstdashtracksink.h"

GST_DEBUG_CATEGORY_STATIC (cenc_dash_sink_debug);
#define GST_CAT_DEFAULT cenc_dash_sink_debug

struct _GstCencDashSink
{
  GstBin parent;

  /* protected by OBJECT_LOCK; the settings stay what they are above READY */
  HabDashSettings settings;
  GPtrArray *streams; /* of HabDashStream */
  gboolean finished;  /* nothing more will be told */

  HabDashPublisher *publisher;
};

static void gst_cenc_dash_sink_child_proxy_init (GstChildProxyInterface *iface,
    gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCencDashSink, gst_cenc_dash_sink,
    GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY,
        gst_cenc_dash_sink_child_proxy_init)
    GST_DEBUG_CATEGORY_INIT (cenc_dash_sink_debug, "cencdashsink", 0,
        "DASH packager"))
GST_ELEMENT_REGISTER_DEFINE (cencdashsink, "cencdashsink", GST_RANK_NONE,
    GST_TYPE_CENC_DASH_SINK)

/* --- streams ------------------------------------------------------------- */

/* (transfer full): the streams of now. They may be released while somebody goes
 * through them. */
static GPtrArray *
list_streams (GstCencDashSink *self)
{
  GPtrArray *streams = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_dash_stream_unref);

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len; i++)
    g_ptr_array_add (streams, hab_dash_stream_ref (self->streams->pdata[i]));
  GST_OBJECT_UNLOCK (self);
  return streams;
}

/* (transfer full) (nullable) */
static HabDashStream *
ref_by_sink (GstCencDashSink *self, gpointer sink)
{
  HabDashStream *found = NULL;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len && found == NULL; i++) {
    HabDashStream *stream = self->streams->pdata[i];

    if ((gpointer) stream->sink == sink)
      found = hab_dash_stream_ref (stream);
  }
  GST_OBJECT_UNLOCK (self);
  return found;
}

/* While it runs, the settings stay what they are and need no lock. */
static gboolean
is_running (GstCencDashSink *self)
{
  return GST_STATE (self) > GST_STATE_READY ||
      GST_STATE_NEXT (self) > GST_STATE_READY;
}

static gboolean
add_pad (GstCencDashSink *self, HabDashStream *stream,
    GstPadTemplate *template, const gchar *name)
{
  g_autoptr (GstPad) entry = hab_dash_stream_get_entry (stream);

  stream->pad = gst_object_ref_sink (gst_cenc_dash_sink_pad_new (name,
      template, entry));
  gst_pad_set_active (stream->pad, TRUE);
  return gst_element_add_pad (GST_ELEMENT (self), stream->pad);
}

/* (transfer full) (nullable): with its elements in the bin. */
static HabDashStream *
make_stream (GstCencDashSink *self, const gchar *name)
{
  g_autoptr (HabDashStream) stream = hab_dash_stream_new (name,
      g_str_has_prefix (name, "text_"));

  if (stream && hab_dash_stream_add_to (stream, GST_BIN (self)))
    return g_steal_pointer (&stream);
  GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN, (NULL),
      ("cencdashsink needs the elements queue and cencmux"));
  return NULL;
}

/* GStreamer takes "video_ 7" and "video_+7" as well; a name becomes the name of
 * a folder and part of addresses. */
static gboolean
is_number (const gchar *text)
{
  return *text != '\0' && text[strspn (text, "0123456789")] == '\0';
}

/* Two pads of one name would write into one folder. */
static gboolean
is_taken (GstCencDashSink *self, const gchar *name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (GST_ELEMENT (self),
      name);

  return pad != NULL;
}

/* The name that was asked for, or the first free one. NULL where it does not
 * do, or there is a pad of that name. */
static gchar *
pad_name (GstCencDashSink *self, GstPadTemplate *template, const gchar *name)
{
  const gchar *format = GST_PAD_TEMPLATE_NAME_TEMPLATE (template);
  gsize prefix = strlen (format) - strlen ("%u");

  if (name)
    return strncmp (name, format, prefix) == 0 && is_number (name + prefix) &&
            !is_taken (self, name) ?
        g_strdup (name) : NULL;
  for (guint i = 0;; i++) {
    g_autofree gchar *free_name = g_strdup_printf ("%.*s%u", (gint) prefix,
        format, i);

    if (!is_taken (self, free_name))
      return g_steal_pointer (&free_name);
  }
}

static GstPad *
gst_cenc_dash_sink_request_new_pad (GstElement *element,
    GstPadTemplate *template, const gchar *requested, const GstCaps *caps)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (element);
  g_autofree gchar *name = pad_name (self, template, requested);
  HabDashStream *stream;

  if (name == NULL) {
    GST_WARNING_OBJECT (self, "no name for another pad: \"%s\"", requested);
    return NULL;
  }
  stream = make_stream (self, name);
  if (stream == NULL)
    return NULL;

  if (!add_pad (self, stream, template, name)) { /* another thread was faster */
    hab_dash_stream_remove_from (stream, GST_BIN (self));
    hab_dash_stream_unref (stream);
    return NULL;
  }
  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->streams, stream);
  GST_OBJECT_UNLOCK (self);
  gst_child_proxy_child_added (GST_CHILD_PROXY (self), G_OBJECT (stream->pad),
      name);
  if (is_running (self)) /* else prepare() does it */
    hab_dash_stream_configure (stream, &self->settings);
  hab_dash_stream_start (stream);
  return stream->pad;
}

static void end_if_all_ended (GstCencDashSink *self, guint32 seqnum);

static HabDashStream *
steal_stream (GstCencDashSink *self, GstPad *pad)
{
  HabDashStream *stream = NULL;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len && stream == NULL; i++) {
    HabDashStream *candidate = self->streams->pdata[i];

    if (candidate->pad == pad)
      stream = g_ptr_array_steal_index (self->streams, i);
  }
  GST_OBJECT_UNLOCK (self);
  return stream;
}

static void
gst_cenc_dash_sink_release_pad (GstElement *element, GstPad *pad)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (element);
  HabDashStream *stream = steal_stream (self, pad);

  if (stream == NULL)
    return;
  /* The pad can only be deactivated when nobody is in it. */
  hab_dash_stream_remove_from (stream, GST_BIN (self));
  gst_pad_set_active (pad, FALSE);
  gst_child_proxy_child_removed (GST_CHILD_PROXY (self), G_OBJECT (pad),
      GST_OBJECT_NAME (pad));
  gst_element_remove_pad (element, pad);
  hab_dash_stream_unref (stream);
  end_if_all_ended (self, GST_SEQNUM_INVALID);
}

/* A bin's children are its elements; a launch line sets properties of pads. */
static GObject *
gst_cenc_dash_sink_get_child (GstChildProxy *proxy, const gchar *name)
{
  GstPad *pad = gst_element_get_static_pad (GST_ELEMENT (proxy), name);
  GstChildProxyInterface *bin = g_type_interface_peek_parent (
      GST_CHILD_PROXY_GET_INTERFACE (proxy));

  return pad ? G_OBJECT (pad) : bin->get_child_by_name (proxy, name);
}

static void
gst_cenc_dash_sink_child_proxy_init (GstChildProxyInterface *iface,
    gpointer data)
{
  iface->get_child_by_name = gst_cenc_dash_sink_get_child;
}

/* --- messages of the children -------------------------------------------- */

static void
parse_segment (GstMessage *message, HabDashSegment *segment)
{
  const GstStructure *structure = gst_message_get_structure (message);
  guint64 duration = 0;
  const gchar *kid;

  gst_structure_get (structure,
      "running-time", G_TYPE_UINT64, &segment->start,
      "duration", G_TYPE_UINT64, &duration,
      "size", G_TYPE_UINT64, &segment->size,
      "key-frame-size", G_TYPE_UINT64, &segment->key_frame_size, NULL);
  kid = gst_structure_get_string (structure, "kid");
  g_strlcpy (segment->kid, kid ? kid : "", sizeof segment->kid);
  segment->end = segment->start + duration;
}

/* Players were promised that they can switch: nothing is written that they
 * cannot. */
static void
refuse_misalignment (GstCencDashSink *self,
    const HabMisalignment *misalignment)
{
  g_autofree gchar *where = hab_misalignment_to_string (misalignment);
  gboolean refused;

  GST_OBJECT_LOCK (self);
  refused = self->finished;
  self->finished = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (refused)
    return;
  hab_dash_publisher_close (self->publisher);
  GST_ELEMENT_ERROR (self, STREAM, MUX,
      ("Representations of one adaptation set do not meet: %s.", where),
      ("encode them with key frames at the same pictures"));
}

/* message: (transfer full), goes on before what names the segment. */
static void
take_segment (GstCencDashSink *self, GstMessage *message)
{
  g_autoptr (HabDashStream) stream = ref_by_sink (self,
      GST_MESSAGE_SRC (message));
  g_autoptr (GPtrArray) streams = list_streams (self);
  HabDashSegment segment = { 0 };
  HabMisalignment misalignment;

  parse_segment (message, &segment);
  if (stream)
    hab_dash_stream_append (stream, &segment);
  GST_BIN_CLASS (gst_cenc_dash_sink_parent_class)
      ->handle_message (GST_BIN (self), message);
  if (stream == NULL)
    return;
  if (!hab_dash_stream_meets (stream, streams, &misalignment))
    refuse_misalignment (self, &misalignment);
  hab_dash_publisher_add_segment (self->publisher, streams, stream, &segment);
}

/* OBJECT_LOCK held. A file of subtitles may have been read before a demuxer has
 * linked anything: its end is that of the rest, where there is a rest. */
static gboolean
all_linked_ended (GstCencDashSink *self)
{
  gboolean media = hab_dash_streams_have_media (self->streams);
  gboolean ended = FALSE;

  for (guint i = 0; i < self->streams->len; i++) {
    HabDashStream *stream = self->streams->pdata[i];
    gboolean this_one = hab_dash_stream_has_ended (stream);

    if (!this_one && gst_pad_is_linked (stream->pad))
      return FALSE;
    ended |= this_one && !(media && hab_dash_stream_is_text (stream));
  }
  return ended;
}

/* Writes the manifest and tells of the end, once. GstBin would wait for the
 * sinks of pads that nobody linked. */
static void
end_if_all_ended (GstCencDashSink *self, guint32 seqnum)
{
  g_autoptr (GPtrArray) streams = NULL;
  GstMessage *eos;
  gboolean last;

  GST_OBJECT_LOCK (self);
  last = !self->finished && all_linked_ended (self);
  self->finished |= last;
  GST_OBJECT_UNLOCK (self);
  if (!last)
    return;
  streams = list_streams (self);
  if (!hab_dash_publisher_finish (self->publisher, streams))
    return;

  eos = gst_message_new_eos (GST_OBJECT (self));
  if (seqnum != GST_SEQNUM_INVALID)
    gst_message_set_seqnum (eos, seqnum);
  gst_element_post_message (GST_ELEMENT (self), eos);
}

static void
take_eos (GstCencDashSink *self, GstMessage *message)
{
  g_autoptr (HabDashStream) stream = ref_by_sink (self,
      GST_MESSAGE_SRC (message));

  if (stream)
    hab_dash_stream_end (stream);
  end_if_all_ended (self, gst_message_get_seqnum (message));
}

/* A flush: the track begins again, and what was told of it is no more true. */
static void
take_restart (GstCencDashSink *self, GstMessage *message)
{
  g_autoptr (HabDashStream) stream = ref_by_sink (self,
      GST_MESSAGE_SRC (message));

  if (stream)
    hab_dash_stream_reset (stream);
  GST_OBJECT_LOCK (self);
  self->finished = FALSE;
  GST_OBJECT_UNLOCK (self);
  hab_dash_publisher_open (self->publisher);
}

static void
gst_cenc_dash_sink_handle_message (GstBin *bin, GstMessage *message)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (bin);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    take_eos (self, message);
    gst_message_unref (message);
    return;
  }
  if (gst_message_has_name (message, GST_DASH_TRACK_SINK_RESTART)) {
    take_restart (self, message);
    gst_message_unref (message);
    return;
  }

  if (gst_message_has_name (message, "cencdashsink-segment")) {
    take_segment (self, message);
    return;
  }
  GST_BIN_CLASS (gst_cenc_dash_sink_parent_class)
      ->handle_message (bin, message);
}

/* --- life ---------------------------------------------------------------- */

static gboolean
prepare (GstCencDashSink *self)
{
  g_autoptr (GPtrArray) streams = list_streams (self);
  g_autoptr (GError) error = NULL;

  if (!hab_dash_settings_check (&self->settings, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message),
        (NULL));
    return FALSE;
  }
  for (guint i = 0; i < streams->len; i++) {
    HabDashStream *stream = streams->pdata[i];

    hab_dash_stream_reset (stream);
    hab_dash_stream_configure (stream, &self->settings);
  }
  GST_OBJECT_LOCK (self);
  self->finished = FALSE;
  GST_OBJECT_UNLOCK (self);
  return hab_dash_publisher_open (self->publisher);
}

static GstStateChangeReturn
gst_cenc_dash_sink_change_state (GstElement *element,
    GstStateChange transition)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (element);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !prepare (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    GST_OBJECT_LOCK (self);
    self->finished = TRUE;
    GST_OBJECT_UNLOCK (self);
    hab_dash_publisher_close (self->publisher);
  }
  return GST_ELEMENT_CLASS (gst_cenc_dash_sink_parent_class)
      ->change_state (element, transition);
}

static void
gst_cenc_dash_sink_set_property (GObject *object, guint id,
    const GValue *value, GParamSpec *pspec)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (object);

  /* The streaming threads read them without the lock. */
  if (is_running (self)) {
    g_warning ("%s: %s can only be set in NULL and READY",
        GST_OBJECT_NAME (self), pspec->name);
    return;
  }
  GST_OBJECT_LOCK (self);
  if (!hab_dash_settings_set (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cenc_dash_sink_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (object);

  GST_OBJECT_LOCK (self);
  if (!hab_dash_settings_get (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cenc_dash_sink_finalize (GObject *object)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (object);

  hab_dash_settings_clear (&self->settings);
  hab_dash_publisher_free (self->publisher);
  g_ptr_array_unref (self->streams);
  G_OBJECT_CLASS (gst_cenc_dash_sink_parent_class)->finalize (object);
}

/* Takes caps. */
static void
add_template (GstElementClass *klass, const gchar *name, GstCaps *caps)
{
  gst_element_class_add_pad_template (klass,
      gst_pad_template_new_with_gtype (name, GST_PAD_SINK, GST_PAD_REQUEST,
          caps, GST_TYPE_CENC_DASH_SINK_PAD));
  gst_caps_unref (caps);
}

static void
gst_cenc_dash_sink_class_init (GstCencDashSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_cenc_dash_sink_set_property;
  object_class->get_property = gst_cenc_dash_sink_get_property;
  object_class->finalize = gst_cenc_dash_sink_finalize;
  hab_dash_settings_install (object_class);

  element_class->request_new_pad = gst_cenc_dash_sink_request_new_pad;
  element_class->release_pad = gst_cenc_dash_sink_release_pad;
  element_class->change_state = gst_cenc_dash_sink_change_state;
  GST_BIN_CLASS (klass)->handle_message = gst_cenc_dash_sink_handle_message;

  add_template (element_class, "video_%u",
      hab_protection_kind_caps (HAB_MEDIA_VIDEO));
  add_template (element_class, "audio_%u",
      hab_protection_kind_caps (HAB_MEDIA_AUDIO));
  add_template (element_class, "text_%u",
      gst_dash_text_sink_get_template_caps ());
  gst_element_class_set_static_metadata (element_class, "DASH packager",
      "Sink/Muxer",
      "Writes MPEG-DASH, clear or with Common Encryption (cbcs), as files",
      "The Haberdash developers");
}

static void
gst_cenc_dash_sink_init (GstCencDashSink *self)
{
  hab_dash_settings_init (&self->settings);
  self->publisher = hab_dash_publisher_new (GST_ELEMENT (self),
      &self->settings);
  self->streams = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_dash_stream_unref);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SOURCE);
}
