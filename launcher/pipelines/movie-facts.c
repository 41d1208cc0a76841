/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "movie-facts.h"

#include <fcntl.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "media.h"
#include "mp4-movie.h"

struct _HabMovieFacts
{
  GHashTable *languages; /* by track number, where qtdemux knows less */
  GHashTable *all_languages; /* by track number */
};

/* qtdemux 1.22.0 does not know the box of a language with a script or a
 * region. */
static void
keep_languages (HabMovieFacts *self, const HabMp4Movie *movie)
{
  for (guint i = 0; i < hab_mp4_movie_get_n_tracks (movie); i++) {
    const HabMp4Track *track = hab_mp4_movie_get_track (movie, i);

    if (track->extended_language[0] || track->language[0])
      g_hash_table_insert (self->all_languages, GUINT_TO_POINTER (track->id),
          g_strdup (track->extended_language[0] ? track->extended_language :
                                                  track->language));
    if (track->extended_language[0])
      g_hash_table_insert (self->languages, GUINT_TO_POINTER (track->id),
          g_strdup (track->extended_language));
  }
}

static gboolean
read_movie (HabMovieFacts *self, gint fd, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (HabMp4Movie) movie = hab_mp4_movie_open_fd (fd, &cause);
  gboolean damaged;

  for (guint i = 0; movie && cause == NULL &&
       i < hab_mp4_movie_get_n_tracks (movie); i++)
    hab_mp4_sample_table_check_extents (
        &hab_mp4_movie_get_track (movie, i)->table,
        hab_mp4_movie_get_size (movie), &cause);
  if (movie)
    keep_languages (self, movie);
  /* parsebin may keep to itself what qtdemux says of it. */
  damaged = movie && cause == NULL && hab_mp4_movie_is_fragmented (movie) &&
      !hab_mp4_movie_check_boxes (movie, &cause);
  if (!damaged &&
      !g_error_matches (cause, HAB_MP4_ERROR, HAB_MP4_ERROR_TRUNCATED))
    return TRUE;
  g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NOT_MEDIA,
      cause->message);
  return FALSE;
}

HabMovieFacts *
hab_movie_facts_read (const gchar *path, GError **error)
{
  g_autoptr (HabMovieFacts) self = g_new0 (HabMovieFacts, 1);
  gint fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean fine;

  self->languages = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->all_languages = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  if (fd < 0)
    return g_steal_pointer (&self);
  fine = read_movie (self, fd, error);
  close (fd);
  return fine ? g_steal_pointer (&self) : NULL;
}

void
hab_movie_facts_free (HabMovieFacts *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->languages);
  g_hash_table_unref (self->all_languages);
  g_free (self);
}

const gchar *
hab_movie_facts_get_language (const HabMovieFacts *self, guint track)
{
  return g_hash_table_lookup (self->all_languages, GUINT_TO_POINTER (track));
}

/* data: the language of the stream, which is put into its tags. */
static GstPadProbeReturn
on_tags (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstTagList *tags;

  if (GST_EVENT_TYPE (event) != GST_EVENT_TAG)
    return GST_PAD_PROBE_OK;
  gst_event_parse_tag (event, &tags);
  if (gst_tag_list_get_scope (tags) != GST_TAG_SCOPE_STREAM)
    return GST_PAD_PROBE_OK;
  tags = gst_tag_list_copy (tags);
  gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, data,
      NULL);
  gst_event_unref (event);
  GST_PAD_PROBE_INFO_DATA (info) = gst_event_new_tag (tags);
  return GST_PAD_PROBE_OK;
}

void
hab_movie_facts_mend_tags (const HabMovieFacts *self, guint track, GstPad *pad)
{
  const gchar *language =
      g_hash_table_lookup (self->languages, GUINT_TO_POINTER (track));

  if (language)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_tags,
        g_strdup (language), g_free);
}
