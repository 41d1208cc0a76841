/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "manifest-files.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "hls-subtitles.h"
#include "mpd.h"
#include "output-file.h"
#include "text-file.h"

/* stream.m3u8 of stream.mpd. */
static gchar *
playlist_location (const gchar *manifest)
{
  gsize stem = strlen (manifest);

  if (g_str_has_suffix (manifest, ".mpd"))
    stem -= strlen (".mpd");
  return g_strdup_printf ("%.*s.m3u8", (gint) stem, manifest);
}

static gboolean
put_text (const HabManifestFiles *files, const gchar *folder,
    const gchar *name, const gchar *text, GError **error)
{
  return hab_output_file_put (folder, name, text, strlen (text),
      files->durable, error);
}

static gboolean
write_media_playlists (const HabManifestFiles *files, const gchar *folder,
    const HabPresentation *presentation, const HabRepresentation *rep,
    GError **error)
{
  g_autofree gchar *rep_folder = g_build_filename (folder, rep->id, NULL);
  g_autofree gchar *media = hab_hls_write_media (presentation, rep,
      &files->hls_keys);
  g_autofree gchar *i_frames = hab_hls_write_i_frames (presentation, rep,
      &files->hls_keys);

  if (i_frames && !put_text (files, rep_folder, HAB_HLS_I_FRAMES, i_frames,
                      error))
    return FALSE;
  return put_text (files, rep_folder, HAB_HLS_MEDIA, media, error);
}

/* The text's segments, and the playlist of them. */
static gboolean
write_text_playlist (const HabManifestFiles *files, const gchar *folder,
    const HabRepresentation *rep, guint64 end_ms, GError **error)
{
  g_autofree gchar *rep_folder = g_build_filename (folder, rep->id, NULL);
  guint64 end = end_ms * G_GUINT64_CONSTANT (1000000);
  guint64 length = files->text_segment_length;
  g_autofree gchar *playlist = hab_hls_write_text (end, length);

  if (length > 0 &&
      !hab_text_file_split (rep_folder, length, hab_hls_count_text (end, length),
          files->durable, error))
    return FALSE;
  return put_text (files, rep_folder, HAB_HLS_MEDIA, playlist, error);
}

/* The multivariant playlist last. */
static gboolean
write_playlists (const HabManifestFiles *files, const gchar *folder,
    const HabPresentation *presentation, const gchar *changed, GError **error)
{
  g_autofree gchar *path = playlist_location (files->location);
  g_autofree gchar *name = g_path_get_basename (path);
  g_autofree gchar *multivariant = hab_hls_write_multivariant (
      presentation);
  g_autoptr (GPtrArray) list = hab_presentation_list (presentation);
  guint64 end_ms = hab_presentation_get_end (presentation);

  for (guint i = 0; i < list->len; i++) {
    HabRepresentation *rep = list->pdata[i];

    if (changed && !g_str_equal (changed, rep->id))
      continue;
    if (rep->content.kind == HAB_MEDIA_TEXT ?
            !write_text_playlist (files, folder, rep, end_ms, error) :
            !write_media_playlists (files, folder, presentation, rep, error))
      return FALSE;
  }
  return put_text (files, folder, name, multivariant, error);
}

gboolean
hab_manifest_files_write (const HabManifestFiles *files,
    const HabPresentation *presentation, const gchar *changed, GError **error)
{
  g_autofree gchar *folder = g_path_get_dirname (files->location);
  g_autofree gchar *name = g_path_get_basename (files->location);
  g_autofree gchar *document = NULL;
  HabMpdOptions options = { files->license_url };
  gsize size;

  if (files->hls &&
      !write_playlists (files, folder, presentation, changed, error))
    return FALSE;
  document = hab_mpd_write (presentation, &options, &size);
  return hab_output_file_put (folder, name, document, size, files->durable,
      error);
}

static gboolean
remove_file (const gchar *path, GError **error)
{
  gint code;

  if (g_unlink (path) == 0 || errno == ENOENT || errno == ENOTDIR)
    return TRUE;
  code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
      "cannot remove %s: %s", path, g_strerror (code));
  return FALSE;
}

gboolean
hab_manifest_files_remove (const HabManifestFiles *files, GError **error)
{
  g_autofree gchar *playlist = playlist_location (files->location);

  return remove_file (playlist, error) &&
      remove_file (files->location, error);
}
