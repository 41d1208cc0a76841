/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-reader.h"

#include <libxml/parser.h>

#include "folder-size.h"
#include "mpd-address.h"
#include "mpd-segment-info.h"

#define MAX_FILE (64 * 1024 * 1024)

typedef struct
{
  HabMpdScope scope;
  HabMpdBounds bounds;
} Reader;

/* --- representations --------------------------------------------------- */

/* (transfer full) (nullable): cenc:default_KID, of whatever namespace. */
static gchar *
get_default_kid (xmlNode *node)
{
  for (xmlAttr *attribute = node->properties; attribute != NULL;
       attribute = attribute->next)
    if (g_str_equal ((const gchar *) attribute->name, "default_KID"))
      return hab_mpd_get_content ((xmlNode *) attribute);
  return NULL;
}

static HabMpdProtection *
protection_new (xmlNode *node)
{
  HabMpdProtection *protection = g_new0 (HabMpdProtection, 1);
  g_autofree gchar *scheme = hab_mpd_get_text (node, "schemeIdUri");

  protection->scheme = g_ascii_strdown (scheme != NULL ? scheme : "", -1);
  protection->value = hab_mpd_get_text (node, "value");
  protection->default_kid = get_default_kid (node);
  protection->pssh =
      hab_mpd_get_content (hab_mpd_find_child (node, "pssh"));
  if (protection->pssh != NULL)
    g_strstrip (protection->pssh);
  return protection;
}

static void
read_protections (HabMpdTrack *track, xmlNode *parent)
{
  for (xmlNode *node = parent->children; node != NULL; node = node->next)
    if (hab_mpd_is_element (node, "ContentProtection"))
      g_ptr_array_add (track->protections, protection_new (node));
}

static gchar *
get_mime_type (HabMpdScope *self)
{
  gchar *mime_type = hab_mpd_scope_get_common (self, "mimeType");
  g_autofree gchar *content_type = NULL;

  if (mime_type != NULL)
    return mime_type;
  content_type = hab_mpd_scope_get_common (self, "contentType");
  return g_strconcat (content_type ? content_type : "unknown", "/mp4", NULL);
}

/* In pixels; 0 where it is not said. */
static guint
get_size (HabMpdScope *self, const gchar *name)
{
  guint64 number = 0;

  if (!hab_mpd_scope_get_number (self, self->levels[HAB_MPD_REPRESENTATION],
          name, G_MAXUINT16, &number))
    hab_mpd_scope_get_number (self, self->levels[HAB_MPD_ADAPTATION_SET],
        name, G_MAXUINT16, &number);
  return number;
}

static void
read_facts (HabMpdScope *self, HabMpdTrack *track)
{
  xmlNode *node = self->levels[HAB_MPD_REPRESENTATION];

  track->id = hab_mpd_get_text (node, "id");
  if (track->id == NULL)
    track->id = g_strdup ("");
  track->mime_type = get_mime_type (self);
  track->codecs = hab_mpd_scope_get_common (self, "codecs");
  hab_mpd_scope_get_number (self, node, "bandwidth", G_MAXUINT32,
      &track->bandwidth);
  track->width = get_size (self, "width");
  track->height = get_size (self, "height");
  read_protections (track, self->levels[HAB_MPD_ADAPTATION_SET]);
  read_protections (track, node);
}

static void
read_representation (Reader *self)
{
  HabMpdTrack *track = hab_mpd_document_add_track (self->scope.document);

  read_facts (&self->scope, track);
  if (hab_mpd_scope_find_base (&self->scope))
    hab_mpd_read_segments (&self->scope, track, &self->bounds);
}

/* --- what they are in -------------------------------------------------- */

static void
begin_period (HabMpdScope *self, xmlNode *period)
{
  g_autofree gchar *duration = hab_mpd_get_text (period, "duration");

  self->document->n_periods++;
  self->period_duration = duration != NULL
      ? hab_mpd_parse_duration (duration)
      : self->document->duration;
}

static void
read_level (Reader *self, HabMpdLevel level)
{
  static const gchar *const names[] = {
    [HAB_MPD_PERIOD] = "Period",
    [HAB_MPD_ADAPTATION_SET] = "AdaptationSet",
    [HAB_MPD_REPRESENTATION] = "Representation",
  };
  xmlNode *parent = self->scope.levels[level - 1];

  for (xmlNode *node = parent->children; node != NULL; node = node->next) {
    if (!hab_mpd_is_element (node, names[level]))
      continue;
    self->scope.levels[level] = node;
    if (level == HAB_MPD_PERIOD)
      begin_period (&self->scope, node);
    if (level == HAB_MPD_REPRESENTATION)
      read_representation (self);
    else
      read_level (self, level + 1);
  }
}

static void
read_root (Reader *self, xmlNode *root)
{
  HabMpdDocument *document = self->scope.document;
  g_autofree gchar *duration =
      hab_mpd_get_text (root, "mediaPresentationDuration");
  g_autofree gchar *type = hab_mpd_get_text (root, "type");

  self->scope.levels[HAB_MPD_ROOT] = root;
  document->dynamic = g_strcmp0 (type, "dynamic") == 0;
  document->duration = hab_mpd_parse_duration (duration);
  if (document->duration < 0 && !document->dynamic)
    hab_report_warning (self->scope.report, "duration", document->name, -1,
        "there is no mediaPresentationDuration");
  read_level (self, HAB_MPD_PERIOD);
  if (document->tracks->len == 0)
    hab_mpd_scope_error (&self->scope, "mpd", "there is no Representation");
}

/* --- the file ---------------------------------------------------------- */

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
    .scope.report = report,
    .bounds.n_files = hab_folder_count_files (folder, HAB_MPD_MAX_SEGMENTS),
  };

  if (root == NULL)
    return NULL;
  self.scope.document = hab_mpd_document_new (name);
  if (hab_mpd_is_element (root, "MPD"))
    read_root (&self, root);
  else
    hab_mpd_scope_error (&self.scope, "mpd", "its root is %s, not MPD",
        (const gchar *) root->name);
  g_free (self.scope.base);
  xmlFreeDoc (doc);
  return self.scope.document;
}
