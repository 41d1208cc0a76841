/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-reader.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <math.h>
#include <string.h>

#include "folder-size.h"

/* Of one document. */
#define MAX_SEGMENTS 1000000
#define MAX_FILE (64 * 1024 * 1024)

/* MPD, Period, AdaptationSet, Representation: what is said further in counts. */
#define N_LEVELS 4

typedef struct
{
  HabReport *report;
  HabMpdDocument *document;
  xmlNode *levels[N_LEVELS];
  gdouble period_duration; /* seconds, -1: not known */
  gchar *base;             /* of all BaseURL so far */
  guint n_segments;        /* of the document */
  guint n_files;           /* in its folder */
} Reader;

static void
mpd_bytes_clear (HabMpdBytes *bytes)
{
  g_clear_pointer (&bytes->file, g_free);
}

static void
segment_clear (HabMpdSegment *segment)
{
  mpd_bytes_clear (&segment->bytes);
}

static void
protection_free (HabMpdProtection *protection)
{
  g_free (protection->scheme);
  g_free (protection->value);
  g_free (protection->default_kid);
  g_free (protection->pssh);
  g_free (protection);
}

static void
track_free (HabMpdTrack *track)
{
  g_free (track->id);
  g_free (track->mime_type);
  g_free (track->codecs);
  mpd_bytes_clear (&track->init);
  mpd_bytes_clear (&track->index);
  g_array_unref (track->segments);
  g_ptr_array_unref (track->protections);
  g_free (track);
}

void
hab_mpd_document_free (HabMpdDocument *document)
{
  g_free (document->name);
  g_ptr_array_unref (document->tracks);
  g_free (document);
}

static HabMpdTrack *
track_new (void)
{
  HabMpdTrack *track = g_new0 (HabMpdTrack, 1);

  track->segments = g_array_new (FALSE, TRUE, sizeof (HabMpdSegment));
  g_array_set_clear_func (track->segments, (GDestroyNotify) segment_clear);
  track->protections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) protection_free);
  return track;
}

/* --- XML ------------------------------------------------------------- */

static gboolean
is_element (const xmlNode *node, const gchar *name)
{
  return node->type == XML_ELEMENT_NODE &&
      g_str_equal ((const gchar *) node->name, name);
}

static xmlNode *
find_child (xmlNode *parent, const gchar *name)
{
  for (xmlNode *node = parent ? parent->children : NULL; node;
       node = node->next)
    if (is_element (node, name))
      return node;
  return NULL;
}

/* (transfer full) (nullable) */
static gchar *
get_text (xmlNode *node, const gchar *name)
{
  xmlChar *value = node ? xmlGetNoNsProp (node, (const xmlChar *) name) : NULL;
  gchar *text = g_strdup ((const gchar *) value);

  xmlFree (value);
  return text;
}

/* TRUE where it is there and is a number. */
static gboolean
get_number (Reader *self, xmlNode *node, const gchar *name, guint64 max,
    guint64 *number)
{
  g_autofree gchar *text = get_text (node, name);

  if (text == NULL)
    return FALSE;
  if (g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, max, number,
          NULL))
    return TRUE;
  hab_report_error (self->report, "mpd", self->document->name, -1,
      "line %ld: %s of %s is no number", xmlGetLineNo (node), name,
      (const gchar *) node->name);
  return FALSE;
}

/* Of the Representation or, if not there, of what surrounds it. */
static gchar *
get_common (Reader *self, const gchar *name)
{
  for (gint i = N_LEVELS - 1; i > 1; i--) {
    gchar *text = get_text (self->levels[i], name);

    if (text != NULL)
      return text;
  }
  return NULL;
}

/* The element that has the attribute, of SegmentTemplate and so on. */
static xmlNode *
find_with (Reader *self, const gchar *element, const gchar *attribute)
{
  for (gint i = N_LEVELS - 1; i > 0; i--) {
    xmlNode *node = find_child (self->levels[i], element);
    g_autofree gchar *text = get_text (node, attribute);

    if (text != NULL)
      return node;
  }
  return NULL;
}

static guint64
get_inherited (Reader *self, const gchar *element, const gchar *attribute,
    guint64 otherwise)
{
  xmlNode *node = find_with (self, element, attribute);
  guint64 number = otherwise;

  if (node != NULL)
    get_number (self, node, attribute, G_MAXINT64, &number);
  return number;
}

/* The element itself, however far out. */
static xmlNode *
find_inherited (Reader *self, const gchar *element, const gchar *child)
{
  for (gint i = N_LEVELS - 1; i > 0; i--) {
    xmlNode *node = find_child (self->levels[i], element);

    if (node != NULL && child != NULL)
      node = find_child (node, child);
    if (node != NULL)
      return node;
  }
  return NULL;
}

/* --- addresses ------------------------------------------------------- */

static void
report_address (Reader *self, const gchar *url)
{
  hab_report_error (self->report, "address", self->document->name, -1,
      "%s is not a file beside the manifest", url);
}

/* "first-last", both of which count. */
static gboolean
read_range (const gchar *text, HabMpdBytes *bytes)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);
  guint64 first, last;

  if (g_strv_length (ends) != 2 ||
      !g_ascii_string_to_unsigned (ends[0], 10, 0, G_MAXINT64 - 1, &first,
          NULL) ||
      !g_ascii_string_to_unsigned (ends[1], 10, first, G_MAXINT64 - 1, &last,
          NULL))
    return FALSE;
  bytes->offset = first;
  bytes->size = last - first + 1;
  return TRUE;
}

/* url NULL: the base itself. */
static gboolean
read_bytes (Reader *self, const gchar *url, const gchar *range,
    HabMpdBytes *bytes)
{
  bytes->file = hab_mpd_resolve (self->base, url != NULL ? url : "");
  if (url == NULL && self->base != NULL) {
    g_free (bytes->file);
    bytes->file = g_strdup (self->base);
  }
  if (bytes->file == NULL) {
    report_address (self, url != NULL ? url : "a segment without an address");
    return FALSE;
  }
  if (range == NULL || read_range (range, bytes))
    return TRUE;
  hab_report_error (self->report, "mpd", self->document->name, -1,
      "%s is no range of bytes", range);
  return FALSE;
}

/* FALSE where a BaseURL leads elsewhere. */
static gboolean
build_base (Reader *self)
{
  g_clear_pointer (&self->base, g_free);
  for (guint i = 0; i < N_LEVELS; i++) {
    xmlNode *node = find_child (self->levels[i], "BaseURL");
    xmlChar *content = node ? xmlNodeGetContent (node) : NULL;
    gchar *base;

    if (content == NULL)
      continue;
    base = hab_mpd_resolve (self->base, g_strstrip ((gchar *) content));
    if (base == NULL)
      report_address (self, (const gchar *) content);
    xmlFree (content);
    g_free (self->base);
    self->base = base;
    if (base == NULL)
      return FALSE;
  }
  return TRUE;
}

/* --- segments -------------------------------------------------------- */

static gboolean
add_segment (Reader *self, HabMpdTrack *track, const gchar *url,
    const gchar *range, guint64 time, guint64 duration)
{
  HabMpdSegment segment = { .time = time, .duration = duration };

  if (++self->n_segments > MAX_SEGMENTS) {
    hab_report_error (self->report, "mpd", self->document->name, -1,
        "there are more than %d segments", MAX_SEGMENTS);
    return FALSE;
  }
  if (!read_bytes (self, url, range, &segment.bytes)) {
    segment_clear (&segment);
    return FALSE;
  }
  g_array_append_val (track->segments, segment);
  return TRUE;
}

/* Where the segments of an SegmentTemplate are. */
typedef struct
{
  gchar *media;
  guint64 number; /* of the next one */
} Template;

static gboolean
add_from_template (Reader *self, HabMpdTrack *track, Template *template,
    guint64 time, guint64 duration)
{
  g_autofree gchar *url = NULL;

  /* Each has a file of its own, so that a duration that somebody made up is no
   * work. */
  if (track->segments->len > self->n_files) {
    hab_report_error (self->report, "mpd", self->document->name, -1,
        "Representation %s has more segments than its folder files (%u)",
        track->id, self->n_files);
    return FALSE;
  }
  url = hab_mpd_fill_template (template->media, track->id,
      track->bandwidth, template->number++, time);
  if (url != NULL)
    return add_segment (self, track, url, NULL, time, duration);
  hab_report_error (self->report, "mpd", self->document->name, -1,
      "%s is no address with identifiers", template->media);
  return FALSE;
}

/* How often an S element counts. Without an end, up to the next one with a
 * time, or to the end of the period. */
static guint64
get_repeats (Reader *self, HabMpdTrack *track, xmlNode *s, guint64 time,
    guint64 duration)
{
  g_autofree gchar *text = get_text (s, "r");
  xmlNode *next = s->next;
  guint64 end = 0;
  gint64 repeats = 0;

  if (text != NULL &&
      !g_ascii_string_to_signed (text, 10, -1, MAX_SEGMENTS, &repeats, NULL))
    hab_report_error (self->report, "mpd", self->document->name, -1,
        "line %ld: r of S is not -1 to %d", xmlGetLineNo (s), MAX_SEGMENTS);
  if (repeats >= 0)
    return repeats + 1;
  while (next != NULL && !is_element (next, "S"))
    next = next->next;
  if ((next == NULL || !get_number (self, next, "t", G_MAXINT64, &end)) &&
      self->period_duration > 0)
    end = self->period_duration * track->timescale;
  return end > time ? MIN ((end - time + duration - 1) / duration,
                          MAX_SEGMENTS) : 1;
}

static void
check_start (Reader *self, xmlNode *s, guint64 expected, guint64 time)
{
  if (time > expected)
    hab_report_error (self->report, "timeline", self->document->name, -1,
        "line %ld: a segment begins at %" G_GUINT64_FORMAT ", the one before "
        "it ends at %" G_GUINT64_FORMAT ": a hole", xmlGetLineNo (s), time,
        expected);
  else if (time < expected)
    hab_report_error (self->report, "timeline", self->document->name, -1,
        "line %ld: a segment begins at %" G_GUINT64_FORMAT ", before the end "
        "of the one before it at %" G_GUINT64_FORMAT, xmlGetLineNo (s), time,
        expected);
}

typedef gboolean (*TimeFunc) (Reader *self, HabMpdTrack *track, guint64 time,
    guint64 duration, gpointer data);

static gboolean
read_timeline (Reader *self, HabMpdTrack *track, xmlNode *timeline,
    TimeFunc each, gpointer data)
{
  guint64 time = 0, expected = 0;
  gboolean first = TRUE;

  for (xmlNode *s = timeline->children; s != NULL; s = s->next) {
    guint64 duration, repeats;

    if (!is_element (s, "S"))
      continue;
    if (!get_number (self, s, "d", G_MAXINT32, &duration) || duration == 0) {
      hab_report_error (self->report, "mpd", self->document->name, -1,
          "line %ld: an S element has no duration", xmlGetLineNo (s));
      return FALSE;
    }
    time = expected;
    if (get_number (self, s, "t", G_MAXINT64 / 2, &time) && !first)
      check_start (self, s, expected, time);
    first = FALSE;
    repeats = get_repeats (self, track, s, time, duration);
    for (guint64 i = 0; i < repeats; i++, time += duration)
      if (!each (self, track, time, duration, data))
        return FALSE;
    expected = time;
  }
  return TRUE;
}

static gboolean
on_template_time (Reader *self, HabMpdTrack *track, guint64 time,
    guint64 duration, gpointer data)
{
  return add_from_template (self, track, data, time, duration);
}

static void
read_constant (Reader *self, HabMpdTrack *track, Template *template)
{
  guint64 duration =
      get_inherited (self, "SegmentTemplate", "duration", 0);
  guint64 offset = get_inherited (self, "SegmentTemplate",
      "presentationTimeOffset", 0);
  gdouble ticks = self->period_duration * track->timescale;
  guint64 n;

  if (duration == 0 || !(ticks > 0)) {
    hab_report_error (self->report, "mpd", self->document->name, -1,
        "Representation %s: how many segments there are is not said",
        track->id);
    return;
  }
  n = MIN (ceil (ticks / duration - 1e-6), MAX_SEGMENTS);
  for (guint64 i = 0; i < n; i++)
    if (!add_from_template (self, track, template, offset + i * duration,
            duration))
      return;
}

static void
read_template (Reader *self, HabMpdTrack *track)
{
  const gchar *element = "SegmentTemplate";
  g_autofree gchar *media =
      get_text (find_with (self, element, "media"), "media");
  g_autofree gchar *init = get_text (find_with (self, element,
      "initialization"), "initialization");
  g_autofree gchar *url = NULL;
  xmlNode *timeline = find_inherited (self, element, "SegmentTimeline");
  Template template = { .media = media };

  track->timescale = get_inherited (self, element, "timescale", 1);
  template.number = get_inherited (self, element, "startNumber", 1);
  if (init != NULL)
    url = hab_mpd_fill_template (init, track->id, track->bandwidth, 0, 0);
  if (url != NULL)
    read_bytes (self, url, NULL, &track->init);
  if (media == NULL || track->timescale == 0) {
    hab_report_error (self->report, "mpd", self->document->name, -1,
        "Representation %s: SegmentTemplate has no %s", track->id,
        media == NULL ? "media" : "timescale");
    return;
  }
  track->exact = timeline != NULL;
  if (timeline != NULL)
    read_timeline (self, track, timeline, on_template_time, &template);
  else
    read_constant (self, track, &template);
}

static gboolean
on_list_time (Reader *self, HabMpdTrack *track, guint64 time,
    guint64 duration, gpointer data)
{
  guint *next = data;

  if (*next < track->segments->len) {
    HabMpdSegment *segment =
        &g_array_index (track->segments, HabMpdSegment, (*next)++);

    segment->time = time;
    segment->duration = duration;
  }
  return TRUE;
}

static void
read_list (Reader *self, HabMpdTrack *track, xmlNode *list)
{
  xmlNode *init = find_inherited (self, "SegmentList", "Initialization");
  xmlNode *timeline = find_inherited (self, "SegmentList", "SegmentTimeline");
  guint64 duration = get_inherited (self, "SegmentList", "duration", 0);
  guint next = 0;

  track->timescale =
      MAX (get_inherited (self, "SegmentList", "timescale", 1), 1);
  if (init != NULL) {
    g_autofree gchar *url = get_text (init, "sourceURL");
    g_autofree gchar *range = get_text (init, "range");

    read_bytes (self, url, range, &track->init);
  }
  for (xmlNode *node = list->children; node != NULL; node = node->next) {
    g_autofree gchar *url = get_text (node, "media");
    g_autofree gchar *range = get_text (node, "mediaRange");

    if (is_element (node, "SegmentURL") &&
        !add_segment (self, track, url, range,
            duration * track->segments->len, duration))
      return;
  }
  track->exact = timeline != NULL;
  if (timeline != NULL)
    read_timeline (self, track, timeline, on_list_time, &next);
}

/* One file: its init segment and index by their bytes, and all of it as the
 * one segment. */
static void
read_base (Reader *self, HabMpdTrack *track, xmlNode *base)
{
  xmlNode *init = base ? find_child (base, "Initialization") : NULL;
  g_autofree gchar *index = get_text (base, "indexRange");
  g_autofree gchar *range = get_text (init, "range");

  track->timescale = 1;
  if (base != NULL)
    track->timescale =
        MAX (get_inherited (self, "SegmentBase", "timescale", 1), 1);
  track->has_initial = TRUE;
  if (init != NULL && range != NULL)
    read_bytes (self, NULL, range, &track->init);
  if (index != NULL)
    read_bytes (self, NULL, index, &track->index);
  add_segment (self, track, NULL, NULL, 0, 0);
}

/* --- representations ------------------------------------------------- */

static void
read_protections (HabMpdTrack *track, xmlNode *parent)
{
  for (xmlNode *node = parent->children; node != NULL; node = node->next) {
    HabMpdProtection *protection;
    xmlNode *pssh;
    gchar *scheme;

    if (!is_element (node, "ContentProtection"))
      continue;
    protection = g_new0 (HabMpdProtection, 1);
    scheme = get_text (node, "schemeIdUri");
    protection->scheme = scheme ? g_ascii_strdown (scheme, -1) : g_strdup ("");
    g_free (scheme);
    protection->value = get_text (node, "value");
    /* In a namespace of its own. */
    for (xmlAttr *attribute = node->properties; attribute != NULL;
         attribute = attribute->next)
      if (g_str_equal ((const gchar *) attribute->name, "default_KID") &&
          protection->default_kid == NULL) {
        xmlChar *value = xmlNodeGetContent ((xmlNode *) attribute);

        protection->default_kid = g_strdup ((const gchar *) value);
        xmlFree (value);
      }
    pssh = find_child (node, "pssh");
    if (pssh != NULL) {
      xmlChar *value = xmlNodeGetContent (pssh);

      protection->pssh = g_strdup (g_strstrip ((gchar *) value));
      xmlFree (value);
    }
    g_ptr_array_add (track->protections, protection);
  }
}

static gchar *
get_mime_type (Reader *self)
{
  gchar *mime_type = get_common (self, "mimeType");
  g_autofree gchar *content_type = NULL;

  if (mime_type != NULL)
    return mime_type;
  content_type = get_common (self, "contentType");
  return g_strconcat (content_type ? content_type : "unknown", "/mp4", NULL);
}

static void
read_facts (Reader *self, HabMpdTrack *track)
{
  xmlNode *node = self->levels[3];
  guint64 number;

  track->id = get_text (node, "id");
  if (track->id == NULL)
    track->id = g_strdup ("");
  track->mime_type = get_mime_type (self);
  track->codecs = get_common (self, "codecs");
  get_number (self, node, "bandwidth", G_MAXUINT32, &track->bandwidth);
  if (get_number (self, node, "width", G_MAXUINT16, &number) ||
      get_number (self, self->levels[2], "width", G_MAXUINT16, &number))
    track->width = number;
  if (get_number (self, node, "height", G_MAXUINT16, &number) ||
      get_number (self, self->levels[2], "height", G_MAXUINT16, &number))
    track->height = number;
  read_protections (track, self->levels[2]);
  read_protections (track, node);
}

static void
read_representation (Reader *self)
{
  HabMpdTrack *track = track_new ();
  xmlNode *list;

  g_ptr_array_add (self->document->tracks, track);
  read_facts (self, track);
  track->timescale = 1;
  if (!build_base (self))
    return;
  list = find_inherited (self, "SegmentList", NULL);
  if (find_inherited (self, "SegmentTemplate", NULL) != NULL)
    read_template (self, track);
  else if (list != NULL)
    read_list (self, track, list);
  else
    read_base (self, track, find_inherited (self, "SegmentBase", NULL));
}

static void
read_level (Reader *self, guint level)
{
  static const gchar *const names[] = {
    "MPD", "Period", "AdaptationSet", "Representation"
  };
  xmlNode *parent = self->levels[level - 1];

  for (xmlNode *node = parent->children; node != NULL; node = node->next) {
    if (!is_element (node, names[level]))
      continue;
    self->levels[level] = node;
    if (level == 1) {
      g_autofree gchar *duration = get_text (node, "duration");

      self->document->n_periods++;
      self->period_duration = duration ? hab_mpd_parse_duration (duration) :
          self->document->duration;
    }
    if (level == N_LEVELS - 1)
      read_representation (self);
    else
      read_level (self, level + 1);
  }
}

static void
read_root (Reader *self, xmlNode *root)
{
  g_autofree gchar *duration = get_text (root, "mediaPresentationDuration");
  g_autofree gchar *type = get_text (root, "type");

  self->levels[0] = root;
  self->document->dynamic = g_strcmp0 (type, "dynamic") == 0;
  self->document->duration = hab_mpd_parse_duration (duration);
  if (self->document->duration < 0 && !self->document->dynamic)
    hab_report_warning (self->report, "duration", self->document->name, -1,
        "there is no mediaPresentationDuration");
  read_level (self, 1);
  if (self->document->tracks->len == 0)
    hab_report_error (self->report, "mpd", self->document->name, -1,
        "there is no Representation");
}

static xmlDoc *
load (const gchar *folder, const gchar *name, HabReport *report)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  xmlDoc *doc = NULL;

  if (!g_file_get_contents (path, &text, &length, &error)) {
    hab_report_error (report, "missing", name, -1, "%s", error->message);
    return NULL;
  }
  /* No network, no entities of other files, and no end of what one expands to
   * is libxml's to see to. */
  if (length <= MAX_FILE)
    doc = xmlReadMemory (text, length, name, NULL,
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (doc == NULL) {
    const xmlError *last = xmlGetLastError ();

    hab_report_error (report, "mpd", name, -1, "line %d: it is no XML: %s",
        last ? last->line : 0,
        last && last->message ? g_strchomp (last->message) : "too large");
  }
  return doc;
}

HabMpdDocument *
hab_mpd_document_read (const gchar *folder, const gchar *name,
    HabReport *report)
{
  xmlDoc *doc = load (folder, name, report);
  xmlNode *root = doc ? xmlDocGetRootElement (doc) : NULL;
  Reader self = {
    .report = report,
    .n_files = hab_folder_count_files (folder, MAX_SEGMENTS),
  };

  if (root == NULL)
    return NULL;
  self.document = g_new0 (HabMpdDocument, 1);
  self.document->name = g_strdup (name);
  self.document->tracks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) track_free);
  if (is_element (root, "MPD"))
    read_root (&self, root);
  else
    hab_report_error (report, "mpd", name, -1, "its root is %s, not MPD",
        (const gchar *) root->name);
  g_free (self.base);
  xmlFreeDoc (doc);
  return self.document;
}
