/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One pass over a file:
 *
 *   filesrc ! parsebin ! gopsplit ! catalogrecorder ! cbcsenc ! cencdashsink
 *
 * With a ladder the video goes through a transcoder and from there in several
 * tracks to gopsplit and so on. The first video track, every audio track that the
 * codec table knows and every text track are taken, and files of subtitles beside
 * the input. Pads are linked in the demuxer's thread; everything else happens in
 * the thread that runs the package, which waits on the bus. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package.h"

#include <string.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "left-out.h"
#include "media-input.h"
#include "movie-facts.h"
#include "package-ladder.h"
#include "package-meter.h"
#include "package-track.h"
#include "text-input.h"
#include "transcoder.h"

/* How often progress is told and cancelling is looked for. */
#define TICK (200 * GST_MSECOND)

/* All videos of a ladder are in one adaptation set. */
#define VIDEO_SET 0

typedef struct
{
  const HabPackageConfig *config;
  const HabPackageObserver *observer;
  GstElement *pipeline;
  GstElement *sink;
  HabMediaInput *input;
  GPtrArray *texts; /* of HabTextInput */
  HabPackageLadder *ladder;  /* or NULL */
  HabMovieFacts *facts;

  /* demuxer's thread, then, when the bus tells of an end, this one */
  HabTranscoder *transcoder; /* or NULL */
  guint n_audio;
  guint n_text; /* with those of texts */

  HabPackageMeter meter;
  gboolean fragmented;
} Package;

/* --- building ------------------------------------------------------------------- */

static void
package_clear (Package *self)
{
  if (self->pipeline)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_pointer (&self->input, hab_media_input_free);
  g_clear_pointer (&self->texts, g_ptr_array_unref);
  g_clear_pointer (&self->transcoder, hab_transcoder_free);
  g_clear_pointer (&self->ladder, hab_package_ladder_free);
  g_clear_object (&self->pipeline);
  g_clear_pointer (&self->facts, hab_movie_facts_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Package, package_clear)

static HabPackageTarget
get_target (Package *self)
{
  return (HabPackageTarget) {
    .config = self->config,
    .pipeline = GST_BIN (self->pipeline),
    .sink = self->sink,
  };
}

/* pad: of stream, or what was made of it. ahead: of what progress goes by.
 * (transfer full) (nullable): the pad of the sink. */
static GstPad *
link_media (Package *self, GstPad *pad, const HabMediaStream *stream,
    const HabPackagePlace *place, gboolean ahead, GError **error)
{
  const HabPackageTarget target = get_target (self);
  GstPad *to = hab_package_track_link (&target, pad, stream, place, error);

  if (to)
    hab_package_meter_watch (&self->meter, to, ahead);
  return to;
}

/* Audio tracks of one file are different contents, also where they are in the
 * same language. */
static gboolean
link_single (Package *self, const HabMediaStream *stream, GError **error)
{
  gboolean video = stream->codec->kind == HAB_MEDIA_VIDEO;
  guint number = video ? 0 : self->n_audio++;
  g_autofree gchar *name =
      g_strdup_printf (video ? "video_%u" : "audio_%u", number);
  const HabPackagePlace place = {
    .name = name,
    .set = video ? -1 : (gint) self->n_audio,
    .recorded = TRUE,
  };
  g_autoptr (GstPad) to = link_media (self, stream->pad, stream, &place,
      !video && self->ladder, error);

  return to != NULL;
}

static gboolean
link_original (Package *self, const HabMediaStream *stream, GError **error)
{
  const HabPackagePlace place = {
    .name = "video_0", .set = VIDEO_SET, .recorded = TRUE,
  };
  g_autoptr (GstPad) pad = hab_transcoder_get_original (self->transcoder);
  g_autoptr (GstPad) to = link_media (self, pad, stream, &place, TRUE, error);

  if (to)
    hab_transcoder_follow (self->transcoder, to);
  return to != NULL;
}

static gboolean
link_rendition (Package *self, const HabMediaStream *stream, guint rung,
    GError **error)
{
  g_autofree gchar *name = hab_package_ladder_name (self->ladder, rung);
  const HabPackagePlace place = { .name = name, .set = VIDEO_SET };
  g_autoptr (GstPad) pad =
      hab_transcoder_get_rendition (self->transcoder, rung);
  g_autoptr (GstPad) to =
      link_media (self, pad, stream, &place, FALSE, error);

  return to != NULL;
}

static gboolean
link_ladder (Package *self, const HabMediaStream *stream, GError **error)
{
  const HabTranscoderConfig config = {
    .plan = self->ladder->plan,
    .encoder = self->ladder->encoder,
    .frame_rate = self->ladder->source.frame_rate,
    .threads = self->config->threads ? self->config->threads :
                                       g_get_num_processors (),
    .segment_duration = self->config->segment_duration_ns,
  };
  const HabLadderPlan *plan = self->ladder->plan;
  gboolean linked;

  self->transcoder = hab_transcoder_new (GST_BIN (self->pipeline), stream->pad,
      &config, error);
  linked = self->transcoder &&
      (!plan->original || link_original (self, stream, error));
  for (guint i = 0; linked && i < plan->rungs->len; i++)
    linked = link_rendition (self, stream, i, error);
  if (linked)
    hab_transcoder_start (self->transcoder);
  return linked;
}

/* The original alone is no ladder. */
static gboolean
is_transcoded (const Package *self)
{
  return self->ladder && self->ladder->plan->rungs->len > 0;
}

/* What the tags of the stream say so far. (transfer full) (nullable) */
static gchar *
get_tagged_language (GstPad *pad)
{
  GstEvent *event;

  for (guint i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i));
       i++) {
    gchar *language = NULL;
    GstTagList *tags;

    gst_event_parse_tag (event, &tags);
    gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &language);
    gst_event_unref (event);
    if (language)
      return language;
  }
  return NULL;
}

/* In the demuxer's thread. */
static gboolean
is_chosen (HabMediaInput *input, const HabMediaStream *stream, gpointer data)
{
  Package *self = data;
  g_autofree gchar *tagged = get_tagged_language (stream->source);
  const gchar *language =
      hab_movie_facts_get_language (self->facts, stream->number);

  return hab_track_choice_takes (&self->config->choice,
      stream->codec ? stream->codec->kind : HAB_MEDIA_TEXT, stream->number,
      language ? language : tagged);
}

/* In the demuxer's thread. */
static gboolean
on_stream (HabMediaInput *input, const HabMediaStream *stream, gpointer data,
    GError **error)
{
  Package *self = data;
  gboolean video = stream->codec->kind == HAB_MEDIA_VIDEO;
  gboolean linked;

  hab_movie_facts_mend_tags (self->facts, stream->number, stream->pad);
  linked = video && is_transcoded (self) ? link_ladder (self, stream, error)
                                         : link_single (self, stream, error);
  for (guint i = 0; linked && video && i < self->texts->len; i++)
    hab_text_input_start (self->texts->pdata[i]);
  return linked;
}

/* In the demuxer's thread. */
static gboolean
on_text (HabMediaInput *input, const HabMediaStream *stream, gpointer data,
    GError **error)
{
  Package *self = data;
  g_autofree gchar *name = g_strdup_printf ("text_%u", self->n_text++);
  const HabPackageTarget target = get_target (self);
  g_autoptr (GstPad) to =
      hab_package_track_link_text (&target, stream->pad, name, error);

  if (to)
    hab_package_meter_watch (&self->meter, to, TRUE);
  return to != NULL;
}

/* Before any other text, and before there are threads. */
static gboolean
add_text (Package *self, const gchar *specification, GError **error)
{
  g_autofree gchar *name = g_strdup_printf ("text_%u", self->n_text++);
  HabTextInput *text = hab_text_input_new (GST_BIN (self->pipeline),
      specification, error);
  g_autoptr (GstPad) pad = NULL;

  if (text == NULL)
    return FALSE;
  g_ptr_array_add (self->texts, text);
  pad = gst_element_request_pad_simple (self->sink, name);
  if (pad && hab_text_input_link (text, pad))
    return TRUE;
  g_set_error (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_FAILED,
      "%s cannot be packaged", specification);
  return FALSE;
}

static gboolean
add_texts (Package *self, GError **error)
{
  self->texts = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_text_input_free);
  for (guint i = 0; self->config->texts && self->config->texts[i]; i++) {
    if (!add_text (self, self->config->texts[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
plan_ladder (Package *self, GError **error)
{
  if (self->config->ladder == NULL)
    return TRUE;
  self->ladder = hab_package_ladder_new (self->config, error);
  if (self->ladder)
    hab_package_ladder_tell (self->ladder, self->observer);
  return self->ladder != NULL;
}

static gboolean
build (Package *self, GError **error)
{
  const HabPackageConfig *config = self->config;
  GError *missing = NULL;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->sink = hab_media_add_element (GST_BIN (self->pipeline), "cencdashsink",
      &missing);
  if (self->sink == NULL) {
    g_propagate_prefixed_error (error, missing, "cannot package: ");
    return FALSE;
  }
  g_object_set (self->sink,
      "location", config->manifest,
      "fragment-duration", config->segment_duration_ns,
      "license-url", config->license_url,
      "single-file", config->single_file,
      "hls", config->hls,
      "hls-key-url", config->hls_key_url,
      "durable", config->durable, NULL);
  gst_util_set_object_arg (G_OBJECT (self->sink), "hls-key-format",
      config->hls_clearkey ? "clearkey" : "identity");
  if (!add_texts (self, error))
    return FALSE;
  self->input = hab_media_input_new (GST_BIN (self->pipeline), config->input,
      on_stream, self, error);
  if (self->input) {
    hab_media_input_take_text (self->input, on_text);
    hab_media_input_choose (self->input, is_chosen);
  }
  return self->input != NULL;
}

/* Behind an error demuxers end their streams as if they were whole, so that
 * the manifest may have been written meanwhile, and before it the playlist,
 * which has its name with another ending. */
static void
withdraw (Package *self)
{
  const gchar *manifest = self->config->manifest;
  gsize stem = strlen (manifest);
  g_autofree gchar *playlist = NULL;

  if (g_str_has_suffix (manifest, ".mpd"))
    stem -= strlen (".mpd");
  playlist = g_strdup_printf ("%.*s.m3u8", (gint) stem, manifest);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_unlink (playlist);
  g_unlink (manifest);
}

/* --- running ---------------------------------------------------------------------- */

static void
tell_progress (Package *self)
{
  HabPackageProgress progress;

  hab_package_meter_read (&self->meter, self->pipeline, &progress);
  hab_package_observer_tell_progress (self->observer, &progress);
}

static void
tell_segment (Package *self, const GstStructure *structure)
{
  HabPackageSegment segment = {
    .track = gst_structure_get_string (structure, "pad"),
    .location = gst_structure_get_string (structure, "location"),
    .kid = gst_structure_get_string (structure, "kid"),
  };

  gst_structure_get_uint64 (structure, "running-time", &segment.running_time);
  gst_structure_get_uint64 (structure, "duration", &segment.duration);
  gst_structure_get_uint64 (structure, "size", &segment.size);
  hab_package_observer_tell_segment (self->observer, &segment);
}

static void
take_text_segment (Package *self, const gchar *pad)
{
  for (guint i = 0; i < self->texts->len; i++)
    hab_text_input_take_segment (self->texts->pdata[i], pad);
}

static void
take_element_message (Package *self, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  const gchar *pad = gst_structure_get_string (structure, "pad");
  const gchar *location = gst_structure_get_string (structure, "location");

  if (gst_structure_has_name (structure, "cencdashsink-segment")) {
    tell_segment (self, structure);
    if (g_str_has_prefix (pad, "text")) {
      take_text_segment (self, pad);
      return;
    }
    if (!self->fragmented)
      hab_package_observer_tell_stage (self->observer, "Fragmented", location);
    self->fragmented = TRUE;
  } else if (gst_structure_has_name (structure, "cencdashsink-complete")) {
    if (self->config->encrypt != HAB_ENCRYPT_NONE)
      hab_package_observer_tell_stage (self->observer, "Encrypted", NULL);
  } else if (gst_structure_has_name (structure, "cencdashsink-manifest")) {
    hab_package_observer_tell_stage (self->observer, "Ready", location);
  }
}

static void
take_error (Package *self, GstMessage *message, GError **error)
{
  for (guint i = 0; i < self->texts->len; i++) {
    if (hab_text_input_set_error (self->texts->pdata[i], message, error))
      return;
  }
  hab_media_input_set_error (self->input, message, error);
  hab_package_track_name_error (message, error);
}

static void
tell_left_out (Package *self)
{
  g_autoptr (GPtrArray) notes = hab_left_out_list (self->input);

  for (guint i = 0; self->ladder && i < self->ladder->plan->notes->len; i++)
    hab_package_observer_tell_note (self->observer,
        self->ladder->plan->notes->pdata[i]);
  for (guint i = 0; i < self->texts->len; i++) {
    gchar *note = hab_text_input_get_note (self->texts->pdata[i]);

    if (note)
      g_ptr_array_add (notes, note);
  }
  for (guint i = 0; i < notes->len; i++)
    hab_package_observer_tell_note (self->observer, notes->pdata[i]);
}

/* Of the sink, which says what is other than it was asked to be. */
static void
take_warning (Package *self, GstMessage *message)
{
  g_autoptr (GError) warning = NULL;

  if (!gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
          GST_OBJECT (self->sink)))
    return;
  gst_message_parse_warning (message, &warning, NULL);
  hab_package_observer_tell_note (self->observer, warning->message);
}

/* FALSE where the run is over, with error set where it failed. */
static gboolean
take_message (Package *self, GstMessage *message, GError **error)
{
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      take_error (self, message, error);
      return FALSE;
    case GST_MESSAGE_WARNING:
      take_warning (self, message);
      return TRUE;
    case GST_MESSAGE_ELEMENT:
      take_element_message (self, message);
      return TRUE;
    case GST_MESSAGE_EOS:
      hab_media_input_check (self->input, error);
      return FALSE;
    default:
      return TRUE;
  }
}

static gboolean
run (Package *self, GCancellable *cancellable, GError **error)
{
  const GstMessageType types = GST_MESSAGE_ERROR | GST_MESSAGE_EOS |
      GST_MESSAGE_WARNING | GST_MESSAGE_ELEMENT;
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GError) failure = NULL;
  gint64 next_tick = 0;
  gboolean running = TRUE;

  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  while (running) {
    g_autoptr (GstMessage) message = hab_media_input_wait (self->input, bus,
        TICK, types, &failure);

    if (failure)
      running = FALSE;
    else if (message)
      running = take_message (self, message, &failure);
    if (running && g_cancellable_set_error_if_cancelled (cancellable, &failure))
      running = FALSE;
    if (running && g_get_monotonic_time () >= next_tick) {
      tell_progress (self);
      next_tick = g_get_monotonic_time () + TICK / 1000;
    }
  }
  if (failure == NULL) {
    tell_left_out (self);
    return TRUE;
  }
  withdraw (self);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* --- an earlier presentation ------------------------------------------ */

/* Reads up to the first samples: whether there is a video to be packaged. A pad
 * without a peer ends the reading, which is told by an error, or by none. */
static gboolean
look_into (Package *self, GError **error)
{
  g_autoptr (GstElement) pipeline =
      gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (HabMediaInput) input = hab_media_input_new (GST_BIN (pipeline),
      self->config->input, NULL, self, error);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  GError *failure = NULL;

  if (input == NULL)
    return FALSE;
  hab_media_input_choose (input, is_chosen);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (message == NULL && failure == NULL)
    message = hab_media_input_wait (input, bus, TICK,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR, &failure);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (hab_media_input_check (input, NULL)) {
    g_clear_error (&failure);
    return TRUE;
  }
  if (failure == NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    hab_media_input_set_error (input, message, error);
  else if (failure == NULL)
    hab_media_input_check (input, error);
  else
    g_propagate_error (error, failure);
  return FALSE;
}

/* The sink takes an earlier presentation away when it starts, which is before
 * it is known what is in the input. */
static gboolean
is_worth_it (Package *self, GError **error)
{
  return !g_file_test (self->config->manifest, G_FILE_TEST_EXISTS) ||
      look_into (self, error);
}

gboolean
hab_package_run (const HabPackageConfig *config,
    const HabPackageObserver *observer, GCancellable *cancellable,
    GError **error)
{
  g_auto (Package) self = { .config = config, .observer = observer };

  self.facts = hab_movie_facts_read (config->input, error);
  if (self.facts == NULL || !gst_init_check (NULL, NULL, error) ||
      !is_worth_it (&self, error) || !plan_ladder (&self, error) ||
      !build (&self, error))
    return FALSE;
  return run (&self, cancellable, error);
}
