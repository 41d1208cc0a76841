/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdashtextsink.h"

#include <string.h>

#include "cue-text.h"
#include "gstdashtracksink.h"
#include "output-file.h"
#include "text-file.h"
#include "webvtt-reader.h"

GST_DEBUG_CATEGORY_STATIC (dash_text_sink_debug);
#define GST_CAT_DEFAULT dash_text_sink_debug

/* subtitle-vtt: with times in it, whole (a file) or a cue a buffer (qtdemux). */
#define TEMPLATE_CAPS \
  "text/x-raw, format = (string) { pango-markup, utf8 }; " \
  "application/x-subtitle-vtt"

/* More is no duration of a text, and would not be one when added to a time. */
#define LONGEST_DURATION (24 * 60 * 60 * GST_SECOND)

/* How long the last cue lasts when nothing says it. */
#define LAST_CUE_DURATION (5 * GST_SECOND)

typedef gchar *(*MakeText) (const gchar *data, gsize size);

struct _GstDashTextSink
{
  GstBaseSink parent;

  /* set before start, then constant */
  gchar *track;
  gchar *folder;
  gboolean durable;

  /* streaming thread only */
  MakeText make_text;      /* of raw text; NULL for WebVTT */
  HabWebvttReader *reader; /* of WebVTT */
  HabCue *open;            /* the last cue, where its end is not known yet */
  HabTextFile *file;       /* NULL before the first cue */
  gboolean failed;         /* a cue could not be written */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDashTextSink, gst_dash_text_sink,
    GST_TYPE_BASE_SINK,
    GST_DEBUG_CATEGORY_INIT (dash_text_sink_debug, "dashtextsink", 0,
        "DASH text writer"))

/* --- writing ------------------------------------------------------------- */

static gboolean
open_file (GstDashTextSink *self, GError **error)
{
  g_autofree gchar *folder = g_build_filename (self->folder, self->track, NULL);

  if (self->file)
    return TRUE;
  if (!hab_output_folder_make (folder, self->durable, error))
    return FALSE;
  self->file = hab_text_file_new (folder, error);
  return self->file != NULL;
}

/* Takes cue, of which the end is known. */
static gboolean
write_cue (GstDashTextSink *self, HabCue *cue, GError **error)
{
  g_autoptr (HabCue) owned = cue;

  return open_file (self, error) && hab_text_file_add (self->file, cue, error);
}

/* A cue without an end lasts until time. */
static gboolean
close_open_cue (GstDashTextSink *self, GstClockTime time, GError **error)
{
  HabCue *cue = g_steal_pointer (&self->open);

  if (cue == NULL)
    return TRUE;
  cue->end = MAX (time, cue->start);
  return write_cue (self, cue, error);
}

/* Takes cue. */
static gboolean
add_cue (GstDashTextSink *self, HabCue *cue, GError **error)
{
  g_autoptr (HabCue) owned = cue;

  if (!close_open_cue (self, cue->start, error))
    return FALSE;
  if (cue->end != HAB_CUE_OPEN)
    return write_cue (self, g_steal_pointer (&owned), error);
  self->open = g_steal_pointer (&owned);
  return TRUE;
}

/* --- buffers ------------------------------------------------------------- */

/* From when to when the buffer's text is shown. FALSE where it is not, which is
 * what an edit list may say. */
static gboolean
get_times (GstDashTextSink *self, GstBuffer *buffer, guint64 *start,
    guint64 *end)
{
  const GstSegment *segment = &GST_BASE_SINK (self)->segment;
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  GstClockTime duration = GST_BUFFER_DURATION (buffer);
  gboolean has_end = GST_CLOCK_TIME_IS_VALID (duration);
  GstClockTime stop = has_end ? pts + MIN (duration, LONGEST_DURATION) :
      GST_CLOCK_TIME_NONE;
  guint64 first, last;

  if (pts > G_MAXINT64 ||
      !gst_segment_clip (segment, GST_FORMAT_TIME, pts, stop, &first, &last))
    return FALSE;
  *start = gst_segment_to_running_time (segment, GST_FORMAT_TIME, first);
  *end = has_end ?
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, last) :
      HAB_CUE_OPEN;
  return *end > *start;
}

static gboolean
take_text (GstDashTextSink *self, GstBuffer *buffer, const GstMapInfo *map,
    GError **error)
{
  guint64 start, end;
  gchar *text;

  if (!get_times (self, buffer, &start, &end))
    return TRUE;
  text = self->make_text ((const gchar *) map->data,
      MIN (map->size, HAB_WEBVTT_MAX_BLOCK));
  /* Text that is empty takes away what was there. */
  if (text == NULL)
    return close_open_cue (self, start, error);
  return add_cue (self, hab_cue_new (start, end, NULL, text), error);
}

/* A file comes in bytes, and then its first buffer has the time 0. */
static gboolean
has_time (GstDashTextSink *self, GstBuffer *buffer)
{
  return GST_BUFFER_PTS_IS_VALID (buffer) &&
      GST_BASE_SINK (self)->segment.format == GST_FORMAT_TIME;
}

/* A cue of a buffer with a time lasts as long as the buffer; what is written
 * in it are the same times, without the edit list. */
static gboolean
set_times (GstDashTextSink *self, GstBuffer *buffer, HabCue *cue)
{
  guint64 duration = cue->end - cue->start, end;

  if (!has_time (self, buffer))
    return TRUE;
  if (!get_times (self, buffer, &cue->start, &end))
    return FALSE;
  cue->end = end == HAB_CUE_OPEN ? cue->start + duration : end;
  return TRUE;
}

/* buffer is NULL at the end of the stream. */
static gboolean
add_cues (GstDashTextSink *self, GstBuffer *buffer, GPtrArray *cues,
    GError **error)
{
  gboolean ok = TRUE;

  while (ok && cues->len > 0) {
    HabCue *cue = g_ptr_array_steal_index (cues, 0);

    if (buffer && !set_times (self, buffer, cue))
      hab_cue_free (cue);
    else
      ok = add_cue (self, cue, error);
  }
  return ok;
}

static gboolean
take_webvtt (GstDashTextSink *self, GstBuffer *buffer, const GstMapInfo *map,
    GError **error)
{
  g_autoptr (GPtrArray) cues = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_cue_free);

  hab_webvtt_reader_push (self->reader, (const gchar *) map->data, map->size,
      cues);
  if (has_time (self, buffer))
    hab_webvtt_reader_end (self->reader, cues);
  return add_cues (self, buffer, cues, error);
}

static GstFlowReturn
take_buffer (GstDashTextSink *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  GstMapInfo map;
  gboolean taken;

  /* WebVTT has its times in itself. */
  if (self->make_text && !has_time (self, buffer)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
        ("text without a time: %" GST_PTR_FORMAT, buffer));
    return GST_FLOW_ERROR;
  }
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED, (NULL), ("cannot map"));
    return GST_FLOW_ERROR;
  }
  taken = self->make_text ? take_text (self, buffer, &map, &error) :
                            take_webvtt (self, buffer, &map, &error);
  gst_buffer_unmap (buffer, &map);
  if (taken)
    return GST_FLOW_OK;
  gst_dash_post_write_error (GST_ELEMENT (self), error);
  return GST_FLOW_ERROR;
}

static GstFlowReturn
gst_dash_text_sink_render (GstBaseSink *sink, GstBuffer *buffer)
{
  GstDashTextSink *self = GST_DASH_TEXT_SINK (sink);
  GstFlowReturn flow = take_buffer (self, buffer);

  self->failed |= flow != GST_FLOW_OK;
  return flow;
}

/* --- the end ------------------------------------------------------------- */

static gboolean
write_last (GstDashTextSink *self, GError **error)
{
  g_autoptr (GPtrArray) cues = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_cue_free);

  hab_webvtt_reader_end (self->reader, cues);
  return add_cues (self, NULL, cues, error) &&
      (self->open == NULL ||
          close_open_cue (self, self->open->start + LAST_CUE_DURATION, error));
}

static void
post_segment (GstDashTextSink *self)
{
  g_autofree gchar *location = g_build_filename (self->track, HAB_TEXT_FILE,
      NULL);
  GstStructure *structure = gst_structure_new ("cencdashsink-segment",
      "pad", G_TYPE_STRING, self->track,
      "location", G_TYPE_STRING, location,
      "number", G_TYPE_UINT, 1,
      "running-time", G_TYPE_UINT64, G_GUINT64_CONSTANT (0),
      "duration", G_TYPE_UINT64, hab_text_file_get_end (self->file),
      "size", G_TYPE_UINT64, hab_text_file_get_size (self->file),
      "key-frame-size", G_TYPE_UINT64, G_GUINT64_CONSTANT (0), NULL);

  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* Whether the end may be told of, which a queue sends behind an error, too. A
 * track without a cue has no file. */
static gboolean
finish_track (GstDashTextSink *self)
{
  g_autoptr (GError) error = NULL;

  if (self->failed)
    return FALSE;
  if (!write_last (self, &error) ||
      (self->file &&
          !hab_text_file_commit (self->file, self->durable, &error))) {
    gst_dash_post_write_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  if (self->file)
    post_segment (self);
  return TRUE;
}

/* --- life ---------------------------------------------------------------- */

static gboolean
gst_dash_text_sink_set_caps (GstBaseSink *sink, GstCaps *caps)
{
  GstDashTextSink *self = GST_DASH_TEXT_SINK (sink);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (!gst_structure_has_name (structure, "text/x-raw"))
    self->make_text = NULL;
  else if (g_strcmp0 (gst_structure_get_string (structure, "format"),
               "utf8") == 0)
    self->make_text = hab_cue_text_from_plain;
  else
    self->make_text = hab_cue_text_from_markup;
  return TRUE;
}

/* Back to before the first cue. */
static void
forget_cues (GstDashTextSink *self)
{
  g_clear_pointer (&self->reader, hab_webvtt_reader_free);
  self->reader = hab_webvtt_reader_new ();
  g_clear_pointer (&self->open, hab_cue_free);
  g_clear_pointer (&self->file, hab_text_file_free);
  self->failed = FALSE;
}

static gboolean
gst_dash_text_sink_event (GstBaseSink *sink, GstEvent *event)
{
  GstDashTextSink *self = GST_DASH_TEXT_SINK (sink);
  gboolean flushed = GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;
  gboolean handled;

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && !finish_track (self)) {
    gst_event_unref (event);
    return FALSE;
  }
  handled = GST_BASE_SINK_CLASS (gst_dash_text_sink_parent_class)
                ->event (sink, event);
  if (flushed) {
    forget_cues (self);
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_element (GST_OBJECT (self),
            gst_structure_new_empty (GST_DASH_TRACK_SINK_RESTART)));
  }
  return handled;
}

static gboolean
gst_dash_text_sink_stop (GstBaseSink *sink)
{
  forget_cues (GST_DASH_TEXT_SINK (sink));
  return TRUE;
}

static void
gst_dash_text_sink_finalize (GObject *object)
{
  GstDashTextSink *self = GST_DASH_TEXT_SINK (object);

  forget_cues (self);
  hab_webvtt_reader_free (self->reader);
  g_free (self->track);
  g_free (self->folder);
  G_OBJECT_CLASS (gst_dash_text_sink_parent_class)->finalize (object);
}

static void
gst_dash_text_sink_class_init (GstDashTextSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);
  g_autoptr (GstCaps) caps = gst_dash_text_sink_get_template_caps ();

  object_class->finalize = gst_dash_text_sink_finalize;
  sink_class->set_caps = gst_dash_text_sink_set_caps;
  sink_class->render = gst_dash_text_sink_render;
  sink_class->event = gst_dash_text_sink_event;
  sink_class->stop = gst_dash_text_sink_stop;
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "DASH text writer",
      "Sink/File/Subtitle", "Writes a text track as WebVTT",
      "The Haberdash developers");
}

static void
gst_dash_text_sink_init (GstDashTextSink *self)
{
  self->reader = hab_webvtt_reader_new ();
  /* As in the writer of the other tracks. */
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}

GstCaps *
gst_dash_text_sink_get_template_caps (void)
{
  return gst_caps_from_string (TEMPLATE_CAPS);
}

GstElement *
gst_dash_text_sink_new (const gchar *track)
{
  GstDashTextSink *self = g_object_new (GST_TYPE_DASH_TEXT_SINK, NULL);

  self->track = g_strdup (track);
  return GST_ELEMENT (self);
}

void
gst_dash_text_sink_set_output (GstDashTextSink *self, const gchar *folder,
    gboolean durable)
{
  g_free (self->folder);
  self->folder = g_strdup (folder);
  self->durable = durable;
}
