/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mpd-document.h"

static void
segment_clear (gpointer segment)
{
  g_free (((HabMpdSegment *) segment)->bytes.file);
}

GArray *
hab_mpd_segments_new (void)
{
  GArray *segments = g_array_new (FALSE, TRUE, sizeof (HabMpdSegment));

  g_array_set_clear_func (segments, segment_clear);
  return segments;
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
  g_free (track->init.file);
  g_free (track->index.file);
  g_array_unref (track->segments);
  g_ptr_array_unref (track->protections);
  g_free (track);
}

HabMpdDocument *
hab_mpd_document_new (const gchar *name)
{
  HabMpdDocument *document = g_new0 (HabMpdDocument, 1);

  document->name = g_strdup (name);
  document->tracks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) track_free);
  return document;
}

void
hab_mpd_document_free (HabMpdDocument *document)
{
  g_free (document->name);
  g_ptr_array_unref (document->tracks);
  g_free (document);
}

HabMpdTrack *
hab_mpd_document_add_track (HabMpdDocument *document)
{
  HabMpdTrack *track = g_new0 (HabMpdTrack, 1);

  track->timescale = 1;
  track->segments = hab_mpd_segments_new ();
  track->protections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) protection_free);
  g_ptr_array_add (document->tracks, track);
  return track;
}
