/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-cencdashsink
 * @title: cencdashsink
 *
 * Writes a static MPEG-DASH presentation: for each pad a folder of its name
 * beside the manifest, with `init.mp4`, `1.m4s`, `2.m4s`, ..., and at the end
 * the manifest. Tracks that cbcsenc encrypted are written as Common Encryption
 * and announced by ContentProtection; the others stay in the clear.
 *
 * Each pad brings its own queue, so that a launch line needs none. A pad that
 * was requested and is not linked counts as absent, and so does one that is
 * released. A flush begins the tracks anew. Files appear under their
 * names when they are whole, the manifest when everything it names is there;
 * a manifest of an earlier run is taken away before the first file is written.
 *
 * With `single-file` a track is one file, `track.mp4`, for servers and players
 * that ask for byte ranges; it appears at the end.
 *
 * Element messages on the bus:
 *
 * * `cencdashsink-segment`: a segment is in place (with `single-file`: written).
 *   `pad` and `location` (relative to the manifest), strings; `number`, from 1, #guint;
 *   `running-time` and `duration` in nanoseconds, `size` and `key-frame-size`
 *   (from the start of the segment to the end of its first picture) in bytes,
 *   #guint64.
 * * `cencdashsink-complete`: all segments are in place.
 * * `cencdashsink-manifest`: the manifest is in place. `location`, string.
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
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcencdashsink.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "cenc-protection.h"
#include "dash-track.h"
#include "gstdashtracksink.h"
#include "manifest-files.h"

GST_DEBUG_CATEGORY_STATIC (cenc_dash_sink_debug);
#define GST_CAT_DEFAULT cenc_dash_sink_debug

#define DEFAULT_FRAGMENT_DURATION (4 * GST_SECOND)

/* What a track's queue may hold: enough for demuxer and writer to run side by
 * side, little enough to matter to nobody. */
#define QUEUE_BYTES (2 * 1024 * 1024)

typedef enum
{
  PROP_LOCATION = 1,
  PROP_FRAGMENT_DURATION,
  PROP_LICENSE_URL,
  PROP_SINGLE_FILE,
  PROP_HLS,
  PROP_HLS_KEY_URL,
  PROP_DURABLE,
} Property;

#define N_PROPS (PROP_DURABLE + 1)
static GParamSpec *props[N_PROPS];

/* One requested pad and what is behind it. */
typedef struct
{
  GstPad *pad; /* ghost pad, the bin's */
  /* Owned beside the bin, which lets go of them before its pads. */
  GstElement *queue, *mux, *sink;
  GArray *segments; /* of HabDashSegment */
  gboolean eos;
} Stream;

struct _GstCencDashSink
{
  GstBin parent;

  /* protected by OBJECT_LOCK */
  gchar *location;
  guint64 fragment_duration;
  gchar *license_url;
  gboolean single_file;
  gboolean hls;
  gchar *hls_key_url;
  gboolean durable;
  GPtrArray *streams; /* of Stream */
  gboolean finished;  /* no manifest will be written (any more) */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCencDashSink, gst_cenc_dash_sink,
    GST_TYPE_BIN,
    GST_DEBUG_CATEGORY_INIT (cenc_dash_sink_debug, "cencdashsink", 0,
        "DASH packager"))
GST_ELEMENT_REGISTER_DEFINE (cencdashsink, "cencdashsink", GST_RANK_NONE,
    GST_TYPE_CENC_DASH_SINK)

/* --- streams ------------------------------------------------------------------ */

static void
stream_clear (Stream *stream)
{
  g_array_unref (stream->segments);
  gst_clear_object (&stream->queue);
  gst_clear_object (&stream->mux);
  gst_clear_object (&stream->sink);
}

static void
stream_unref (Stream *stream)
{
  g_atomic_rc_box_release_full (stream, (GDestroyNotify) stream_clear);
}

/* (transfer full): the streams of now. They may be released while somebody goes
 * through them. */
static GPtrArray *
list_streams (GstCencDashSink *self)
{
  GPtrArray *streams = g_ptr_array_new_with_free_func (
      (GDestroyNotify) stream_unref);

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len; i++)
    g_ptr_array_add (streams, g_atomic_rc_box_acquire (
        self->streams->pdata[i]));
  GST_OBJECT_UNLOCK (self);
  return streams;
}

static void
stream_reset (Stream *stream)
{
  g_array_set_size (stream->segments, 0);
  stream->eos = FALSE;
}

/* OBJECT_LOCK held. */
static Stream *
find_by_sink (GstCencDashSink *self, gpointer sink)
{
  for (guint i = 0; i < self->streams->len; i++) {
    Stream *stream = self->streams->pdata[i];

    if ((gpointer) stream->sink == sink)
      return stream;
  }
  return NULL;
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
    g_object_set (queue, "max-size-bytes", QUEUE_BYTES, "max-size-buffers", 0,
        "max-size-time", G_GUINT64_CONSTANT (0), NULL);
  return queue;
}

static gboolean
add_elements (GstCencDashSink *self, Stream *stream)
{
  if (stream->queue == NULL || stream->mux == NULL) {
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN, (NULL),
        ("cencdashsink needs the elements queue and cencmux"));
    return FALSE;
  }
  gst_bin_add_many (GST_BIN (self), stream->queue, stream->mux, stream->sink,
      NULL);
  return gst_element_link_many (stream->queue, stream->mux, stream->sink,
      NULL);
}

static void
configure_stream (GstCencDashSink *self, Stream *stream)
{
  g_autofree gchar *folder = NULL;
  GstDashTrackOutput output = { NULL };

  GST_OBJECT_LOCK (self);
  folder = self->location ? g_path_get_dirname (self->location) : NULL;
  output.folder = folder;
  output.durable = self->durable;
  output.single_file = self->single_file;
  output.segment_length = self->fragment_duration;
  GST_OBJECT_UNLOCK (self);

  gst_dash_track_sink_set_output (GST_DASH_TRACK_SINK (stream->sink),
      &output);
  g_object_set (stream->mux, "fragment-duration", output.segment_length, NULL);
}

static void
add_ghost_pad (GstCencDashSink *self, Stream *stream, GstPadTemplate *template,
    const gchar *name)
{
  g_autoptr (GstPad) target = gst_element_get_static_pad (stream->queue,
      "sink");

  stream->pad = gst_ghost_pad_new_from_template (name, target, template);
  gst_pad_set_active (stream->pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), stream->pad);
}

static void
start_stream (GstCencDashSink *self, Stream *stream)
{
  configure_stream (self, stream);
  gst_element_sync_state_with_parent (stream->sink);
  gst_element_sync_state_with_parent (stream->mux);
  gst_element_sync_state_with_parent (stream->queue);
}

/* GStreamer takes "video_ 7" and "video_+7" as well; a name becomes the name of
 * a folder and part of addresses. */
static gboolean
is_number (const gchar *text)
{
  return *text != '\0' && text[strspn (text, "0123456789")] == '\0';
}

/* The name that was asked for, or the first free one. NULL where it does not
 * do. */
static gchar *
pad_name (GstCencDashSink *self, GstPadTemplate *template, const gchar *name)
{
  const gchar *format = GST_PAD_TEMPLATE_NAME_TEMPLATE (template);
  gsize prefix = strlen (format) - strlen ("%u");

  if (name)
    return strncmp (name, format, prefix) == 0 && is_number (name + prefix) ?
        g_strdup (name) : NULL;
  for (guint i = 0;; i++) {
    g_autofree gchar *free_name = g_strdup_printf ("%.*s%u", (gint) prefix,
        format, i);
    g_autoptr (GstPad) taken = gst_element_get_static_pad (GST_ELEMENT (self),
        free_name);

    if (taken == NULL)
      return g_steal_pointer (&free_name);
  }
}

static GstPad *
gst_cenc_dash_sink_request_new_pad (GstElement *element,
    GstPadTemplate *template, const gchar *requested, const GstCaps *caps)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (element);
  g_autofree gchar *name = pad_name (self, template, requested);
  Stream *stream;

  if (name == NULL) {
    GST_WARNING_OBJECT (self, "no name for a pad: \"%s\"", requested);
    return NULL;
  }
  stream = g_atomic_rc_box_new0 (Stream);
  stream->segments = g_array_new (FALSE, FALSE, sizeof (HabDashSegment));
  stream->queue = make_queue ();
  stream->mux = make_element ("cencmux");
  stream->sink = gst_object_ref_sink (gst_dash_track_sink_new (name));
  if (!add_elements (self, stream)) {
    stream_unref (stream);
    return NULL;
  }

  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->streams, stream);
  GST_OBJECT_UNLOCK (self);
  add_ghost_pad (self, stream, template, name);
  start_stream (self, stream);
  return stream->pad;
}

static void end_if_all_ended (GstCencDashSink *self, guint32 seqnum);

static Stream *
steal_stream (GstCencDashSink *self, GstPad *pad)
{
  Stream *stream = NULL;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->streams->len && stream == NULL; i++) {
    Stream *candidate = self->streams->pdata[i];

    if (candidate->pad == pad)
      stream = g_ptr_array_steal_index (self->streams, i);
  }
  GST_OBJECT_UNLOCK (self);
  return stream;
}

static void
remove_element (GstCencDashSink *self, GstElement *child)
{
  if (!gst_object_has_as_parent (GST_OBJECT (child), GST_OBJECT (self)))
    return;
  gst_element_set_locked_state (child, TRUE);
  gst_element_set_state (child, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), child);
}

static void
gst_cenc_dash_sink_release_pad (GstElement *element, GstPad *pad)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (element);
  Stream *stream = steal_stream (self, pad);

  if (stream == NULL)
    return;
  /* Whoever waits in the sink or for room in the queue is let go first: the pad
   * can only be deactivated when nobody is in it. */
  remove_element (self, stream->sink);
  remove_element (self, stream->mux);
  remove_element (self, stream->queue);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  stream_unref (stream);
  end_if_all_ended (self, GST_SEQNUM_INVALID);
}

/* --- the manifest --------------------------------------------------------------- */

/* (transfer full): what the muxer took, complete. */
static GstCaps *
muxed_caps (Stream *stream)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (stream->mux, "src");
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const GValue *muxed = gst_structure_get_value (
      gst_caps_get_structure (caps, 0), "track-caps");

  return gst_caps_copy (gst_value_get_caps (muxed));
}

static HabMpdTrack *
describe_stream (Stream *stream, GArray *segments, GError **error)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (stream->mux, "sink");
  g_autoptr (GstCaps) caps = muxed_caps (stream);
  g_autoptr (GstEvent) event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG,
      0);
  GstTagList *tags = NULL;

  if (event)
    gst_event_parse_tag (event, &tags);
  return hab_dash_track_describe (GST_OBJECT_NAME (stream->pad), caps, tags,
      segments, error);
}

/* (transfer full): the tracks that have something in them. */
static GPtrArray *
describe_tracks (GstCencDashSink *self, GError **error)
{
  g_autoptr (GPtrArray) tracks = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_mpd_track_free);
  g_autoptr (GPtrArray) streams = list_streams (self);

  for (guint i = 0; i < streams->len; i++) {
    Stream *stream = streams->pdata[i];
    HabMpdTrack *track;

    if (stream->segments->len == 0)
      continue;
    track = describe_stream (stream, stream->segments, error);
    if (track == NULL)
      return NULL;
    if (self->single_file)
      hab_dash_track_set_single_file (track, gst_dash_track_sink_get_layout (
          GST_DASH_TRACK_SINK (stream->sink)));
    g_ptr_array_add (tracks, track);
  }
  if (tracks->len > 0)
    return g_steal_pointer (&tracks);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the input ended before a single segment");
  return NULL;
}

/* The strings stay the element's, which takes no new ones while it runs. */
static HabManifestFiles
manifest_files (GstCencDashSink *self)
{
  return (HabManifestFiles){
    .location = self->location,
    .license_url = self->license_url,
    .hls = self->hls,
    .hls_key_url = self->hls_key_url,
    .durable = self->durable,
  };
}

static void
post (GstCencDashSink *self, GstStructure *structure)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* All tracks are at their end, so nothing changes the streams any more. */
static gboolean
finish (GstCencDashSink *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) tracks = describe_tracks (self, &error);
  HabManifestFiles files = manifest_files (self);

  if (tracks == NULL) {
    GST_ELEMENT_ERROR (self, STREAM, MUX,
        ("There is nothing to write: %s.", error->message), (NULL));
    return FALSE;
  }
  post (self, gst_structure_new_empty ("cencdashsink-complete"));
  if (!hab_manifest_files_write (&files, tracks, &error)) {
    gst_dash_post_write_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  post (self, gst_structure_new ("cencdashsink-manifest",
      "location", G_TYPE_STRING, self->location, NULL));
  return TRUE;
}

static gboolean
remove_old_manifest (GstCencDashSink *self)
{
  HabManifestFiles files = manifest_files (self);
  g_autoptr (GError) error = NULL;

  if (hab_manifest_files_remove (&files, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE,
      ("Cannot replace the manifest: %s", error->message), (NULL));
  return FALSE;
}

/* --- messages of the children ----------------------------------------------------- */

static void
take_segment (GstCencDashSink *self, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  HabDashSegment segment = { 0 };
  guint64 duration = 0;
  Stream *stream;

  gst_structure_get_uint64 (structure, "running-time", &segment.start);
  gst_structure_get_uint64 (structure, "duration", &duration);
  gst_structure_get_uint64 (structure, "size", &segment.size);
  gst_structure_get_uint64 (structure, "key-frame-size",
      &segment.key_frame_size);
  segment.end = segment.start + duration;

  GST_OBJECT_LOCK (self);
  stream = find_by_sink (self, GST_MESSAGE_SRC (message));
  if (stream)
    g_array_append_val (stream->segments, segment);
  GST_OBJECT_UNLOCK (self);
}

/* OBJECT_LOCK held. */
static gboolean
all_linked_ended (GstCencDashSink *self)
{
  gboolean ended = FALSE;

  for (guint i = 0; i < self->streams->len; i++) {
    Stream *stream = self->streams->pdata[i];

    if (!stream->eos && gst_pad_is_linked (stream->pad))
      return FALSE;
    ended |= stream->eos;
  }
  return ended;
}

/* Writes the manifest and tells of the end, once. GstBin would wait for the
 * sinks of pads that nobody linked. */
static void
end_if_all_ended (GstCencDashSink *self, guint32 seqnum)
{
  GstMessage *eos;
  gboolean last;

  GST_OBJECT_LOCK (self);
  last = !self->finished && all_linked_ended (self);
  self->finished |= last;
  GST_OBJECT_UNLOCK (self);
  if (!last || !finish (self))
    return;

  eos = gst_message_new_eos (GST_OBJECT (self));
  if (seqnum != GST_SEQNUM_INVALID)
    gst_message_set_seqnum (eos, seqnum);
  gst_element_post_message (GST_ELEMENT (self), eos);
}

static void
take_eos (GstCencDashSink *self, GstMessage *message)
{
  Stream *stream;

  GST_OBJECT_LOCK (self);
  stream = find_by_sink (self, GST_MESSAGE_SRC (message));
  if (stream)
    stream->eos = TRUE;
  GST_OBJECT_UNLOCK (self);
  end_if_all_ended (self, gst_message_get_seqnum (message));
}

/* A flush: the track begins again, and what was told of it is no more true. */
static void
take_restart (GstCencDashSink *self, GstMessage *message)
{
  Stream *stream;

  GST_OBJECT_LOCK (self);
  stream = find_by_sink (self, GST_MESSAGE_SRC (message));
  if (stream)
    stream_reset (stream);
  self->finished = FALSE;
  GST_OBJECT_UNLOCK (self);
  remove_old_manifest (self);
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

  if (gst_message_has_name (message, "cencdashsink-segment"))
    take_segment (self, message);
  GST_BIN_CLASS (gst_cenc_dash_sink_parent_class)
      ->handle_message (bin, message);
}

/* --- life --------------------------------------------------------------------------- */

static gboolean
prepare (GstCencDashSink *self)
{
  g_autoptr (GPtrArray) streams = list_streams (self);

  if (self->location == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("No file to write to: set location to the path of the manifest."),
        (NULL));
    return FALSE;
  }
  if (*self->location == '\0' || g_str_has_suffix (self->location, "/")) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("\"%s\" is a folder: set location to the path of the manifest.",
            self->location), (NULL));
    return FALSE;
  }
  for (guint i = 0; i < streams->len; i++) {
    Stream *stream = streams->pdata[i];

    stream_reset (stream);
    configure_stream (self, stream);
  }
  GST_OBJECT_LOCK (self);
  self->finished = FALSE;
  GST_OBJECT_UNLOCK (self);
  return remove_old_manifest (self);
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
  if (GST_STATE (self) > GST_STATE_READY ||
      GST_STATE_NEXT (self) > GST_STATE_READY) {
    g_warning ("%s: %s can only be set in NULL and READY",
        GST_OBJECT_NAME (self), pspec->name);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch ((Property) id) {
    case PROP_LOCATION:
      g_free (self->location);
      self->location = g_value_dup_string (value);
      break;
    case PROP_FRAGMENT_DURATION:
      self->fragment_duration = g_value_get_uint64 (value);
      break;
    case PROP_LICENSE_URL:
      g_free (self->license_url);
      self->license_url = g_value_dup_string (value);
      break;
    case PROP_SINGLE_FILE:
      self->single_file = g_value_get_boolean (value);
      break;
    case PROP_HLS:
      self->hls = g_value_get_boolean (value);
      break;
    case PROP_HLS_KEY_URL:
      g_free (self->hls_key_url);
      self->hls_key_url = g_value_dup_string (value);
      break;
    case PROP_DURABLE:
      self->durable = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cenc_dash_sink_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (object);

  GST_OBJECT_LOCK (self);
  switch ((Property) id) {
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case PROP_FRAGMENT_DURATION:
      g_value_set_uint64 (value, self->fragment_duration);
      break;
    case PROP_LICENSE_URL:
      g_value_set_string (value, self->license_url);
      break;
    case PROP_SINGLE_FILE:
      g_value_set_boolean (value, self->single_file);
      break;
    case PROP_HLS:
      g_value_set_boolean (value, self->hls);
      break;
    case PROP_HLS_KEY_URL:
      g_value_set_string (value, self->hls_key_url);
      break;
    case PROP_DURABLE:
      g_value_set_boolean (value, self->durable);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cenc_dash_sink_finalize (GObject *object)
{
  GstCencDashSink *self = GST_CENC_DASH_SINK (object);

  g_free (self->location);
  g_free (self->license_url);
  g_free (self->hls_key_url);
  g_ptr_array_unref (self->streams);
  G_OBJECT_CLASS (gst_cenc_dash_sink_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_READY;

  props[PROP_LOCATION] = g_param_spec_string ("location", "Location",
      "Path of the manifest to write; the tracks' folders are made beside it",
      NULL, flags);
  props[PROP_FRAGMENT_DURATION] = g_param_spec_uint64 ("fragment-duration",
      "Fragment duration",
      "Distance of the lines on which segments begin, in nanoseconds of running "
      "time; a video segment begins with the first GOP at or behind a line",
      GST_MSECOND, G_MAXINT64, DEFAULT_FRAGMENT_DURATION, flags);
  props[PROP_LICENSE_URL] = g_param_spec_string ("license-url", "Licence URL",
      "Address of a ClearKey licence service that the manifest names; when "
      "unset, it has the pssh box of the W3C common system instead",
      NULL, flags);
  props[PROP_SINGLE_FILE] = g_param_spec_boolean ("single-file",
      "Single file",
      "Write each track as one file, track.mp4, with a segment index in front, "
      "and a manifest of the on-demand profile; the files appear at the end",
      FALSE, flags);
  props[PROP_HLS] = g_param_spec_boolean ("hls", "HLS",
      "Write HLS playlists over the same segments, too: beside the manifest one "
      "of its name with the ending m3u8, and one in each track's folder",
      FALSE, flags);
  props[PROP_HLS_KEY_URL] = g_param_spec_string ("hls-key-url", "HLS key URL",
      "Address where HLS players get the 16 bytes of the key; when unset, the "
      "playlists name no key and players must be given it in another way",
      NULL, flags);
  props[PROP_DURABLE] = g_param_spec_boolean ("durable", "Durable",
      "Wait for the disk: what an element message tells of outlives a power cut",
      FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
add_template (GstElementClass *klass, const gchar *name, HabMediaKind kind)
{
  g_autoptr (GstCaps) caps = hab_protection_kind_caps (kind);

  gst_element_class_add_pad_template (klass,
      gst_pad_template_new (name, GST_PAD_SINK, GST_PAD_REQUEST, caps));
}

static void
gst_cenc_dash_sink_class_init (GstCencDashSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  object_class->set_property = gst_cenc_dash_sink_set_property;
  object_class->get_property = gst_cenc_dash_sink_get_property;
  object_class->finalize = gst_cenc_dash_sink_finalize;
  install_properties (object_class);

  element_class->request_new_pad = gst_cenc_dash_sink_request_new_pad;
  element_class->release_pad = gst_cenc_dash_sink_release_pad;
  element_class->change_state = gst_cenc_dash_sink_change_state;
  GST_BIN_CLASS (klass)->handle_message = gst_cenc_dash_sink_handle_message;

  add_template (element_class, "video_%u", HAB_MEDIA_VIDEO);
  add_template (element_class, "audio_%u", HAB_MEDIA_AUDIO);
  gst_element_class_set_static_metadata (element_class, "DASH packager",
      "Sink/Muxer",
      "Writes MPEG-DASH, clear or with Common Encryption (cbcs), as files",
      "The Haberdash developers");
}

static void
gst_cenc_dash_sink_init (GstCencDashSink *self)
{
  self->fragment_duration = DEFAULT_FRAGMENT_DURATION;
  self->streams = g_ptr_array_new_with_free_func (
      (GDestroyNotify) stream_unref);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SOURCE);
}
