/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dash-publisher.h"

#include "adaptation-sets.h"
#include "gstdashtracksink.h"

/* Segments behind the present at which players are told to be. */
#define DELAY_SEGMENTS 3

struct _HabDashPublisher
{
  GstElement *element;
  const HabDashSettings *settings;

  /* protected by lock, and so are the manifests */
  GMutex lock;
  gboolean closed;
  gboolean type_decided; /* which is with the first segment */
  gboolean is_live;
  gint64 start;          /* see HabLive */
  GstClockTime lateness; /* of the first segment, behind its end */
  gboolean published;    /* players know it */
  gboolean noted;        /* that representations do not meet */
  GHashTable *places;    /* of representation id: number of its set */
};

/* What is to be posted when the lock is released. */
typedef struct
{
  GPtrArray *notes;       /* of gchar *, what people should know */
  GError *describe_error;
  GError *write_error;
  gboolean complete;      /* all segments are there */
  gboolean written;
  gboolean dynamic;
} Outcome;

HabDashPublisher *
hab_dash_publisher_new (GstElement *element, const HabDashSettings *settings)
{
  HabDashPublisher *publisher = g_new0 (HabDashPublisher, 1);

  publisher->element = element;
  publisher->settings = settings;
  g_mutex_init (&publisher->lock);
  publisher->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  return publisher;
}

void
hab_dash_publisher_free (HabDashPublisher *publisher)
{
  g_hash_table_unref (publisher->places);
  g_mutex_clear (&publisher->lock);
  g_free (publisher);
}

/* --- what it is ---------------------------------------------------------- */

/* Where it was published already. */
static void
place (HabDashPublisher *publisher, HabRepresentation *rep)
{
  gpointer set;

  if (!g_hash_table_lookup_extended (publisher->places, rep->id, NULL, &set))
    return;
  rep->set = GPOINTER_TO_INT (set);
  rep->placed = TRUE;
}

static void
keep_places (HabDashPublisher *publisher, const HabPresentation *presentation)
{
  for (guint i = 0; i < presentation->sets->len; i++) {
    const HabAdaptationSet *set = hab_presentation_get (presentation, i);

    for (guint j = 0; j < set->representations->len; j++)
      g_hash_table_replace (publisher->places,
          g_strdup (hab_adaptation_set_get (set, j)->id),
          GUINT_TO_POINTER (set->id));
  }
}

static gboolean
is_nothing (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

/* (transfer full) (nullable): without error where there is nothing of it. */
static HabRepresentation *
describe_stream (HabDashPublisher *publisher, HabDashStream *stream,
    GError **error)
{
  g_autoptr (GError) cause = NULL;
  HabRepresentation *rep = hab_dash_stream_describe (stream,
      publisher->settings, publisher->is_live, &cause);

  if (rep)
    place (publisher, rep);
  else if (!is_nothing (cause))
    g_propagate_error (error, g_steal_pointer (&cause));
  return rep;
}

/* Text last. It is there when it has ended, and not before. */
static GPtrArray *
describe_streams (HabDashPublisher *publisher, GPtrArray *streams,
    GError **error)
{
  g_autoptr (GPtrArray) reps = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_representation_free);
  g_autoptr (GError) cause = NULL;
  gint n_timed = 0;

  for (guint i = 0; i < streams->len && cause == NULL; i++) {
    HabRepresentation *rep = describe_stream (publisher, streams->pdata[i],
        &cause);

    if (rep)
      g_ptr_array_insert (reps,
          rep->content.kind == HAB_MEDIA_TEXT ? -1 : n_timed++, rep);
  }
  if (cause) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return NULL;
  }
  /* Text is no presentation of what should have been seen and heard. */
  if (reps->len > 0 && (n_timed > 0 || !hab_dash_streams_have_media (streams)))
    return g_steal_pointer (&reps);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
      "the input ended before a single segment");
  return NULL;
}

static HabLive
describe_live (const HabDashPublisher *publisher)
{
  const HabDashSettings *settings = publisher->settings;
  GstClockTime delay = settings->suggested_presentation_delay > 0 ?
      settings->suggested_presentation_delay :
      DELAY_SEGMENTS * settings->fragment_duration + publisher->lateness;

  return (HabLive){
    .start = publisher->start,
    .published = g_get_real_time (),
    .window = settings->time_shift_buffer_depth / GST_MSECOND,
    .update_period = settings->fragment_duration / GST_MSECOND,
    .delay = delay / GST_MSECOND,
    .clock_url = settings->utc_timing_url,
  };
}

/* Of what is published again and again, once is enough. */
static void
forget_notes (HabDashPublisher *publisher, GPtrArray *notes)
{
  if (publisher->noted)
    g_ptr_array_set_size (notes, 0);
  publisher->noted |= notes->len > 0;
}

/* (transfer full) (nullable) */
static HabPresentation *
describe (HabDashPublisher *publisher, GPtrArray *streams, GPtrArray *notes,
    GError **error)
{
  g_autoptr (HabPresentation) presentation = hab_presentation_new ();
  g_autoptr (GPtrArray) reps = describe_streams (publisher, streams, error);

  if (reps == NULL ||
      !hab_presentation_arrange (presentation, reps, notes, error))
    return NULL;
  forget_notes (publisher, notes);
  presentation->is_live = publisher->is_live;
  if (publisher->is_live)
    presentation->live = describe_live (publisher);
  return g_steal_pointer (&presentation);
}

/* Lock held. changed: id of the only representation that is other than before,
 * or NULL. */
static void
publish (HabDashPublisher *publisher, GPtrArray *streams, gboolean dynamic,
    const gchar *changed, Outcome *outcome)
{
  HabManifestFiles files = hab_dash_settings_get_files (publisher->settings);
  g_autoptr (HabPresentation) presentation = describe (publisher, streams,
      outcome->notes, &outcome->describe_error);

  /* The last pad that had something was released, others go on. */
  if (dynamic && is_nothing (outcome->describe_error))
    g_clear_error (&outcome->describe_error);
  if (presentation == NULL)
    return;
  presentation->dynamic = outcome->dynamic = dynamic;
  outcome->written = hab_manifest_files_write (&files, presentation,
      publisher->published ? changed : NULL, &outcome->write_error);
  if (!outcome->written)
    return;
  keep_places (publisher, presentation);
  publisher->published = TRUE;
}

/* --- telling of it ------------------------------------------------------- */

static void
post (HabDashPublisher *publisher, GstStructure *structure)
{
  gst_element_post_message (publisher->element,
      gst_message_new_element (GST_OBJECT (publisher->element), structure));
}

static void
post_notes (HabDashPublisher *publisher, GPtrArray *notes)
{
  for (guint i = 0; i < notes->len; i++)
    GST_ELEMENT_WARNING (publisher->element, STREAM, MUX,
        ("%s.", (gchar *) notes->pdata[i]),
        ("Players switch between representations whose segments begin at the "
         "same times: encode them with key frames at the same pictures."));
}

static void
post_outcome (HabDashPublisher *publisher, const Outcome *outcome)
{
  post_notes (publisher, outcome->notes);
  if (outcome->describe_error) {
    GST_ELEMENT_ERROR (publisher->element, STREAM, MUX,
        ("There is no presentation to write: %s.",
            outcome->describe_error->message), (NULL));
    return;
  }
  if (outcome->complete)
    post (publisher, gst_structure_new_empty ("cencdashsink-complete"));
  if (outcome->write_error)
    gst_dash_post_write_error (publisher->element, outcome->write_error);
  if (outcome->written)
    post (publisher, gst_structure_new ("cencdashsink-manifest",
        "location", G_TYPE_STRING, publisher->settings->location,
        "dynamic", G_TYPE_BOOLEAN, outcome->dynamic, NULL));
}

static void
outcome_clear (Outcome *outcome)
{
  g_ptr_array_unref (outcome->notes);
  g_clear_error (&outcome->describe_error);
  g_clear_error (&outcome->write_error);
}

/* --- live ---------------------------------------------------------------- */

static gboolean
any_is_live (GPtrArray *streams)
{
  for (guint i = 0; i < streams->len; i++) {
    if (hab_dash_stream_is_live (streams->pdata[i]))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_to_be_live (const HabDashPublisher *publisher, GPtrArray *streams)
{
  const HabDashSettings *settings = publisher->settings;

  if (settings->type == HAB_PRESENTATION_AUTO)
    return !settings->single_file && any_is_live (streams);
  return settings->type == HAB_PRESENTATION_DYNAMIC;
}

/* Now, in running time, by the clock; but nothing that is there, which is up to
 * end, can be in the future, also where the input is faster than the clock. */
static GstClockTime
running_time (const HabDashPublisher *publisher, GstClockTime end)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (publisher->element);
  GstClockTime base = gst_element_get_base_time (publisher->element);
  GstClockTime now = clock ? gst_clock_get_time (clock) : GST_CLOCK_TIME_NONE;

  /* Which it is before a start that was set for later. */
  if (clock == NULL || !GST_CLOCK_TIME_IS_VALID (base) || now < base)
    return end;
  return MAX (end, now - base);
}

/* Lock held. end: of the first segment. */
static void
find_start (HabDashPublisher *publisher, GstClockTime end)
{
  GstClockTime now = running_time (publisher, end);

  publisher->start = g_get_real_time () - GST_TIME_AS_USECONDS (now);
  publisher->lateness = now - end;
}

/* Lock held. */
static gboolean
is_live (HabDashPublisher *publisher, GPtrArray *streams, GstClockTime end)
{
  if (publisher->type_decided)
    return publisher->is_live;
  publisher->type_decided = TRUE;
  publisher->is_live = is_to_be_live (publisher, streams);
  if (publisher->is_live)
    find_start (publisher, end);
  return publisher->is_live;
}

/* Whether every stream that goes on has something to be named: what is not
 * there at first, players do not look for later. */
static gboolean
all_began (GPtrArray *streams)
{
  for (guint i = 0; i < streams->len; i++) {
    if (!hab_dash_stream_began (streams->pdata[i]))
      return FALSE;
  }
  return TRUE;
}

/* Lock held. */
static void
publish_segment (HabDashPublisher *publisher, GPtrArray *streams,
    HabDashStream *stream, Outcome *outcome)
{
  hab_dash_stream_advance (stream, publisher->settings);
  if (!publisher->published && !all_began (streams))
    return;
  publish (publisher, streams, TRUE, GST_OBJECT_NAME (stream->pad), outcome);
  if (outcome->written)
    hab_dash_stream_remove_expired (stream, publisher->settings);
}

void
hab_dash_publisher_add_segment (HabDashPublisher *publisher,
    GPtrArray *streams, HabDashStream *stream, const HabDashSegment *segment)
{
  Outcome outcome = { .notes = g_ptr_array_new_with_free_func (g_free) };

  g_mutex_lock (&publisher->lock);
  if (!publisher->closed && is_live (publisher, streams, segment->end))
    publish_segment (publisher, streams, stream, &outcome);
  g_mutex_unlock (&publisher->lock);
  post_outcome (publisher, &outcome);
  outcome_clear (&outcome);
}

/* --- beginning and end --------------------------------------------------- */

gboolean
hab_dash_publisher_open (HabDashPublisher *publisher)
{
  HabManifestFiles files = hab_dash_settings_get_files (publisher->settings);
  g_autoptr (GError) error = NULL;
  gboolean removed;

  g_mutex_lock (&publisher->lock);
  g_hash_table_remove_all (publisher->places);
  publisher->closed = FALSE;
  publisher->type_decided = publisher->is_live = FALSE;
  publisher->published = publisher->noted = FALSE;
  removed = hab_manifest_files_remove (&files, &error);
  g_mutex_unlock (&publisher->lock);
  if (!removed)
    GST_ELEMENT_ERROR (publisher->element, RESOURCE, WRITE,
        ("Cannot replace the manifest: %s", error->message), (NULL));
  return removed;
}

void
hab_dash_publisher_close (HabDashPublisher *publisher)
{
  g_mutex_lock (&publisher->lock);
  publisher->closed = TRUE;
  g_mutex_unlock (&publisher->lock);
}

gboolean
hab_dash_publisher_finish (HabDashPublisher *publisher, GPtrArray *streams)
{
  Outcome outcome = { .notes = g_ptr_array_new_with_free_func (g_free) };
  gboolean written;

  g_mutex_lock (&publisher->lock);
  if (!publisher->closed) {
    outcome.complete = TRUE;
    publish (publisher, streams, FALSE, NULL, &outcome);
    publisher->closed = TRUE;
  }
  g_mutex_unlock (&publisher->lock);
  post_outcome (publisher, &outcome);
  written = outcome.written;
  outcome_clear (&outcome);
  return written;
}
