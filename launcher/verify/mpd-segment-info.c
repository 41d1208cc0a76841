/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-segment-info.h"

#include <math.h>

#include "mpd-address.h"

typedef struct
{
  HabMpdScope *scope;
  HabMpdTrack *track;
  HabMpdBounds *bounds;
} Reader;

static gboolean
add_segment (Reader *self, const gchar *url, const gchar *range, guint64 time,
    guint64 duration)
{
  HabMpdSegment segment = { .time = time, .duration = duration };

  if (++self->bounds->n_segments > HAB_MPD_MAX_SEGMENTS) {
    hab_mpd_scope_error (self->scope, "mpd",
        "there are more than %d segments", HAB_MPD_MAX_SEGMENTS);
    return FALSE;
  }
  if (!hab_mpd_scope_locate (self->scope, url, range, &segment.bytes)) {
    g_free (segment.bytes.file);
    return FALSE;
  }
  g_array_append_val (self->track->segments, segment);
  return TRUE;
}

/* --- SegmentTimeline --------------------------------------------------- */

/* How often an S element counts. Without an end, up to the next one with a
 * time, or to the end of the period. */
static guint64
get_repeats (Reader *self, xmlNode *s, guint64 time, guint64 duration)
{
  HabMpdScope *scope = self->scope;
  g_autofree gchar *text = hab_mpd_get_text (s, "r");
  xmlNode *next = s->next;
  guint64 end = 0;
  gint64 repeats = 0;

  if (text != NULL && !g_ascii_string_to_signed (text, 10, -1,
                          HAB_MPD_MAX_SEGMENTS, &repeats, NULL))
    hab_mpd_scope_error (scope, "mpd", "line %ld: r of S is not -1 to %d",
        xmlGetLineNo (s), HAB_MPD_MAX_SEGMENTS);
  if (repeats >= 0)
    return repeats + 1;
  while (next != NULL && !hab_mpd_is_element (next, "S"))
    next = next->next;
  if ((next == NULL ||
          !hab_mpd_scope_get_number (scope, next, "t", G_MAXINT64, &end)) &&
      scope->period_duration > 0)
    end = scope->period_duration * self->track->timescale;
  return end > time ? MIN ((end - time + duration - 1) / duration,
                          HAB_MPD_MAX_SEGMENTS) : 1;
}

static void
check_start (Reader *self, xmlNode *s, guint64 expected, guint64 time)
{
  if (time > expected)
    hab_mpd_scope_error (self->scope, "timeline",
        "line %ld: a segment begins at %" G_GUINT64_FORMAT ", the one before "
        "it ends at %" G_GUINT64_FORMAT ": a hole", xmlGetLineNo (s), time,
        expected);
  else if (time < expected)
    hab_mpd_scope_error (self->scope, "timeline",
        "line %ld: a segment begins at %" G_GUINT64_FORMAT ", before the end "
        "of the one before it at %" G_GUINT64_FORMAT, xmlGetLineNo (s), time,
        expected);
}

/* FALSE ends the timeline. */
typedef gboolean (*TimeFunc) (Reader *self, guint64 time, guint64 duration,
    gpointer data);

static void
read_timeline (Reader *self, xmlNode *timeline, TimeFunc each, gpointer data)
{
  HabMpdScope *scope = self->scope;
  guint64 time = 0, expected = 0;
  gboolean first = TRUE;

  for (xmlNode *s = timeline->children; s != NULL; s = s->next) {
    guint64 duration, repeats;

    if (!hab_mpd_is_element (s, "S"))
      continue;
    if (!hab_mpd_scope_get_number (scope, s, "d", G_MAXINT32, &duration) ||
        duration == 0) {
      hab_mpd_scope_error (scope, "mpd",
          "line %ld: an S element has no duration", xmlGetLineNo (s));
      return;
    }
    time = expected;
    if (hab_mpd_scope_get_number (scope, s, "t", G_MAXINT64 / 2, &time) &&
        !first)
      check_start (self, s, expected, time);
    first = FALSE;
    repeats = get_repeats (self, s, time, duration);
    for (guint64 i = 0; i < repeats; i++, time += duration)
      if (!each (self, time, duration, data))
        return;
    expected = time;
  }
}

/* --- SegmentTemplate --------------------------------------------------- */

typedef struct
{
  gchar *media;
  guint64 number; /* of the next segment */
} Template;

static gboolean
add_from_template (Reader *self, guint64 time, guint64 duration, gpointer data)
{
  Template *template = data;
  HabMpdTrack *track = self->track;
  g_autofree gchar *url = NULL;

  /* Each has a file of its own, so that a duration that somebody made up is no
   * work. */
  if (track->segments->len > self->bounds->n_files) {
    hab_mpd_scope_error (self->scope, "mpd",
        "Representation %s has more segments than its folder files (%u)",
        track->id, self->bounds->n_files);
    return FALSE;
  }
  url = hab_mpd_fill_template (template->media, track->id, track->bandwidth,
      template->number++, time);
  if (url != NULL)
    return add_segment (self, url, NULL, time, duration);
  hab_mpd_scope_error (self->scope, "mpd",
      "%s is no address with identifiers", template->media);
  return FALSE;
}

static guint64
get_template_number (Reader *self, const gchar *attribute, guint64 otherwise)
{
  return hab_mpd_scope_get_inherited_number (self->scope, "SegmentTemplate",
      attribute, otherwise);
}

/* All of one duration, as many as the period has room for. */
static void
add_constant (Reader *self, Template *template)
{
  guint64 duration = get_template_number (self, "duration", 0);
  guint64 offset = get_template_number (self, "presentationTimeOffset", 0);
  gdouble ticks = self->scope->period_duration * self->track->timescale;
  guint64 n;

  if (duration == 0 || !(ticks > 0)) {
    hab_mpd_scope_error (self->scope, "mpd",
        "Representation %s: how many segments there are is not said",
        self->track->id);
    return;
  }
  n = MIN (ceil (ticks / duration - 1e-6), HAB_MPD_MAX_SEGMENTS);
  for (guint64 i = 0; i < n; i++)
    if (!add_from_template (self, offset + i * duration, duration, template))
      return;
}

static void
locate_template_init (Reader *self)
{
  HabMpdTrack *track = self->track;
  g_autofree gchar *init = hab_mpd_scope_get_inherited (self->scope,
      "SegmentTemplate", "initialization");
  g_autofree gchar *url = init != NULL
      ? hab_mpd_fill_template (init, track->id, track->bandwidth, 0, 0)
      : NULL;

  if (url != NULL)
    hab_mpd_scope_locate (self->scope, url, NULL, &track->init);
}

static void
read_template (Reader *self)
{
  HabMpdTrack *track = self->track;
  g_autofree gchar *media = hab_mpd_scope_get_inherited (self->scope,
      "SegmentTemplate", "media");
  xmlNode *timeline = hab_mpd_scope_find (self->scope, "SegmentTemplate",
      "SegmentTimeline");
  Template template = {
    .media = media,
    .number = get_template_number (self, "startNumber", 1),
  };

  track->timescale = get_template_number (self, "timescale", 1);
  locate_template_init (self);
  if (media == NULL || track->timescale == 0) {
    hab_mpd_scope_error (self->scope, "mpd",
        "Representation %s: SegmentTemplate has no %s", track->id,
        media == NULL ? "media" : "timescale");
    return;
  }
  track->exact = timeline != NULL;
  if (timeline != NULL)
    read_timeline (self, timeline, add_from_template, &template);
  else
    add_constant (self, &template);
}

/* --- SegmentList ------------------------------------------------------- */

static void
locate_list_init (Reader *self)
{
  xmlNode *init =
      hab_mpd_scope_find (self->scope, "SegmentList", "Initialization");
  g_autofree gchar *url = hab_mpd_get_text (init, "sourceURL");
  g_autofree gchar *range = hab_mpd_get_text (init, "range");

  if (init != NULL)
    hab_mpd_scope_locate (self->scope, url, range, &self->track->init);
}

static gboolean
add_from_list (Reader *self, xmlNode *list, guint64 duration)
{
  for (xmlNode *node = list->children; node != NULL; node = node->next) {
    g_autofree gchar *url = hab_mpd_get_text (node, "media");
    g_autofree gchar *range = hab_mpd_get_text (node, "mediaRange");

    if (hab_mpd_is_element (node, "SegmentURL") &&
        !add_segment (self, url, range,
            duration * self->track->segments->len, duration))
      return FALSE;
  }
  return TRUE;
}

/* data: the number of the next segment, all of which are there already. */
static gboolean
set_list_time (Reader *self, guint64 time, guint64 duration, gpointer data)
{
  guint *next = data;

  if (*next < self->track->segments->len) {
    HabMpdSegment *segment =
        &g_array_index (self->track->segments, HabMpdSegment, (*next)++);

    segment->time = time;
    segment->duration = duration;
  }
  return TRUE;
}

static guint64
get_timescale (Reader *self, const gchar *element)
{
  return MAX (hab_mpd_scope_get_inherited_number (self->scope, element,
                  "timescale", 1), 1);
}

static void
read_list (Reader *self, xmlNode *list)
{
  xmlNode *timeline =
      hab_mpd_scope_find (self->scope, "SegmentList", "SegmentTimeline");
  guint64 duration = hab_mpd_scope_get_inherited_number (self->scope,
      "SegmentList", "duration", 0);
  guint next = 0;

  self->track->timescale = get_timescale (self, "SegmentList");
  locate_list_init (self);
  if (!add_from_list (self, list, duration))
    return;
  self->track->exact = timeline != NULL;
  if (timeline != NULL)
    read_timeline (self, timeline, set_list_time, &next);
}

/* --- SegmentBase ------------------------------------------------------- */

/* One file: its init segment and index by their bytes, and all of it as the
 * one segment. base NULL: nothing is said of it. */
static void
read_base (Reader *self, xmlNode *base)
{
  HabMpdTrack *track = self->track;
  xmlNode *init = hab_mpd_find_child (base, "Initialization");
  g_autofree gchar *index = hab_mpd_get_text (base, "indexRange");
  g_autofree gchar *range = hab_mpd_get_text (init, "range");

  track->timescale = get_timescale (self, "SegmentBase");
  track->has_initial = TRUE;
  if (range != NULL)
    hab_mpd_scope_locate (self->scope, NULL, range, &track->init);
  if (index != NULL)
    hab_mpd_scope_locate (self->scope, NULL, index, &track->index);
  add_segment (self, NULL, NULL, 0, 0);
}

static void
read_offset (Reader *self, const gchar *element)
{
  self->track->offset = (gdouble) hab_mpd_scope_get_inherited_number (
      self->scope, element, "presentationTimeOffset", 0) /
      MAX (self->track->timescale, 1);
}

void
hab_mpd_read_segments (HabMpdScope *scope, HabMpdTrack *track,
    HabMpdBounds *bounds)
{
  Reader self = { scope, track, bounds };
  xmlNode *list = hab_mpd_scope_find (scope, "SegmentList", NULL);

  if (hab_mpd_scope_find (scope, "SegmentTemplate", NULL) != NULL) {
    read_template (&self);
    read_offset (&self, "SegmentTemplate");
  } else if (list != NULL) {
    read_list (&self, list);
    read_offset (&self, "SegmentList");
  } else {
    read_base (&self, hab_mpd_scope_find (scope, "SegmentBase", NULL));
    read_offset (&self, "SegmentBase");
  }
}
