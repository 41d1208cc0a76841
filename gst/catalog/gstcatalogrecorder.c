/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-catalogrecorder
 * @title: catalogrecorder
 *
 * Records what passes: the track from the caps, the groups of pictures from
 * the `gopsplit-gop` events of an upstream gopsplit, and with
 * #GstCatalogRecorder:stage that the whole stream has passed. Buffers pass
 * untouched.
 *
 * The records go into the catalog at #GstCatalogRecorder:location, into the
 * rows with the given ids, or to the descriptor #GstCatalogRecorder:fd as JSON
 * objects, one a line, for a parent process that stores them. Without either
 * the element only counts.
 *
 * A thread of its own writes, in batches; the streaming thread does not wait
 * for it except at the end of the stream: EOS goes on when everything is
 * stored. A failure to write is an error on the next buffer. More than 32768
 * records that wait are a failure, too, so that no record is missing where no
 * error was seen. Going to READY stores what waits, but does not wait for a
 * reader of #GstCatalogRecorder:fd.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=movie.mp4 ! qtdemux ! h264parse ! gopsplit ! catalogrecorder fd=1 ! fakesink
 * ]| Prints the track and each GOP.
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcatalogrecorder.h"

#include "record-writer.h"
#include "stream-records.h"

#include <gio/gio.h>

GST_DEBUG_CATEGORY_STATIC (catalog_recorder_debug);
#define GST_CAT_DEFAULT catalog_recorder_debug

#define GOP_STRUCTURE_NAME "gopsplit-gop"

#define DEFAULT_LOCATION NULL
#define DEFAULT_FD -1
#define DEFAULT_ID 0
#define DEFAULT_TRACK_NUMBER 1
#define DEFAULT_STAGE NULL

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_FD,
  PROP_INPUT_CONTENT_ID,
  PROP_PACKAGED_CONTENT_ID,
  PROP_TRACK_NUMBER,
  PROP_STAGE,
  PROP_STATS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

struct _GstCatalogRecorder
{
  GstBaseTransform transform;

  /* protected by OBJECT_LOCK: properties */
  gchar *location;
  gint fd;
  gint64 input_id;
  gint64 package_id;
  guint track_number;
  gchar *stage;

  /* protected by OBJECT_LOCK: counters */
  guint64 n_buffers;
  guint64 n_bytes;
  guint64 n_gops;

  /* set in start, then constant until stop; NULL when only counting */
  HabRecordWriter *writer;
  guint running_track_number;
  gboolean has_stage;
  HabStatus running_stage;

  /* streaming thread only */
  guint64 n_frames;  /* in the GOPs so far */
  guint32 segment_seqnum; /* GST_SEQNUM_INVALID before a segment */
  gboolean reported; /* the writer's failure was posted */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCatalogRecorder, gst_catalog_recorder,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (catalog_recorder_debug, "catalogrecorder", 0,
        "catalog recorder"))
GST_ELEMENT_REGISTER_DEFINE (catalogrecorder, "catalogrecorder",
    GST_RANK_NONE, GST_TYPE_CATALOG_RECORDER)

/* --- records --------------------------------------------------------- */

/* Takes the record. */
static void
push_record (GstCatalogRecorder *self, HabRecord *record)
{
  if (self->writer)
    hab_record_writer_push (self->writer, record);
  else
    hab_record_free (record);
}

static void
record_gop (GstCatalogRecorder *self, GstEvent *event)
{
  const GstStructure *s = gst_event_get_structure (event);
  HabRecord *record = hab_stream_record_new_gop (self->running_track_number,
      &GST_BASE_TRANSFORM (self)->segment, self->n_frames, s);

  if (!record) {
    GST_WARNING_OBJECT (self, "not a GOP: %" GST_PTR_FORMAT, s);
    return;
  }

  GST_OBJECT_LOCK (self);
  self->n_gops++;
  GST_OBJECT_UNLOCK (self);
  self->n_frames += record->gop.frames;
  push_record (self, record);
}

/* gopsplit counts anew with a segment of another playback, and behind a flush. */
static void
take_segment (GstCatalogRecorder *self, GstEvent *event)
{
  guint32 seqnum = gst_event_get_seqnum (event);

  if (self->segment_seqnum != seqnum)
    self->n_frames = 0;
  self->segment_seqnum = seqnum;
}

/* Posts the writer's failure, once. */
static void
report_failure (GstCatalogRecorder *self)
{
  g_autoptr (GError) error = hab_record_writer_dup_error (self->writer);

  if (!error || self->reported ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->reported = TRUE;

  if (g_error_matches (error, HAB_CATALOG_ERROR, HAB_CATALOG_ERROR_NO_SPACE) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    GST_ELEMENT_ERROR (
        self, RESOURCE, NO_SPACE_LEFT, (NULL), ("%s", error->message));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, (NULL), ("%s", error->message));
}

/* Sources end a stream behind an error downstream, too. */
static gboolean
has_passed_whole (GstCatalogRecorder *self)
{
  return gst_pad_get_last_flow_return (GST_BASE_TRANSFORM_SRC_PAD (self)) >=
      GST_FLOW_EOS;
}

/* FALSE where EOS must not go on. */
static gboolean
finish (GstCatalogRecorder *self)
{
  if (!has_passed_whole (self))
    return FALSE;
  if (!self->writer)
    return TRUE;

  if (self->has_stage) {
    HabRecord *record = g_new0 (HabRecord, 1);

    record->kind = HAB_RECORD_STAGE;
    record->stage = self->running_stage;
    push_record (self, record);
  }

  if (hab_record_writer_flush (self->writer))
    return TRUE;
  report_failure (self);

  return FALSE;
}

/* --- streaming ------------------------------------------------------- */

static GstFlowReturn
count (GstCatalogRecorder *self, guint n_buffers, gsize n_bytes)
{
  if (self->writer && hab_record_writer_has_failed (self->writer)) {
    report_failure (self);
    return GST_FLOW_ERROR;
  }

  GST_OBJECT_LOCK (self);
  self->n_buffers += n_buffers;
  self->n_bytes += n_bytes;
  GST_OBJECT_UNLOCK (self);

  return GST_FLOW_OK;
}

static GstFlowReturn
gst_catalog_recorder_transform_ip (GstBaseTransform *trans, GstBuffer *buf)
{
  return count (GST_CATALOG_RECORDER (trans), 1, gst_buffer_get_size (buf));
}

/* The base class would take the list to pieces. */
static GstFlowReturn
gst_catalog_recorder_chain_list (GstPad *pad, GstObject *parent,
    GstBufferList *list)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (parent);
  GstFlowReturn ret = count (self, gst_buffer_list_length (list),
      gst_buffer_list_calculate_size (list));

  if (ret != GST_FLOW_OK) {
    gst_buffer_list_unref (list);
    return ret;
  }

  return gst_pad_push_list (GST_BASE_TRANSFORM_SRC_PAD (self), list);
}

static gboolean
gst_catalog_recorder_set_caps (GstBaseTransform *trans, GstCaps *incaps,
    GstCaps *outcaps)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (trans);

  push_record (self, hab_stream_record_new_track (self->running_track_number,
      incaps));

  return TRUE;
}

static gboolean
gst_catalog_recorder_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (trans);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      if (gst_event_has_name (event, GOP_STRUCTURE_NAME))
        record_gop (self, event);
      break;
    case GST_EVENT_SEGMENT:
      take_segment (self, event);
      break;
    case GST_EVENT_FLUSH_STOP:
      self->n_frames = 0;
      break;
    case GST_EVENT_EOS:
      if (!finish (self)) {
        gst_event_unref (event);
        return FALSE;
      }
      break;
    default:
      break;
  }

  return GST_BASE_TRANSFORM_CLASS (gst_catalog_recorder_parent_class)
      ->sink_event (trans, event);
}

/* --- states ---------------------------------------------------------- */

/* What start works with: the properties may change meanwhile. */
typedef struct
{
  gchar *location;
  gint fd;
  gint64 input_id;
  gint64 package_id;
  gchar *stage;
} Settings;

static void
settings_clear (Settings *settings)
{
  g_free (settings->location);
  g_free (settings->stage);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Settings, settings_clear)

/* (nullable): what is wrong with the settings. */
static const gchar *
find_fault (const Settings *settings, HabStatus *stage)
{
  if (settings->location && settings->fd >= 0)
    return "set either location or fd, not both";
  if (settings->location && settings->input_id == 0 &&
      settings->package_id == 0)
    return "location needs input-content-id or packaged-content-id";
  if (settings->location && settings->stage && settings->package_id == 0)
    return "stage needs packaged-content-id";
  if (settings->stage && !hab_status_from_string (settings->stage, stage))
    return "stage is not a status";
  return NULL;
}

static gboolean
open_writer (GstCatalogRecorder *self, const Settings *settings)
{
  g_autoptr (GError) error = NULL;
  HabRecordWriter *writer = NULL;

  if (settings->location)
    writer = hab_record_writer_new_for_catalog (settings->location,
        settings->input_id, settings->package_id, &error);
  else if (settings->fd >= 0)
    writer = hab_record_writer_new_for_fd (settings->fd, &error);

  /* The statistics may be read at this moment. */
  GST_OBJECT_LOCK (self);
  self->writer = writer;
  GST_OBJECT_UNLOCK (self);
  if (error)
    GST_ELEMENT_ERROR (
        self, RESOURCE, OPEN_WRITE, (NULL), ("%s", error->message));
  return error == NULL;
}

static gboolean
gst_catalog_recorder_start (GstBaseTransform *trans)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (trans);
  g_auto (Settings) settings = { 0 };
  const gchar *fault;

  GST_OBJECT_LOCK (self);
  settings.location = g_strdup (self->location);
  settings.fd = self->fd;
  settings.input_id = self->input_id;
  settings.package_id = self->package_id;
  settings.stage = g_strdup (self->stage);
  self->running_track_number = self->track_number;
  self->n_buffers = self->n_bytes = self->n_gops = 0;
  GST_OBJECT_UNLOCK (self);

  self->n_frames = 0;
  self->segment_seqnum = GST_SEQNUM_INVALID;
  self->reported = FALSE;
  self->has_stage = settings.stage != NULL;

  fault = find_fault (&settings, &self->running_stage);
  if (fault) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, (NULL), ("%s", fault));
    return FALSE;
  }

  return open_writer (self, &settings);
}

static gboolean
gst_catalog_recorder_stop (GstBaseTransform *trans)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (trans);
  HabRecordWriter *writer;

  /* The statistics may be read at this moment. */
  GST_OBJECT_LOCK (self);
  writer = g_steal_pointer (&self->writer);
  GST_OBJECT_UNLOCK (self);
  hab_record_writer_free (writer);

  return TRUE;
}

static GstStateChangeReturn
gst_catalog_recorder_change_state (GstElement *element,
    GstStateChange transition)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (element);

  /* The streaming thread may be waiting at the end of the stream: the pad can
   * only be deactivated when it is back. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY && self->writer)
    hab_record_writer_cancel (self->writer);

  return GST_ELEMENT_CLASS (gst_catalog_recorder_parent_class)
      ->change_state (element, transition);
}

/* --- object ---------------------------------------------------------- */

/* With the OBJECT_LOCK. */
static GstStructure *
create_stats (GstCatalogRecorder *self)
{
  return gst_structure_new ("catalogrecorder-stats",
      "buffers", G_TYPE_UINT64, self->n_buffers,
      "bytes", G_TYPE_UINT64, self->n_bytes,
      "gops", G_TYPE_UINT64, self->n_gops,
      "records-written", G_TYPE_UINT64,
      self->writer ? hab_record_writer_get_written (self->writer) : (guint64) 0,
      NULL);
}

static void
gst_catalog_recorder_set_property (GObject *object, guint prop_id,
    const GValue *value, GParamSpec *pspec)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_LOCATION:
      g_free (self->location);
      self->location = g_value_dup_string (value);
      break;
    case PROP_FD:
      self->fd = g_value_get_int (value);
      break;
    case PROP_INPUT_CONTENT_ID:
      self->input_id = g_value_get_int64 (value);
      break;
    case PROP_PACKAGED_CONTENT_ID:
      self->package_id = g_value_get_int64 (value);
      break;
    case PROP_TRACK_NUMBER:
      self->track_number = g_value_get_uint (value);
      break;
    case PROP_STAGE:
      g_free (self->stage);
      self->stage = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_catalog_recorder_get_property (GObject *object, guint prop_id,
    GValue *value, GParamSpec *pspec)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_LOCATION:
      g_value_set_string (value, self->location);
      break;
    case PROP_FD:
      g_value_set_int (value, self->fd);
      break;
    case PROP_INPUT_CONTENT_ID:
      g_value_set_int64 (value, self->input_id);
      break;
    case PROP_PACKAGED_CONTENT_ID:
      g_value_set_int64 (value, self->package_id);
      break;
    case PROP_TRACK_NUMBER:
      g_value_set_uint (value, self->track_number);
      break;
    case PROP_STAGE:
      g_value_set_string (value, self->stage);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, create_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_catalog_recorder_finalize (GObject *object)
{
  GstCatalogRecorder *self = GST_CATALOG_RECORDER (object);

  g_free (self->location);
  g_free (self->stage);

  G_OBJECT_CLASS (gst_catalog_recorder_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_READY;

  props[PROP_LOCATION] = g_param_spec_string ("location", "Location",
      "Path of the catalog database to write to (unset: none)",
      DEFAULT_LOCATION, flags);
  props[PROP_FD] = g_param_spec_int ("fd", "File descriptor",
      "Descriptor to write the records to as JSON objects, one a line; stays "
      "open (-1: none)",
      -1, G_MAXINT, DEFAULT_FD, flags);
  props[PROP_INPUT_CONTENT_ID] = g_param_spec_int64 ("input-content-id",
      "Input content id",
      "Id of the catalog's input whose tracks and GOPs these are (0: none)",
      0, G_MAXINT64, DEFAULT_ID, flags);
  props[PROP_PACKAGED_CONTENT_ID] = g_param_spec_int64 ("packaged-content-id",
      "Packaged content id",
      "Id of the catalog's package that gets the stage (0: none)",
      0, G_MAXINT64, DEFAULT_ID, flags);
  props[PROP_TRACK_NUMBER] = g_param_spec_uint ("track-number", "Track number",
      "The container's id of the track that passes",
      1, G_MAXUINT, DEFAULT_TRACK_NUMBER, flags);
  props[PROP_STAGE] = g_param_spec_string ("stage", "Stage",
      "Status to record for the package when the stream has passed whole: "
      "Fragmented, Encrypted or Ready (unset: none)",
      DEFAULT_STAGE, flags);
  props[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "What has passed since the start: buffers, bytes, gops, and "
      "records-written of them (guint64 each)",
      GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (klass, N_PROPS, props);
}

static void
gst_catalog_recorder_class_init (GstCatalogRecorderClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  gobject_class->set_property = gst_catalog_recorder_set_property;
  gobject_class->get_property = gst_catalog_recorder_get_property;
  gobject_class->finalize = gst_catalog_recorder_finalize;
  install_properties (gobject_class);

  element_class->change_state = gst_catalog_recorder_change_state;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Catalog recorder",
      "Filter/Metadata",
      "Records tracks, GOPs and progress in a catalog while media passes",
      "The Haberdash developers");

  transform_class->start = gst_catalog_recorder_start;
  transform_class->stop = gst_catalog_recorder_stop;
  transform_class->set_caps = gst_catalog_recorder_set_caps;
  transform_class->sink_event = gst_catalog_recorder_sink_event;
  transform_class->transform_ip = gst_catalog_recorder_transform_ip;
}

static void
gst_catalog_recorder_init (GstCatalogRecorder *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  self->fd = DEFAULT_FD;
  self->track_number = DEFAULT_TRACK_NUMBER;

  gst_base_transform_set_passthrough (trans, TRUE);
  gst_pad_set_chain_list_function (GST_BASE_TRANSFORM_SINK_PAD (trans),
      GST_DEBUG_FUNCPTR (gst_catalog_recorder_chain_list));
}
