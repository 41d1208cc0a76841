/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "verify.h"

#include <math.h>

#include "mpd-reader.h"
#include "playlist-check.h"

/* How far from the longest of its tracks the MPD's duration may be, seconds. */
#define DURATION_SLACK 0.5

void
hab_verification_free (HabVerification *self)
{
  g_free (self->folder);
  g_free (self->manifest);
  g_ptr_array_unref (self->tracks);
  hab_report_free (self->report);
  g_free (self);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar *const *) a, *(const gchar *const *) b);
}

/* (transfer full) (nullable): the name of the one MPD, or stream.mpd. */
static gchar *
find_manifest (const gchar *folder, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const gchar *name;

  if (dir == NULL)
    return NULL;
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".mpd"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    if (names->len == 1 || g_str_equal (names->pdata[i], "stream.mpd"))
      return g_strdup (names->pdata[i]);
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
      names->len == 0 ? "there is no .mpd in it" :
                        "there are several .mpd in it; name one");
  return NULL;
}

static gboolean
find_place (HabVerification *self, const gchar *path, GError **error)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    self->folder = g_strdup (path);
    self->manifest = find_manifest (path, error);
  } else if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    self->folder = g_path_get_dirname (path);
    self->manifest = g_path_get_basename (path);
  } else
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "there is no such file or folder");
  return self->manifest != NULL;
}

/* Of several periods it is that of all of them, which is not added up here. Where
 * all tracks begin late it may be how long they last, or when they end. */
static void
check_duration (HabVerification *self, const HabMpdDocument *document)
{
  gdouble longest = 0, end = 0;

  for (guint i = 0; i < self->tracks->len; i++) {
    const HabTrackSummary *track = self->tracks->pdata[i];

    longest = MAX (longest, track->duration);
    end = MAX (end, track->end);
  }
  self->duration = document->duration;
  if (longest > 0 && self->duration >= 0 &&
      (longest > self->duration + DURATION_SLACK ||
          (document->n_periods == 1 &&
              MAX (longest, end) < self->duration - DURATION_SLACK)))
    hab_report_error (self->report, "duration", self->manifest, -1,
        "mediaPresentationDuration is %.3f s, the longest track has %.3f s",
        self->duration, longest);
}

static void
check (HabVerification *self, const HabMpdDocument *document,
    const HabContentKeys *keys)
{
  HabVerifyContext context = {
    .folder = self->folder,
    .keys = keys,
    .report = self->report,
    .segments =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free),
  };

  for (guint i = 0; i < document->tracks->len; i++)
    g_ptr_array_add (self->tracks,
        hab_track_check (&context, document, document->tracks->pdata[i]));
  check_duration (self, document);
  self->n_playlists = hab_playlists_check (&context);
  g_hash_table_unref (context.segments);
}

HabVerification *
hab_verify (const gchar *path, const HabContentKeys *keys, GError **error)
{
  g_autoptr (HabVerification) self = g_new0 (HabVerification, 1);
  g_autoptr (HabMpdDocument) document = NULL;

  self->duration = -1;
  self->report = hab_report_new ();
  self->tracks = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_track_summary_free);
  if (!find_place (self, path, error))
    return NULL;
  document = hab_mpd_document_read (self->folder, self->manifest,
      self->report);
  if (document != NULL)
    check (self, document, keys);
  return g_steal_pointer (&self);
}
