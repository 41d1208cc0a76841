/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "content-keys.h"
#include "package.h"
#include "video-encoder.h"

typedef struct
{
  gchar *kid, *key_file, *iv, *encrypt, *license_url, *hls_key_url;
  gchar *hls_key_format, *ladder, *encoder;
  gdouble segment_duration;
  gboolean single_file, hls;
  gchar **texts;
  guint8 iv_bytes[HAB_KEY_SIZE];
  HabLadder *rungs; /* that ladder names, or NULL */
} Options;

static void
options_clear (Options *options)
{
  g_free (options->kid);
  g_free (options->key_file);
  g_free (options->iv);
  g_free (options->encrypt);
  g_free (options->license_url);
  g_free (options->hls_key_url);
  g_free (options->hls_key_format);
  g_free (options->ladder);
  g_free (options->encoder);
  g_clear_pointer (&options->rungs, hab_ladder_free);
  g_strfreev (options->texts);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* --- a person who watches, and may lose patience ---------------------- */

static void
show_progress (const HabPackageProgress *progress, gpointer data)
{
  if (isatty (STDERR_FILENO))
    g_printerr ("\r%3d %%", (int) (progress->fraction * 100));
}

static void
show_stage (const gchar *stage, const gchar *file, gpointer data)
{
  if (isatty (STDERR_FILENO))
    g_printerr ("\r%s: %s\n", stage, file);
}

static void
show_rendition (const HabPackageRendition *rendition, gpointer data)
{
  g_printerr ("%s: %ux%u, %" G_GUINT64_FORMAT " kb/s, %s\n", rendition->name,
      rendition->width, rendition->height, rendition->bitrate / 1000,
      rendition->encoder ? rendition->encoder : "as it is");
}

static void
show_note (const gchar *note, gpointer data)
{
  g_printerr ("%s: %s\n", g_get_prgname (), note);
}

static gpointer
wait_for_signal (gpointer data)
{
  sigset_t signals;
  int number;

  sigemptyset (&signals);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGTERM);
  sigwait (&signals, &number);
  g_cancellable_cancel (data);
  return NULL;
}

/* Blocked in this thread and all that it starts: one of its own waits for
 * them, and goes with the process. */
static void
cancel_on_signal (GCancellable *cancellable)
{
  sigset_t signals;

  sigemptyset (&signals);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGTERM);
  pthread_sigmask (SIG_BLOCK, &signals, NULL);
  g_thread_unref (g_thread_new ("signals", wait_for_signal, cancellable));
}

/* --- the command ------------------------------------------------------ */

static gboolean
usage_error (const gchar *what)
{
  g_printerr ("%s: %s\n", g_get_prgname (), what);
  return FALSE;
}

static gboolean
read_key_format (const gchar *name, gboolean *clearkey)
{
  *clearkey = g_strcmp0 (name, "clearkey") == 0;
  return name == NULL || *clearkey || g_str_equal (name, "identity");
}

static gboolean
check_ladder (Options *options, HabPackageConfig *config)
{
  g_autoptr (GError) error = NULL;

  if (hab_video_encoder_find (options->encoder) == NULL)
    return usage_error ("--encoder must be openh264 or x264");
  if (options->ladder == NULL)
    return options->encoder == NULL ||
        usage_error ("--encoder goes with --ladder");
  options->rungs = hab_ladder_parse (options->ladder, &error);
  if (options->rungs == NULL) {
    g_prefix_error (&error, "--ladder: ");
    return usage_error (error->message);
  }
  config->ladder = options->rungs;
  config->encoder = options->encoder;
  return TRUE;
}

static gboolean
check_options (Options *options, HabPackageConfig *config)
{
  if (options->encrypt != NULL &&
      !hab_encrypt_from_string (options->encrypt, &config->encrypt))
    return usage_error ("--encrypt must be video, all or none");
  if (!(options->segment_duration >= 0.5 && options->segment_duration <= 60))
    return usage_error ("--segment-duration must be 0.5 to 60 seconds");
  if (config->encrypt != HAB_ENCRYPT_NONE &&
      (options->kid == NULL || options->key_file == NULL))
    return usage_error ("--kid and --key-file are missing, or --encrypt none");
  config->segment_duration_ns = options->segment_duration * 1e9 + 0.5;
  if (options->hls_key_url != NULL && !options->hls)
    return usage_error ("--hls-key-url goes with --hls");
  if (!read_key_format (options->hls_key_format, &config->hls_clearkey))
    return usage_error ("--hls-key-format must be identity or clearkey");
  config->license_url = options->license_url;
  config->single_file = options->single_file;
  config->hls = options->hls;
  config->texts = (const gchar *const *) options->texts;
  config->hls_key_url = options->hls_key_url;
  return check_ladder (options, config);
}

static gboolean
read_keys (Options *options, HabPackageConfig *config, GError **error)
{
  HabContentKey *key = &config->keys[HAB_TRACK_VIDEO];

  if (config->encrypt == HAB_ENCRYPT_NONE)
    return TRUE;
  if (!hab_key_parse (options->kid, key->kid, error)) {
    g_prefix_error (error, "--kid: ");
    return FALSE;
  }
  if (options->iv && !hab_key_parse (options->iv, options->iv_bytes, error)) {
    g_prefix_error (error, "--iv: ");
    return FALSE;
  }
  config->iv = options->iv ? options->iv_bytes : NULL;
  if (!hab_key_read_file (options->key_file, key->kid, key->key, error))
    return FALSE;
  config->keys[HAB_TRACK_AUDIO] = *key;
  return TRUE;
}

static HabExit
run (HabPackageConfig *config, Options *options, const gchar *folder)
{
  const HabPackageObserver observer = {
    .progress = show_progress,
    .stage = show_stage,
    .rendition = show_rendition,
    .note = show_note,
  };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree gchar *manifest = g_build_filename (folder, "stream.mpd", NULL);
  GError *error = NULL;

  if (!read_keys (options, config, &error))
    return hab_cmd_fail ("keys", error);
  if (g_mkdir_with_parents (folder, 0777) < 0) {
    g_printerr ("%s: %s: %s\n", g_get_prgname (), folder, g_strerror (errno));
    return HAB_EXIT_CANT_CREATE;
  }
  cancel_on_signal (cancellable);
  config->manifest = manifest;
  if (!hab_cmd_init_gstreamer (&error) ||
      !hab_package_run (config, &observer, cancellable, &error))
    return hab_cmd_fail (config->input, error);
  g_print ("%s\n", manifest);
  return HAB_EXIT_OK;
}

HabExit
hab_cmd_package (int argc, char **argv)
{
  g_auto (Options) options = { .segment_duration = 4 };
  const GOptionEntry entries[] = {
    { "kid", 0, 0, G_OPTION_ARG_STRING, &options.kid,
        "id of the content key: 32 hex digits, base64, base64url or a UUID",
        "KID" },
    { "key-file", 0, 0, G_OPTION_ARG_FILENAME, &options.key_file,
        "file with the content key on its first line, in any of these forms",
        "FILE" },
    { "iv", 0, 0, G_OPTION_ARG_STRING, &options.iv,
        "initialization vector, in a form of the kid: the same input, key and "
        "IV give the same bytes; random by default", "IV" },
    { "encrypt", 0, 0, G_OPTION_ARG_STRING, &options.encrypt,
        "video (the default), all or none", "WHAT" },
    { "segment-duration", 0, 0, G_OPTION_ARG_DOUBLE, &options.segment_duration,
        "length of a segment at least, 4 by default; video is cut where a GOP "
        "begins", "SECONDS" },
    { "license-url", 0, 0, G_OPTION_ARG_STRING, &options.license_url,
        "address of a Clear Key licence server, for the manifest", "URL" },
    { "single-file", 0, 0, G_OPTION_ARG_NONE, &options.single_file,
        "write each track as one file with a segment index, and a manifest of "
        "the on-demand profile", NULL },
    { "hls", 0, 0, G_OPTION_ARG_NONE, &options.hls,
        "write HLS playlists over the same segments, too: OUT_DIR/stream.m3u8",
        NULL },
    { "hls-key-url", 0, 0, G_OPTION_ARG_STRING, &options.hls_key_url,
        "address of the 16 bytes of the key, for the playlists", "URL" },
    { "hls-key-format", 0, 0, G_OPTION_ARG_STRING, &options.hls_key_format,
        "identity (default) or clearkey, which is what hls.js takes", "FORMAT" },
    { "text", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.texts,
        "file of subtitles beside INPUT, as SubRip or WebVTT, with its "
        "language where that is known; may be given more than once",
        "FILE[:LANGUAGE]" },
    { "ladder", 0, 0, G_OPTION_ARG_STRING, &options.ladder,
        "make the video in several sizes for players to switch between: auto, or "
        "heights and kilobits per second: 720:2800,360:800", "LADDER" },
    { "encoder", 0, 0, G_OPTION_ARG_STRING, &options.encoder,
        "encoder of the ladder: openh264 (the default) or x264, where it is "
        "installed", "NAME" },
    G_OPTION_ENTRY_NULL
  };
  HabPackageConfig config = { .records_fd = -1 };
  HabExit status;

  if (!hab_cmd_parse (&argc, &argv, "INPUT OUT_DIR",
          "Packages INPUT as MPEG-DASH, and on demand HLS, with CBCS Common "
          "Encryption: OUT_DIR/stream.mpd and its segments.", entries, 2) ||
      !check_options (&options, &config))
    return HAB_EXIT_USAGE;
  config.input = argv[1];
  status = run (&config, &options, argv[2]);
  hab_key_wipe (config.keys, sizeof config.keys);
  return status;
}
