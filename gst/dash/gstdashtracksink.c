/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdashtracksink.h"

#include "cenc-protection.h"
#include "dash-track.h"
#include "keys.h"
#include "output-file.h"
#include "segment-folder.h"

GST_DEBUG_CATEGORY_STATIC (dash_track_sink_debug);
#define GST_CAT_DEFAULT dash_track_sink_debug

/* Segments to keep room for in an index, where the duration is not known, and
 * beyond what the duration lets expect. */
#define UNKNOWN_SEGMENTS 256
#define SPARE_SEGMENTS 16

/* Segments that are committed together. Each has two descriptors. */
#define MAX_UNSTORED 16
#define MAX_UNSTORED_US G_USEC_PER_SEC

struct _GstDashTrackSink
{
  GstBaseSink parent;

  /* set before start, then constant */
  gchar *track;
  gchar *folder;
  gboolean durable;
  gboolean single_file;
  GstClockTime segment_length;

  /* streaming thread only */
  gchar *track_folder;      /* NULL until it exists */
  guint32 timescale;        /* of the caps */
  HabSingleFile *single;    /* the track, where it is one file */
  HabOutputFile *file;      /* else the segment that is being written */
  GPtrArray *unstored;      /* of HabOutputFile: whole segments, if durable */
  GPtrArray *untold;        /* of GstMessage: that they are in place */
  gint64 stored_us;         /* when segments were committed last, monotonic */
  GArray *segments;         /* of HabDashSegment, those of the single file */
  HabSingleFileLayout layout; /* of the single file, at the end */
  gboolean in_segment;
  guint number;             /* of the segment at hand, from 1 */
  guint64 size;             /* bytes of it */
  guint64 key_frame_size;   /* bytes up to the end of its first sample */
  gchar kid[33];            /* of its first sample, empty where that is clear */
  GstClockTime start, end;  /* of it, running time */
  GArray *vectors;          /* of struct iovec */
  GArray *maps;             /* of GstMapInfo */
  gboolean failed;          /* a part of the track could not be written */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDashTrackSink, gst_dash_track_sink,
    GST_TYPE_BASE_SINK,
    GST_DEBUG_CATEGORY_INIT (dash_track_sink_debug, "dashtracksink", 0,
        "DASH track writer"))

/* --- errors -------------------------------------------------------------- */

static GstFlowReturn
post_error (GstDashTrackSink *self, const GError *error)
{
  self->failed = TRUE;
  gst_dash_post_write_error (GST_ELEMENT (self), error);
  return GST_FLOW_ERROR;
}

/* --- writing ------------------------------------------------------------- */

static gboolean
ensure_folder (GstDashTrackSink *self, GError **error)
{
  g_autofree gchar *folder = NULL;

  if (self->track_folder)
    return TRUE;
  folder = g_build_filename (self->folder, self->track, NULL);
  if (!hab_segment_folder_clean (folder, error) ||
      !hab_output_folder_make (folder, self->durable, error))
    return FALSE;
  self->track_folder = g_steal_pointer (&folder);
  return TRUE;
}

/* All samples of a segment have one key, or none, by the name of which cbcsenc
 * marks them. */
static void
read_kid (GstDashTrackSink *self, GstBuffer *sample)
{
  guint8 kid[HAB_KEY_SIZE];
  g_autofree gchar *digits = NULL;

  self->kid[0] = '\0';
  if (!hab_protection_get_kid (sample, kid))
    return;
  digits = hab_key_to_hex (kid);
  g_strlcpy (self->kid, digits, sizeof self->kid);
}

/* list: the segment's first chunk, header and samples. */
static gboolean
open_segment (GstDashTrackSink *self, GstBufferList *list, GError **error)
{
  g_autofree gchar *name = g_strdup_printf ("%u.m4s", self->number + 1);
  GstBuffer *header = gst_buffer_list_get (list, 0);
  GstBuffer *first = gst_buffer_list_get (list, 1);

  if (!self->single_file) {
    self->file = hab_output_file_new (self->track_folder, name, error);
    if (self->file == NULL)
      return FALSE;
  }
  self->in_segment = TRUE;
  self->number++;
  self->size = 0;
  self->key_frame_size = gst_buffer_get_size (header) +
      gst_buffer_get_size (first);
  read_kid (self, first);
  self->start = GST_CLOCK_TIME_NONE;
  self->end = 0;
  return TRUE;
}

static GstMessage *
new_segment_message (GstDashTrackSink *self)
{
  g_autofree gchar *location = self->single_file ?
      g_build_filename (self->track, HAB_SINGLE_FILE, NULL) :
      g_strdup_printf ("%s/%u.m4s", self->track, self->number);
  GstStructure *structure = gst_structure_new ("cencdashsink-segment",
      "pad", G_TYPE_STRING, self->track,
      "location", G_TYPE_STRING, location,
      "number", G_TYPE_UINT, self->number,
      "running-time", G_TYPE_UINT64, self->start,
      "duration", G_TYPE_UINT64, self->end - self->start,
      "size", G_TYPE_UINT64, self->size,
      "key-frame-size", G_TYPE_UINT64, self->key_frame_size, NULL);

  if (self->kid[0])
    gst_structure_set (structure, "kid", G_TYPE_STRING, self->kid, NULL);
  return gst_message_new_element (GST_OBJECT (self), structure);
}

static void
keep_segment (GstDashTrackSink *self)
{
  HabDashSegment segment = {
    .start = self->start,
    .end = self->end,
    .size = self->size,
    .key_frame_size = self->key_frame_size,
  };

  self->in_segment = FALSE;
  if (self->single_file)
    g_array_append_val (self->segments, segment);
}

static gboolean
commit_segments (GstDashTrackSink *self, GError **error)
{
  if (!hab_output_files_commit (self->unstored, error))
    return FALSE;
  for (guint i = 0; i < self->untold->len; i++)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_ref (self->untold->pdata[i]));
  g_ptr_array_set_size (self->unstored, 0);
  g_ptr_array_set_size (self->untold, 0);
  self->stored_us = g_get_monotonic_time ();
  return TRUE;
}

/* Takes file. Waiting for the disk once for several, where they come fast; those
 * of a live source are stored one by one. So is the first. */
static gboolean
store_segment (GstDashTrackSink *self, HabOutputFile *file, GError **error)
{
  hab_output_file_begin_storing (file);
  g_ptr_array_add (self->unstored, file);
  g_ptr_array_add (self->untold, new_segment_message (self));
  return (self->unstored->len < MAX_UNSTORED &&
             g_get_monotonic_time () - self->stored_us < MAX_UNSTORED_US) ||
      commit_segments (self, error);
}

static gboolean
close_segment (GstDashTrackSink *self, GError **error)
{
  g_autoptr (HabOutputFile) file = g_steal_pointer (&self->file);

  if (self->single_file)
    hab_single_file_end_segment (self->single);
  keep_segment (self);
  if (file && self->durable)
    return store_segment (self, g_steal_pointer (&file), error);
  if (file && !hab_output_file_commit (file, FALSE, error))
    return FALSE;
  gst_element_post_message (GST_ELEMENT (self), new_segment_message (self));
  return TRUE;
}

static gboolean
map_memory (GstDashTrackSink *self, GstMemory *memory)
{
  GstMapInfo map;
  struct iovec vector;

  if (!gst_memory_map (memory, &map, GST_MAP_READ))
    return FALSE;
  g_array_append_val (self->maps, map);
  vector = (struct iovec){ map.data, map.size };
  g_array_append_val (self->vectors, vector);
  self->size += map.size;
  return TRUE;
}

static gboolean
map_buffer (GstDashTrackSink *self, GstBuffer *buffer)
{
  for (guint i = 0; i < gst_buffer_n_memory (buffer); i++) {
    if (!map_memory (self, gst_buffer_peek_memory (buffer, i)))
      return FALSE;
  }
  return TRUE;
}

static void
unmap_all (GstDashTrackSink *self)
{
  for (guint i = 0; i < self->maps->len; i++) {
    GstMapInfo *map = &g_array_index (self->maps, GstMapInfo, i);

    gst_memory_unmap (map->memory, map);
  }
  g_array_set_size (self->maps, 0);
  g_array_set_size (self->vectors, 0);
}

static gboolean
write_mapped (GstDashTrackSink *self, GError **error)
{
  struct iovec *vectors = (struct iovec *) self->vectors->data;

  return self->single_file ?
      hab_single_file_write (self->single, vectors, self->vectors->len,
          error) :
      hab_output_file_write (self->file, vectors, self->vectors->len, error);
}

/* A chunk's first buffer has the times of all of it. */
static void
extend_segment (GstDashTrackSink *self, GstBuffer *header)
{
  GstClockTime pts = GST_BUFFER_PTS (header);

  self->start = GST_CLOCK_TIME_IS_VALID (self->start) ?
      MIN (self->start, pts) :
      pts;
  self->end = MAX (self->end, pts + GST_BUFFER_DURATION (header));
}

static gboolean
write_chunk (GstDashTrackSink *self, GstBufferList *list, GError **error)
{
  guint n = gst_buffer_list_length (list);
  gboolean mapped = TRUE, written;

  if (!self->in_segment && !open_segment (self, list, error))
    return FALSE;
  extend_segment (self, gst_buffer_list_get (list, 0));
  for (guint i = 0; mapped && i < n; i++)
    mapped = map_buffer (self, gst_buffer_list_get (list, i));
  if (!mapped)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "a buffer cannot be mapped");
  written = mapped && write_mapped (self, error);
  unmap_all (self);
  return written;
}

static GstFlowReturn
gst_dash_track_sink_render_list (GstBaseSink *sink, GstBufferList *list)
{
  GstDashTrackSink *self = GST_DASH_TRACK_SINK (sink);
  guint n = gst_buffer_list_length (list);
  g_autoptr (GError) error = NULL;

  /* A header alone is no chunk. */
  if (n < 2)
    return GST_FLOW_OK;
  if (!ensure_folder (self, &error) || !write_chunk (self, list, &error))
    return post_error (self, error);
  if (GST_BUFFER_FLAG_IS_SET (gst_buffer_list_get (list, n - 1),
          GST_BUFFER_FLAG_MARKER) &&
      !close_segment (self, &error))
    return post_error (self, error);
  return GST_FLOW_OK;
}

/* How many segments to keep room for in the index of a single file. */
static guint
expected_segments (GstDashTrackSink *self)
{
  gint64 duration;

  if (self->segment_length == 0 ||
      !gst_pad_peer_query_duration (GST_BASE_SINK_PAD (self), GST_FORMAT_TIME,
          &duration) ||
      duration < 0)
    return UNKNOWN_SEGMENTS;
  return MIN (duration / self->segment_length + SPARE_SEGMENTS, G_MAXUINT16);
}

static gboolean
write_init (GstDashTrackSink *self, const GstMapInfo *map, GError **error)
{
  if (!self->single_file)
    return hab_output_file_put (self->track_folder, HAB_INIT_SEGMENT, map->data,
        map->size, self->durable, error);
  g_clear_pointer (&self->single, hab_single_file_free);
  self->single = hab_single_file_new (self->track_folder, HAB_SINGLE_FILE,
      map->data, map->size, expected_segments (self), error);
  return self->single != NULL;
}

/* Single buffers are init segments. */
static GstFlowReturn
gst_dash_track_sink_render (GstBaseSink *sink, GstBuffer *buffer)
{
  GstDashTrackSink *self = GST_DASH_TRACK_SINK (sink);
  g_autoptr (GError) error = NULL;
  GstMapInfo map;
  gboolean written;

  if (!ensure_folder (self, &error))
    return post_error (self, error);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    self->failed = TRUE;
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED, (NULL), ("cannot map"));
    return GST_FLOW_ERROR;
  }
  written = write_init (self, &map, &error);
  gst_buffer_unmap (buffer, &map);
  return written ? GST_FLOW_OK : post_error (self, error);
}

/* --- the end of a single file -------------------------------------------- */

static gboolean
commit_single_file (GstDashTrackSink *self, GError **error)
{
  g_autoptr (HabSingleFile) single = g_steal_pointer (&self->single);
  g_autoptr (GArray) segments = hab_dash_segments_to_ticks (self->segments,
      self->timescale);
  g_autoptr (GArray) durations = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < segments->len; i++) {
    guint32 duration = g_array_index (segments, HabSegment, i).duration;

    g_array_append_val (durations, duration);
  }
  return segments->len == 0 ||
      hab_single_file_commit (single, self->timescale,
          g_array_index (segments, HabSegment, 0).time, durations,
          self->durable, &self->layout, error);
}

/* Whether the end may be told of. A queue ends a stream behind an error, too: what
 * lacks a segment must not be taken for a whole track, and what could not be stored
 * once is not tried again, since a disk tells of an error once. */
static gboolean
finish_track (GstDashTrackSink *self)
{
  g_autoptr (GError) error = NULL;

  if (self->failed)
    return FALSE;
  if (commit_segments (self, &error) &&
      (self->single == NULL || commit_single_file (self, &error)))
    return TRUE;
  post_error (self, error);
  return FALSE;
}

static gboolean
gst_dash_track_sink_set_caps (GstBaseSink *sink, GstCaps *caps)
{
  GstDashTrackSink *self = GST_DASH_TRACK_SINK (sink);

  return gst_structure_get_uint (gst_caps_get_structure (caps, 0),
      "timescale", &self->timescale);
}

/* --- life ---------------------------------------------------------------- */

/* Back to before the first segment. */
static void
forget_segments (GstDashTrackSink *self)
{
  g_clear_pointer (&self->file, hab_output_file_free);
  g_ptr_array_set_size (self->unstored, 0);
  g_ptr_array_set_size (self->untold, 0);
  self->stored_us = 0;
  g_clear_pointer (&self->single, hab_single_file_free);
  g_clear_pointer (&self->track_folder, g_free);
  g_array_set_size (self->segments, 0);
  self->in_segment = FALSE;
  self->number = 0;
  self->failed = FALSE;
}

static gboolean
gst_dash_track_sink_event (GstBaseSink *sink, GstEvent *event)
{
  GstDashTrackSink *self = GST_DASH_TRACK_SINK (sink);
  gboolean flushed = GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;
  gboolean handled;

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && !finish_track (self)) {
    gst_event_unref (event);
    return FALSE;
  }
  handled = GST_BASE_SINK_CLASS (gst_dash_track_sink_parent_class)
                ->event (sink, event);
  if (flushed) {
    forget_segments (self);
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_element (GST_OBJECT (self),
            gst_structure_new_empty (GST_DASH_TRACK_SINK_RESTART)));
  }
  return handled;
}

static gboolean
gst_dash_track_sink_stop (GstBaseSink *sink)
{
  GstDashTrackSink *self = GST_DASH_TRACK_SINK (sink);

  forget_segments (self);
  return TRUE;
}

static void
gst_dash_track_sink_finalize (GObject *object)
{
  GstDashTrackSink *self = GST_DASH_TRACK_SINK (object);

  g_free (self->track);
  g_free (self->folder);
  g_array_unref (self->segments);
  g_ptr_array_unref (self->unstored);
  g_ptr_array_unref (self->untold);
  g_array_unref (self->vectors);
  g_array_unref (self->maps);
  G_OBJECT_CLASS (gst_dash_track_sink_parent_class)->finalize (object);
}

static void
gst_dash_track_sink_class_init (GstDashTrackSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "video/quicktime, variant = (string) cmaf");

  object_class->finalize = gst_dash_track_sink_finalize;
  sink_class->set_caps = gst_dash_track_sink_set_caps;
  sink_class->render = gst_dash_track_sink_render;
  sink_class->render_list = gst_dash_track_sink_render_list;
  sink_class->event = gst_dash_track_sink_event;
  sink_class->stop = gst_dash_track_sink_stop;
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "DASH track writer",
      "Sink/File", "Writes the segments of one track", "The Haberdash developers");
}

static void
gst_dash_track_sink_init (GstDashTrackSink *self)
{
  self->segments = g_array_new (FALSE, FALSE, sizeof (HabDashSegment));
  self->unstored = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_output_file_free);
  self->untold = g_ptr_array_new_with_free_func (
      (GDestroyNotify) gst_message_unref);
  self->vectors = g_array_new (FALSE, FALSE, sizeof (struct iovec));
  self->maps = g_array_new (FALSE, FALSE, sizeof (GstMapInfo));
  /* Files have no clock, and a track that stays empty must not keep the
   * others from starting. */
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
  /* Else the last chunk stays in memory. */
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}

void
gst_dash_post_write_error (GstElement *element, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    GST_ELEMENT_ERROR (element, RESOURCE, NO_SPACE_LEFT, (NULL),
        ("%s", error->message));
  else
    GST_ELEMENT_ERROR (element, RESOURCE, WRITE,
        ("Cannot write the package: %s", error->message), (NULL));
}

GstElement *
gst_dash_track_sink_new (const gchar *track)
{
  GstDashTrackSink *self = g_object_new (GST_TYPE_DASH_TRACK_SINK, NULL);

  self->track = g_strdup (track);
  return GST_ELEMENT (self);
}

void
gst_dash_track_sink_set_output (GstDashTrackSink *self,
    const GstDashTrackOutput *output)
{
  g_free (self->folder);
  self->folder = g_strdup (output->folder);
  self->durable = output->durable;
  self->single_file = output->single_file;
  self->segment_length = output->segment_length;
}

const HabSingleFileLayout *
gst_dash_track_sink_get_layout (GstDashTrackSink *self)
{
  return &self->layout;
}
