/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* parsebin finds the container's demuxer and the streams' parsers. What is told
 * it, and mended behind it:
 *
 * - A stream that our elements take as the demuxer gives it needs no parser,
 *   which costs time and may change access units. What a stream does need is in
 *   stream-plug.c.
 * - matroskademux 1.22.0 starts its segment at the first block and moves it,
 *   without a word, when a track begins earlier: the streams would jump. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "media-input.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "movie-duration.h"
#include "reading-threads.h"
#include "stream-plug.h"

/* How often it is looked whether anything still happens. */
#define TICK (200 * GST_MSECOND)

struct _HabMediaInput
{
  GstElement *source, *parsebin; /* not owned */
  gulong mending; /* of the source's duration; 0 when there are streams */
  HabMediaInputFunc on_stream;
  HabMediaInputFunc on_text; /* or NULL */
  HabMediaInputChoose choose; /* or NULL */
  gpointer data;

  HabStreamPlug plug; /* with the container */
  GPtrArray *streams; /* of HabMediaStream */
  gint n_taken;       /* atomic; streams that lead somewhere */
  guint quiet;        /* times in a row that nothing was read or told */
  GstEvent *segment;  /* the first one, for containers of one_segment */
  gboolean has_video, has_audio;
  gboolean unwanted_video;
  gchar *unsupported; /* media type of a video track that was passed over */
  GError *link_error; /* of the first stream that could not be handed out */
};

#define NO_VIDEO "there is no video track in the file"
#define NO_CHOSEN_VIDEO "no video track of the file is among those chosen"

/* --- what a stream is ---------------------------------------------------- */

static const gchar *
media_type_of (const GstCaps *caps)
{
  return gst_caps_is_any (caps) || gst_caps_is_empty (caps) ? "" :
      gst_structure_get_name (gst_caps_get_structure (caps, 0));
}

/* Caps that say all there is to say, or a codec whose first sample does. */
static gboolean
is_described (const HabMediaInput *self, const GstCaps *caps,
    const HabCodec *codec)
{
  const HabContainer *container = self->plug.container;

  return hab_codec_has_codec_data (codec, gst_caps_get_structure (caps, 0)) ||
      (codec->make_codec_data && container && container->framed);
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
    const HabContainer *container =
        hab_container_find (media_type_of (caps));

    if (container)
      self->plug.container = container;
    return TRUE;
  }
  return !gst_caps_is_fixed (caps) || !is_described (self, caps, codec) ||
      !hab_stream_is_taken (caps, codec);
}

/* Demuxers end stream ids with the container's number of the track. */
static guint
get_number (const HabMediaInput *self, GstPad *pad)
{
  g_autofree gchar *id = gst_pad_get_stream_id (pad);
  const gchar *slash = id ? strrchr (id, '/') : NULL;
  const HabContainer *container = self->plug.container;
  guint base = container ? container->number_base : 0;
  guint64 number = slash && base > 0 ?
      g_ascii_strtoull (slash + 1, NULL, base) :
      0;

  return number > 0 && number <= G_MAXINT32 ? number : self->streams->len + 1;
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

/* --- streams ------------------------------------------------------------- */

static void
stream_free (HabMediaStream *stream)
{
  gst_object_unref (stream->source);
  g_clear_object (&stream->pad);
  g_clear_pointer (&stream->codec_data, g_bytes_unref);
  g_free (stream);
}

/* Where it is known later which streams there are: parsebin adds the pads that
 * there are when the first of them has a sample. */
static gboolean
has_late_pads (const HabMediaInput *self)
{
  return self->plug.container && self->plug.container->late_pads;
}

static void
post_no_video (HabMediaInput *self)
{
  GST_ELEMENT_ERROR (self->parsebin, STREAM, WRONG_TYPE,
      ("%s", self->unwanted_video ? NO_CHOSEN_VIDEO : NO_VIDEO), (NULL));
}

/* A demuxer none of whose streams leads anywhere reads no further, and video may be
 * still to come. */
static GstPadProbeReturn
wait_for_video (GstPad *pad)
{
  return gst_pad_is_linked (pad) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/* parsebin adds all its pads before it lets data through, so a buffer without a
 * video track means that there is none: the file is read no further. */
static GstPadProbeReturn
on_first_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabMediaInput *self = data;

  if (self->has_video)
    return GST_PAD_PROBE_REMOVE;
  if (has_late_pads (self))
    return wait_for_video (pad);
  post_no_video (self);
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
on_end (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  HabMediaInput *self = data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS &&
      !self->has_video)
    post_no_video (self);
  return GST_PAD_PROBE_OK;
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
offer_stream (HabMediaInput *self, const HabMediaStream *stream,
    HabMediaInputFunc take)
{
  if (take != NULL && take (self, stream, self->data, &self->link_error))
    g_atomic_int_inc (&self->n_taken);
}

/* What is in it is why it is not taken. */
static void
refuse_stream (HabMediaInput *self, const HabMediaStream *stream,
    const gchar *why)
{
  g_set_error (&self->link_error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
      "track %u (%s) %s", stream->number,
      stream->codec->kind == HAB_MEDIA_VIDEO ? "video" : "audio", why);
}

static void
hand_out (HabMediaInput *self, HabMediaStream *stream, const GstCaps *caps)
{
  gboolean video = stream->codec->kind == HAB_MEDIA_VIDEO;

  if (is_encrypted (caps))
    refuse_stream (self, stream,
        "is encrypted already; bring it in the clear");
  else
    stream->pad = hab_stream_plug (&self->plug, stream->source, caps,
        stream->codec, &self->link_error);
  if (stream->pad) {
    gst_pad_add_probe (stream->pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_caps, stream, NULL);
    gst_pad_add_probe (stream->pad, GST_PAD_PROBE_TYPE_BUFFER,
        on_first_sample, stream, NULL);
    offer_stream (self, stream, self->on_stream);
  } else if (self->link_error == NULL) {
    refuse_stream (self, stream, "cannot be read");
  }
  self->has_video |= video;
  self->has_audio |= !video;
}

static void
hand_out_text (HabMediaInput *self, HabMediaStream *stream)
{
  stream->pad = gst_object_ref (stream->source);
  offer_stream (self, stream, self->on_text);
}

static void
take_stream (HabMediaInput *self, HabMediaStream *stream, const GstCaps *caps)
{
  gboolean video = stream->codec && stream->codec->kind == HAB_MEDIA_VIDEO;

  stream->unwanted = (stream->text || stream->codec) && self->choose &&
      !self->choose (self, stream, self->data);
  if (stream->unwanted) {
    self->unwanted_video |= video;
    return;
  }
  if (stream->text) {
    if (self->link_error == NULL)
      hand_out_text (self, stream);
  } else if (stream->codec == NULL) {
    if (self->unsupported == NULL &&
        g_str_has_prefix (media_type_of (caps), "video/"))
      self->unsupported = g_strdup (media_type_of (caps));
  } else if (self->link_error == NULL &&
      !(self->has_video && video)) {
    hand_out (self, stream, caps);
  }
}

static void
on_pad_added (GstElement *parsebin, GstPad *pad, gpointer data)
{
  HabMediaInput *self = data;
  g_autoptr (GstCaps) caps = get_caps (pad);
  HabMediaStream *stream = g_new0 (HabMediaStream, 1);

  if (self->mending > 0)
    hab_movie_duration_let_be (self->source, self->mending);
  self->mending = 0;
  stream->number = get_number (self, pad);
  stream->codec = hab_codec_of_caps (caps);
  stream->text = stream->codec == NULL && is_text (self, caps);
  stream->source = gst_object_ref (pad);
  g_ptr_array_add (self->streams, stream);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_first_buffer, self,
      NULL);

  if (has_late_pads (self))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_end, self,
        NULL);
  if (self->plug.container && self->plug.container->one_segment)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_segment,
        self, NULL);

  take_stream (self, stream, caps);
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
  return self->plug.container;
}

/* --- waiting ------------------------------------------------------------- */

/* parsebin 1.22.0 keeps an error to itself that a demuxer posts while it is
 * being plugged, and a file that ends without a buffer of a stream that leads
 * somewhere ends without a word: then all threads have stopped. */
static gboolean
has_stopped (HabMediaInput *self)
{
  return hab_reading_threads_have_stopped (GST_BIN (self->parsebin)) &&
      g_atomic_int_get (&self->n_taken) == 0;
}

static void
set_stopped_error (const HabMediaInput *self, GError **error)
{
  if (self->streams->len == 0 || hab_media_input_check (self, error))
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA,
        "the file is damaged, or cut off");
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
    set_stopped_error (self, error);
  return NULL;
}

gboolean
hab_media_input_play (HabMediaInput *self, GstElement *pipeline,
    GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  GError *failure = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (message == NULL && failure == NULL)
    message = hab_media_input_wait (self, bus, TICK,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return hab_media_input_check (self, error);
  hab_media_input_set_error (self, message, error);
  return FALSE;
}

/* --- the whole ----------------------------------------------------------- */

/* Before there are elements that would say it in their own words. */
static gboolean
check_file (const gchar *path, GError **error)
{
  GStatBuf status;
  int code = g_stat (path, &status) < 0 || g_access (path, R_OK) < 0
      ? errno
      : S_ISDIR (status.st_mode) ? EISDIR : 0;

  if (code != 0)
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_IO,
        g_strerror (code));
  return code == 0;
}

/* (transfer none) (nullable): what reads the file, added to bin. */
static GstElement *
add_source (GstBin *bin, const gchar *path, GError **error)
{
  gboolean regular = g_file_test (path, G_FILE_TEST_IS_REGULAR);
  GstElement *source = hab_media_add_element (bin,
      regular ? "blockfilesrc" : "filesrc", error);

  if (source)
    g_object_set (source, "location", path, NULL);
  return source;
}

HabMediaInput *
hab_media_input_new (GstBin *bin, const gchar *path,
    HabMediaInputFunc on_stream, gpointer data, GError **error)
{
  g_autoptr (HabMediaInput) self = g_new0 (HabMediaInput, 1);
  GError *missing = NULL;
  GstElement *source;

  if (!check_file (path, error))
    return NULL;
  source = add_source (bin, path, &missing);
  self->parsebin = hab_media_add_element (bin, "parsebin", &missing);
  self->plug.bin = bin;
  self->plug.reporter = self->parsebin;
  self->on_stream = on_stream;
  self->data = data;
  self->streams =
      g_ptr_array_new_with_free_func ((GDestroyNotify) stream_free);
  if (missing) {
    g_propagate_prefixed_error (error, missing, "cannot read media: ");
    return NULL;
  }
  gst_element_link (source, self->parsebin);
  self->source = source;
  self->mending = hab_movie_duration_mend_source (source);
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
hab_media_input_choose (HabMediaInput *self, HabMediaInputChoose choose)
{
  self->choose = choose;
}

void
hab_media_input_free (HabMediaInput *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->streams, g_ptr_array_unref);
  g_clear_pointer (&self->segment, gst_event_unref);
  g_free (self->unsupported);
  g_clear_error (&self->link_error);
  g_free (self);
}

gboolean
hab_media_input_check (const HabMediaInput *self, GError **error)
{
  if (self->link_error)
    g_propagate_error (error, g_error_copy (self->link_error));
  else if (self->has_video)
    return TRUE;
  else if (self->unsupported)
    g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "the video is %s, which is not handled; convert it to H.264",
        self->unsupported);
  else
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_VIDEO,
        self->unwanted_video ? NO_CHOSEN_VIDEO : NO_VIDEO);
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
