/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A presentation on disk as `haberdash verify` looks at it as a whole: files one
 * after the other, each a byte that says which, its length and its bytes. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "verify.h"

#define MAX_FILES 16

/* What `haberdash package` writes of a film with sound. */
static const gchar *const names[] = {
  "stream.mpd", "stream.m3u8", "video_0/init.mp4", "video_0/1.m4s",
  "video_0/2.m4s", "video_0/playlist.m3u8", "video_0/iframes.m3u8",
  "video_0/track.mp4", "audio_0/init.mp4", "audio_0/1.m4s", "audio_0/2.m4s",
  "audio_0/playlist.m3u8", "audio_0/track.mp4", "text_0/track.vtt",
  "text_0/playlist.m3u8",
};
static const gchar *const folders[] = { "video_0", "audio_0", "text_0" };

static gchar *place;

static void
remove_place (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree gchar *path = g_build_filename (place, folders[i], NULL);

    g_rmdir (path);
  }
  g_rmdir (place);
  g_clear_pointer (&place, g_free);
}

static void
make_place (void)
{
  place = g_dir_make_tmp ("hab-fuzz-verify-XXXXXX", NULL);
  g_assert_nonnull (place);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree gchar *path = g_build_filename (place, folders[i], NULL);

    g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  }
  atexit (remove_place);
}

static void
take_file (FuzzInput *input)
{
  g_autofree gchar *path = g_build_filename (place,
      names[fuzz_take_u8 (input) % G_N_ELEMENTS (names)], NULL);
  gsize size;
  g_autofree guint8 *data = fuzz_take_block (input, &size);
  FILE *file = fopen (path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (data, 1, size, file), ==, size);
  fclose (file);
}

static void
remove_files (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = g_build_filename (place, names[i], NULL);

    g_unlink (path);
  }
}

static void
check_track (const HabTrackSummary *track)
{
  g_assert_cmpuint (track->n_decrypted, <=, track->n_encrypted);
  g_assert_cmpuint (track->n_encrypted, <=, track->n_samples);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static const guint8 key[HAB_KEY_SIZE] = { 1 };
  FuzzInput input = { data, size };
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();
  g_autoptr (HabVerification) verification = NULL;
  g_autoptr (GError) error = NULL;

  if (place == NULL)
    make_place ();
  for (guint i = 0; i < MAX_FILES && input.size > 0; i++)
    take_file (&input);
  hab_content_keys_set (keys, NULL, key);
  verification = hab_verify (place, keys, &error);
  g_assert_true ((verification == NULL) == (error != NULL));
  for (guint i = 0; verification != NULL && i < verification->tracks->len; i++)
    check_track (verification->tracks->pdata[i]);
  remove_files ();
  return 0;
}
