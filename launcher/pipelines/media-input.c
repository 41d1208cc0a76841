/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* parsebin finds the container's demuxer and the streams' parsers. What it
 * leaves to be done:
 *
 * - A stream that our elements take as the demuxer gives it needs no parser,
 *   which costs time and may change access units.
 * - A parser that was plugged before anything downstream was known gives any
 *   format (AAC as ADTS); one more turns it into what the elements take.
 * - Matroska has presentation times only, AVI decoding times only, and MPEG-TS
 *   one time for several packets of Opus, whose parser is not plugged by rank.
 * - matroskademux 1.22.0 starts its segment at the first block and moves it,
 *   without a word, when a track begins earlier: the streams would jump. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-input.h"

#include <gst/audio/audio.h>
#include <string.h>

#include "movie-duration.h"

struct _HabMediaInput
{
  GstBin *bin; /* not owned */
  GstElement *parsebin; /* not owned */
  HabMediaInputFunc on_stream;
  HabMediaInputFunc on_text; /* or NULL */
  gpointer data;

  const HabContainer *container;
  GPtrArray *streams; /* of HabMediaStream */
  gint n_streams;     /* atomic; of streams */
  guint quiet;        /* times in a row that nothing was read or told */
  GstEvent *segment;  /* the first one, for containers of one_segment */
  gboolean has_video, has_audio;
  gchar *unsupported; /* media type of a video track that was passed over */
  gchar *link_error;
  HabMediaError link_code; /* of link_error */
};

static const HabContainer containers[] = {
  { .caps_name = "video/quicktime", .number_base = 10, .framed = TRUE },
  { .caps_name = "video/x-matroska", .timescale = 1000, .number_base = 10,
      .no_dts = TRUE, .one_segment = TRUE },
  { .caps_name = "video/webm", .timescale = 1000, .number_base = 10,
      .no_dts = TRUE, .one_segment = TRUE },
  { .caps_name = "video/mpegts", .timescale = 90000, .number_base = 16,
      .few_times = TRUE },
  { .caps_name = "video/x-flv", .timescale = 1000 },
  { .caps_name = "video/x-msvideo", .number_base = 10, .no_pts = TRUE },
};

/* Elements that make decoding times from presentation times. */
static const struct
{
  const gchar *media_type;
  const gchar *factory;
} timestampers[] = {
  { "video/x-h264", "h264timestamper" },
  { "video/x-h265", "h265timestamper" },
};

#define OPUS_RATE 48000

/* --- what a stream is ---------------------------------------------------- */

static const gchar *
media_type_of (const GstCaps *caps)
{
  return gst_caps_is_any (caps) || gst_caps_is_empty (caps) ? "" :
      gst_structure_get_name (gst_caps_get_structure (caps, 0));
}

static gboolean
is_taken (const GstCaps *caps, const HabCodec *codec)
{
  g_autoptr (GstCaps) taken = gst_caps_from_string (codec->caps);

  return gst_caps_is_subset (caps, taken);
}

/* Caps that say all there is to say, or a codec whose first sample does. */
static gboolean
is_described (const HabMediaInput *self, const GstCaps *caps,
    const HabCodec *codec)
{
  return hab_codec_has_codec_data (codec, gst_caps_get_structure (caps, 0)) ||
      (codec->make_codec_data && self->container && self->container->framed);
}

static void
find_container (HabMediaInput *self, const GstCaps *caps)
{
  for (guint i = 0; i < G_N_ELEMENTS (containers); i++) {
    if (g_strcmp0 (media_type_of (caps), containers[i].caps_name) == 0)
      self->container = &containers[i];
  }
}

/* Pictures of text, and text in forms that nothing turns into one of these, are
 * left where they are. */
static gboolean
is_text (const HabMediaInput *self, const GstCaps *caps)
{
  const gchar *media_type = media_type_of (caps);

  return self->on_text && (strcmp (media_type, "text/x-raw") == 0 ||
      strcmp (media_type, "application/x-subtitle-vtt") == 0);
}

/* Asked of the file first, then of each stream in it. */
static gboolean
on_autoplug_continue (GstElement *parsebin, GstPad *pad, GstCaps *caps,
    gpointer data)
{
  HabMediaInput *self = data;
  const HabCodec *codec = hab_codec_of_caps (caps);

  if (is_text (self, caps))
    return FALSE;
  if (codec == NULL) {
    find_container (self, caps);
    return TRUE;
  }
  return !gst_caps_is_fixed (caps) || !is_described (self, caps, codec) ||
      !is_taken (caps, codec);
}

/* Demuxers end stream ids with the container's number of the track. */
static guint
get_number (const HabMediaInput *self, GstPad *pad)
{
  g_autofree gchar *id = gst_pad_get_stream_id (pad);
  const gchar *slash = id ? strrchr (id, '/') : NULL;
  guint base = self->container ? self->container->number_base : 0;
  guint64 number = slash && base > 0 ?
      g_ascii_strtoull (slash + 1, NULL, base) :
      0;

  return number > 0 && number <= G_MAXINT32 ? number : self->streams->len + 1;
}

/* --- decoding times only ------------------------------------------------- */

/* What is known of such a stream; of its pad. */
typedef struct
{
  HabMediaInput *input;
  HabCodecParser *parser;
} OrderCheck;

static void
order_check_free (OrderCheck *check)
{
  hab_codec_parser_free (check->parser);
  g_free (check);
}

static gboolean
take_parameter_sets (OrderCheck *check, GstEvent *event)
{
  const GValue *value;
  GstBuffer *codec_data;
  GstCaps *caps;
  GstMapInfo map;
  gboolean ok;

  gst_event_parse_caps (event, &caps);
  value = gst_structure_get_value (gst_caps_get_structure (caps, 0),
      "codec_data");
  codec_data = value ? gst_value_get_buffer (value) : NULL;
  if (codec_data == NULL || !gst_buffer_map (codec_data, &map, GST_MAP_READ))
    return FALSE;
  ok = check->parser->codec->parse_codec_data (check->parser, map.data,
      map.size, NULL);
  gst_buffer_unmap (codec_data, &map);
  return ok;
}

static gboolean
is_shown_later (OrderCheck *check, GstBuffer *buffer)
{
  HabAccessUnitInfo info = { HAB_RANDOM_ACCESS_NONE };
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  hab_codec_parser_parse_access_unit (check->parser, map.data, map.size, &info,
      NULL);
  gst_buffer_unmap (buffer, &map);
  return info.picture_type == 'B';
}

/* Without B-pictures the order of decoding is that of presentation, and the
 * times are the same. */
static GstPadProbeReturn
on_video_without_pts (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  OrderCheck *check = data;
  GstBuffer *buffer;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS)
      take_parameter_sets (check, GST_PAD_PROBE_INFO_EVENT (info));
    return GST_PAD_PROBE_OK;
  }
  buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_PAD_PROBE_OK;
  if (is_shown_later (check, buffer)) {
    GST_ELEMENT_ERROR (check->input->parsebin, STREAM, NOT_IMPLEMENTED,
        ("the video has B-frames, and its container does not say when they "
         "are shown; make an MP4 of it first"), (NULL));
    gst_buffer_unref (buffer);
    GST_PAD_PROBE_INFO_DATA (info) = NULL;
    GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
    return GST_PAD_PROBE_HANDLED;
  }
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

static void
add_order_check (HabMediaInput *self, GstPad *pad, const HabCodec *codec)
{
  OrderCheck *check = g_new0 (OrderCheck, 1);

  check->input = self;
  check->parser = hab_codec_parser_new (codec);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_video_without_pts, check, (GDestroyNotify) order_check_free);
}

/* --- one segment --------------------------------------------------------- */

/* The same for all pads, from where the file starts: running time is 0 there,
 * and stream time is the container's. */
static GstPadProbeReturn
on_segment (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabMediaInput *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstSegment segment;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
    return GST_PAD_PROBE_OK;
  if (self->segment == NULL) {
    gst_event_copy_segment (event, &segment);
    segment.time = segment.start;
    self->segment = gst_event_new_segment (&segment);
    gst_event_set_seqnum (self->segment, gst_event_get_seqnum (event));
  }
  gst_event_unref (event);
  GST_PAD_PROBE_INFO_DATA (info) = gst_event_ref (self->segment);
  return GST_PAD_PROBE_OK;
}

/* --- what is plugged behind parsebin ------------------------------------- */

static GstElement *
add (HabMediaInput *self, const gchar *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (element)
    gst_bin_add (self->bin, element);
  else if (self->link_error == NULL)
    self->link_error = g_strdup_printf ("the GStreamer element %s is not "
        "installed", factory);
  return element;
}

/* Takes pad; (transfer full) (nullable): the pad behind element. */
static GstPad *
plug (HabMediaInput *self, GstPad *pad, GstElement *element)
{
  g_autoptr (GstPad) from = pad;
  g_autoptr (GstPad) sink = element ?
      gst_element_get_static_pad (element, "sink") :
      NULL;

  if (sink == NULL || gst_pad_link (from, sink) != GST_PAD_LINK_OK)
    return NULL;
  return gst_element_get_static_pad (element, "src");
}

/* (transfer full) (nullable): the best parser that gives what the elements
 * take, by its name. */
static GstElement *
add_parser (HabMediaInput *self, const GstCaps *caps, const GstCaps *taken)
{
  GList *all = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_PARSER, GST_RANK_MARGINAL);
  GList *of_caps = gst_element_factory_list_filter (all, caps, GST_PAD_SINK,
      FALSE);
  GList *fitting = gst_element_factory_list_filter (of_caps, taken,
      GST_PAD_SRC, FALSE);
  GstElement *parser = NULL;

  fitting = g_list_sort (fitting, gst_plugin_feature_rank_compare_func);
  if (fitting)
    parser = add (self, GST_OBJECT_NAME (fitting->data));
  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (of_caps);
  gst_plugin_feature_list_free (all);
  return parser;
}

/* What may be asked for of a stream with these caps: a parser that has seen
 * nothing yet may leave open which codec it is (AC-3 or E-AC-3), and what the
 * demuxer says of it may be wrong. */
static GstCaps *
get_taken (const GstCaps *caps, const HabCodec *codec)
{
  GstCaps *taken = gst_caps_from_string (codec->caps);
  guint n_codecs;
  const HabCodec *const *codecs = hab_codec_list (&n_codecs);

  for (guint i = 0; i < n_codecs; i++) {
    g_autoptr (GstCaps) others = gst_caps_from_string (codecs[i]->caps);

    if (codecs[i]->kind == codec->kind && gst_caps_can_intersect (caps, others))
      taken = gst_caps_merge (taken, g_steal_pointer (&others));
  }
  return taken;
}

/* The parser in parsebin makes what is asked for behind it, unless it has
 * begun with something else. */
static GstPad *
plug_parser (HabMediaInput *self, GstPad *pad, const GstCaps *caps,
    const HabCodec *codec)
{
  g_autoptr (GstCaps) taken = get_taken (caps, codec);
  GstElement *filter = add (self, "capsfilter");
  GstElement *parser = NULL;

  if (!gst_caps_can_intersect (caps, taken) &&
      (parser = add_parser (self, caps, taken))) {
    pad = plug (self, pad, parser);
    gst_element_sync_state_with_parent (parser);
  }
  if (pad == NULL || filter == NULL) {
    g_clear_object (&pad);
    return NULL;
  }
  g_object_set (filter, "caps", taken, NULL);
  gst_element_sync_state_with_parent (filter);
  return plug (self, pad, filter);
}

static GstPad *
plug_started (HabMediaInput *self, GstPad *pad, const gchar *factory)
{
  GstElement *element = add (self, factory);

  if (element)
    gst_element_sync_state_with_parent (element);
  return plug (self, pad, element);
}

static GstPad *
plug_timestamper (HabMediaInput *self, GstPad *pad, const HabCodec *codec)
{
  for (guint i = 0; i < G_N_ELEMENTS (timestampers); i++) {
    if (strcmp (codec->media_type, timestampers[i].media_type) == 0)
      return plug_started (self, pad, timestampers[i].factory);
  }
  return pad;
}

/* tsdemux 1.22.0 gives the time of what is to be clipped; what comes after it
 * takes it for that of what is left. */
static GstPadProbeReturn
on_clipped (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstAudioClippingMeta *meta = gst_buffer_get_audio_clipping_meta (buffer);

  if (meta == NULL || meta->format != GST_FORMAT_DEFAULT || meta->start == 0 ||
      !GST_BUFFER_PTS_IS_VALID (buffer))
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) += gst_util_uint64_scale_round (meta->start,
      GST_SECOND, OPUS_RATE);
  GST_BUFFER_DTS (buffer) = GST_BUFFER_PTS (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

/* Of all that MPEG-TS has in it only Opus has no parser by rank, which would
 * make the times in between. */
static GstPad *
plug_opus_parser (HabMediaInput *self, GstPad *pad, const HabCodec *codec)
{
  if (strcmp (codec->media_type, "audio/x-opus") != 0)
    return pad;
  pad = plug_started (self, pad, "opusparse");
  if (pad)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_clipped, NULL, NULL);
  return pad;
}

/* (transfer full) (nullable): the pad behind all that the stream needs. */
static GstPad *
prepare (HabMediaInput *self, GstPad *source, const GstCaps *caps,
    const HabCodec *codec)
{
  const HabContainer *container = self->container;
  GstPad *pad = gst_object_ref (source);

  if (!is_taken (caps, codec))
    pad = plug_parser (self, pad, caps, codec);
  if (pad && container && container->no_dts)
    pad = plug_timestamper (self, pad, codec);
  if (pad && container && container->few_times)
    pad = plug_opus_parser (self, pad, codec);
  if (pad && container && container->no_pts && !codec->whole_sample)
    add_order_check (self, pad, codec);
  return pad;
}

/* --- streams ------------------------------------------------------------- */

static void
stream_free (HabMediaStream *stream)
{
  gst_object_unref (stream->source);
  g_clear_object (&stream->pad);
  g_clear_pointer (&stream->codec_data, g_bytes_unref);
  g_free (stream);
}

/* parsebin adds all its pads before it lets data through, so a buffer without a
 * video track means that there is none: the file is read no further. */
static GstPadProbeReturn
on_first_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabMediaInput *self = data;

  if (self->has_video)
    return GST_PAD_PROBE_REMOVE;
  GST_ELEMENT_ERROR (self->parsebin, STREAM, WRONG_TYPE,
      ("there is no video track in the file"), (NULL));
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

/* (transfer full): current ones where data has come that far. */
static GstCaps *
get_caps (GstPad *pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  return caps ? caps : gst_pad_query_caps (pad, NULL);
}

/* What a stream turned out to be. */
static GstPadProbeReturn
on_caps (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabMediaStream *stream = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  const HabCodec *codec;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  codec = hab_codec_of_caps (caps);
  if (codec)
    stream->codec = codec;
  return GST_PAD_PROBE_OK;
}

/* As qtdemux tells it. */
static gboolean
is_encrypted (const GstCaps *caps)
{
  return strcmp (media_type_of (caps), "application/x-cenc") == 0 ||
      strcmp (media_type_of (caps), "application/x-cbcs") == 0;
}

static GstPadProbeReturn
on_first_sample (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabMediaStream *stream = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  HabCodecStart start = { 0 };
  GstMapInfo map;

  if (caps == NULL || stream->codec->make_codec_data == NULL)
    return GST_PAD_PROBE_REMOVE;
  start.caps = gst_caps_get_structure (caps, 0);
  if (hab_codec_has_codec_data (stream->codec, start.caps) ||
      !gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ))
    return GST_PAD_PROBE_REMOVE;
  start.sample = map.data;
  start.size = map.size;
  stream->codec_data = stream->codec->make_codec_data (&start, NULL);
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);
  return GST_PAD_PROBE_REMOVE;
}

static void
hand_out (HabMediaInput *self, HabMediaStream *stream, const GstCaps *caps)
{
  gboolean video = stream->codec->kind == HAB_MEDIA_VIDEO;

  if (is_encrypted (caps)) {
    self->link_code = HAB_MEDIA_ERROR_UNSUPPORTED;
    self->link_error = g_strdup_printf ("track %u (%s) is encrypted already; "
        "bring it in the clear", stream->number, video ? "video" : "audio");
  } else
    stream->pad = prepare (self, stream->source, caps, stream->codec);
  if (stream->pad) {
    gst_pad_add_probe (stream->pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_caps, stream, NULL);
    gst_pad_add_probe (stream->pad, GST_PAD_PROBE_TYPE_BUFFER,
        on_first_sample, stream, NULL);
    self->link_error = self->on_stream (self, stream, self->data);
  } else if (self->link_error == NULL)
    self->link_error = g_strdup_printf ("track %u (%s) cannot be read",
        stream->number, video ? "video" : "audio");
  self->has_video |= video;
  self->has_audio |= !video;
}

static void
hand_out_text (HabMediaInput *self, HabMediaStream *stream)
{
  stream->pad = gst_object_ref (stream->source);
  self->link_error = self->on_text (self, stream, self->data);
}

static void
on_pad_added (GstElement *parsebin, GstPad *pad, gpointer data)
{
  HabMediaInput *self = data;
  g_autoptr (GstCaps) caps = get_caps (pad);
  HabMediaStream *stream = g_new0 (HabMediaStream, 1);

  stream->number = get_number (self, pad);
  stream->codec = hab_codec_of_caps (caps);
  stream->text = stream->codec == NULL && is_text (self, caps);
  stream->source = gst_object_ref (pad);
  g_ptr_array_add (self->streams, stream);
  g_atomic_int_inc (&self->n_streams);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_first_buffer, self,
      NULL);

  if (self->container && self->container->one_segment)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_segment,
        self, NULL);

  if (stream->text) {
    if (self->link_error == NULL)
      hand_out_text (self, stream);
  } else if (stream->codec == NULL) {
    if (self->unsupported == NULL &&
        g_str_has_prefix (media_type_of (caps), "video/"))
      self->unsupported = g_strdup (media_type_of (caps));
  } else if (self->link_error == NULL &&
      !(self->has_video && stream->codec->kind == HAB_MEDIA_VIDEO)) {
    hand_out (self, stream, caps);
  }
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  const HabMediaStream *const *left = a, *const *right = b;

  return ((*left)->number > (*right)->number) -
      ((*left)->number < (*right)->number);
}

GPtrArray *
hab_media_input_get_streams (HabMediaInput *self)
{
  g_ptr_array_sort (self->streams, compare_numbers);
  return self->streams;
}

const HabContainer *
hab_media_input_get_container (const HabMediaInput *self)
{
  return self->container;
}

/* --- waiting ------------------------------------------------------------- */

/* What becomes of the threads that read. */
typedef struct
{
  guint n_tasks, n_paused;
} Tasks;

static gboolean
count_task (GstElement *element, GstPad *pad, gpointer data)
{
  Tasks *tasks = data;

  GST_OBJECT_LOCK (pad);
  if (GST_PAD_TASK (pad)) {
    tasks->n_tasks++;
    if (gst_task_get_state (GST_PAD_TASK (pad)) != GST_TASK_STARTED)
      tasks->n_paused++;
  }
  GST_OBJECT_UNLOCK (pad);
  return TRUE;
}

static void
count_tasks (const GValue *value, gpointer data)
{
  gst_element_foreach_sink_pad (g_value_get_object (value), count_task, data);
}

/* parsebin 1.22.0 keeps an error to itself that a demuxer posts while it is
 * being plugged: then all threads have stopped, and there are no streams. */
static gboolean
has_stopped (HabMediaInput *self)
{
  GstIterator *elements =
      gst_bin_iterate_elements (GST_BIN (self->parsebin));
  Tasks tasks = { 0 };

  while (gst_iterator_foreach (elements, count_tasks, &tasks) ==
      GST_ITERATOR_RESYNC) {
    gst_iterator_resync (elements);
    tasks = (Tasks) { 0 };
  }
  gst_iterator_free (elements);
  return tasks.n_tasks > 0 && tasks.n_paused == tasks.n_tasks &&
      g_atomic_int_get (&self->n_streams) == 0;
}

GstMessage *
hab_media_input_wait (HabMediaInput *self, GstBus *bus, GstClockTime timeout,
    GstMessageType types, GError **error)
{
  GstMessage *message = gst_bus_timed_pop_filtered (bus, timeout, types);

  if (message || !has_stopped (self)) {
    self->quiet = 0;
    return message;
  }
  /* A message may be on its way. */
  if (++self->quiet > 2)
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA,
        "the file is damaged, or cut off");
  return NULL;
}

/* --- the whole ----------------------------------------------------------- */

HabMediaInput *
hab_media_input_new (GstBin *bin, const gchar *path,
    HabMediaInputFunc on_stream, gpointer data, GError **error)
{
  g_autoptr (HabMediaInput) self = g_new0 (HabMediaInput, 1);
  GstElement *source;

  self->bin = bin;
  self->on_stream = on_stream;
  self->data = data;
  self->streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify) stream_free);
  source = add (self, "filesrc");
  self->parsebin = add (self, "parsebin");
  if (self->link_error || !gst_element_link (source, self->parsebin)) {
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
        "cannot read media: %s", self->link_error ? self->link_error :
                                                    "parsebin does not link");
    return NULL;
  }
  g_object_set (source, "location", path, NULL);
  hab_movie_duration_mend_source (source);
  g_signal_connect (self->parsebin, "autoplug-continue",
      G_CALLBACK (on_autoplug_continue), self);
  g_signal_connect (self->parsebin, "pad-added", G_CALLBACK (on_pad_added),
      self);
  return g_steal_pointer (&self);
}

void
hab_media_input_take_text (HabMediaInput *self, HabMediaInputFunc on_text)
{
  self->on_text = on_text;
}

void
hab_media_input_free (HabMediaInput *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->streams, g_ptr_array_unref);
  g_clear_pointer (&self->segment, gst_event_unref);
  g_free (self->unsupported);
  g_free (self->link_error);
  g_free (self);
}

gboolean
hab_media_input_check (const HabMediaInput *self, GError **error)
{
  if (self->link_error)
    g_set_error_literal (error, HAB_MEDIA_ERROR, self->link_code,
        self->link_error);
  else if (self->has_video)
    return TRUE;
  else if (self->unsupported)
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video is %s, which is not handled; convert it to H.264",
        self->unsupported);
  else
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_VIDEO,
        "there is no video track in the file");
  return FALSE;
}

/* A track that nothing takes ends a demuxer with an error of its own. */
void
hab_media_input_set_error (const HabMediaInput *self, GstMessage *message,
    GError **error)
{
  gboolean known = self->link_error || self->unsupported || self->has_audio;

  if (!known || hab_media_input_check (self, error))
    hab_media_error_take_message (message, error);
}
