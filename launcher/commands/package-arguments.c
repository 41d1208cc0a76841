/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "command-jail.h"
#include "commands.h"
#include "content-keys.h"
#include "pssh-boxes.h"
#include "video-encoder.h"

#define MAX_CLEAR_LEAD 86400.0 /* seconds */

void
hab_package_arguments_clear (HabPackageArguments *self)
{
  gchar **const texts[] = { &self->kid, &self->audio_kid, &self->key_file,
    &self->audio_key_file, &self->new_key, &self->iv, &self->encrypt,
    &self->license_url, &self->hls_key_url, &self->hls_key_format,
    &self->tracks, &self->languages, &self->progress_word, &self->folder,
    &self->input, &self->ladder, &self->encoder,
    &self->pssh, &self->sandbox_word };

  hab_key_wipe (self->config.keys, sizeof self->config.keys);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_clear_pointer (texts[i], g_free);
  g_clear_pointer (&self->rungs, hab_ladder_free);
  g_strfreev (self->texts);
  g_strfreev (self->track_list);
  g_strfreev (self->language_list);
}

/* --- checking ----------------------------------------------------------- */

/* What would be passed over without a word is refused: who gives a key expects
 * that something is encrypted with it. */
static gboolean
check_no_keys (const HabPackageArguments *self)
{
  const struct
  {
    const gchar *option, *value;
  } rows[] = {
    { "--kid", self->kid },
    { "--key-file", self->key_file },
    { "--new-key", self->new_key },
    { "--audio-kid", self->audio_kid },
    { "--audio-key-file", self->audio_key_file },
    { "--iv", self->iv },
    { "--license-url", self->license_url },
    { "--hls-key-url", self->hls_key_url },
    { "--hls-key-format", self->hls_key_format },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].value != NULL)
      return hab_cmd_usage_error ("%s goes with encryption: --encrypt none "
          "has no keys", rows[i].option);
  return self->clear_lead == 0 ||
      hab_cmd_usage_error ("--clear-lead goes with encryption: with --encrypt "
          "none all is in the clear");
}

static gboolean
check_keys (HabPackageArguments *self)
{
  if (self->config.encrypt == HAB_ENCRYPT_NONE)
    return check_no_keys (self);
  if (self->new_key != NULL)
    return (self->kid == NULL && self->key_file == NULL &&
            self->audio_kid == NULL && self->audio_key_file == NULL) ||
        hab_cmd_usage_error ("--new-key draws the keys and their ids: it goes "
            "without --kid, --key-file and those of audio");
  if (self->kid == NULL || self->key_file == NULL)
    return hab_cmd_usage_error ("--kid and --key-file are missing, or "
        "--new-key, or --encrypt none");
  if (self->audio_kid == NULL && self->audio_key_file != NULL)
    return hab_cmd_usage_error ("--audio-key-file goes with --audio-kid");
  if (self->audio_kid != NULL && self->config.encrypt != HAB_ENCRYPT_ALL)
    return hab_cmd_usage_error ("--audio-kid goes with --encrypt all");
  return TRUE;
}

static gboolean
check_times (HabPackageArguments *self)
{
  if (!(self->segment_duration >= 0.5 && self->segment_duration <= 60))
    return hab_cmd_usage_error ("--segment-duration must be 0.5 to 60 seconds");
  if (!(self->clear_lead >= 0 && self->clear_lead <= MAX_CLEAR_LEAD))
    return hab_cmd_usage_error ("--clear-lead must be 0 to 86400 seconds");
  self->config.segment_duration_ns = self->segment_duration * 1e9 + 0.5;
  self->config.clear_lead_ns = self->clear_lead * 1e9 + 0.5;
  return TRUE;
}

static gboolean
check_playlists (HabPackageArguments *self)
{
  const gchar *format = self->hls_key_format;

  if (self->hls_key_url != NULL && !self->hls)
    return hab_cmd_usage_error ("--hls-key-url goes with --hls");
  self->config.hls_clearkey = g_strcmp0 (format, "clearkey") == 0;
  return format == NULL || self->config.hls_clearkey ||
      g_str_equal (format, "identity") ||
      hab_cmd_usage_error ("--hls-key-format must be identity or clearkey");
}

static gchar **
split (const gchar *list)
{
  return list != NULL ? g_strsplit (list, ",", -1) : NULL;
}

static gboolean
check_choice (HabPackageArguments *self)
{
  HabTrackChoice *choice = &self->config.choice;
  g_autoptr (GError) error = NULL;

  self->track_list = split (self->tracks);
  self->language_list = split (self->languages);
  choice->tracks = (const gchar *const *) self->track_list;
  choice->languages = (const gchar *const *) self->language_list;
  return hab_track_choice_check (choice, &error) ||
      hab_cmd_usage_error ("%s", error->message);
}

static gboolean
check_pssh (HabPackageArguments *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) boxes = hab_pssh_parse_list (self->pssh, &error);

  if (boxes == NULL) {
    g_prefix_error (&error, "--pssh: ");
    return hab_cmd_usage_error ("%s", error->message);
  }
  self->config.pssh = self->pssh;
  return self->pssh == NULL || self->config.encrypt != HAB_ENCRYPT_NONE ||
      hab_cmd_usage_error ("--pssh goes with encryption");
}

static gboolean
check_ladder (HabPackageArguments *self)
{
  g_autoptr (GError) error = NULL;

  if (hab_video_encoder_find (self->encoder) == NULL)
    return hab_cmd_usage_error ("--encoder must be openh264 or x264");
  if (self->ladder == NULL)
    return self->encoder == NULL ||
        hab_cmd_usage_error ("--encoder goes with --ladder");
  self->rungs = hab_ladder_parse (self->ladder, &error);
  if (self->rungs == NULL) {
    g_prefix_error (&error, "--ladder: ");
    return hab_cmd_usage_error ("%s", error->message);
  }
  self->config.ladder = self->rungs;
  self->config.encoder = self->encoder;
  return TRUE;
}

/* --- where it goes ------------------------------------------------------- */

/* "video_0/…" and the like. */
static gboolean
is_in_track_folder (const gchar *name)
{
  static const gchar *const prefixes[] = { "video_", "audio_", "text_" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    gsize length = strlen (prefixes[i]);
    gsize digits = strncmp (name, prefixes[i], length) == 0
        ? strspn (name + length, "0123456789")
        : 0;

    if (digits > 0 && name[length + digits] == '/')
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_name_of_run (const gchar *name)
{
  return g_str_equal (name, "stream.mpd") ||
      g_str_equal (name, "stream.m3u8") || is_in_track_folder (name);
}

/* A segment, or another file that the run would remove or write anew. */
static gboolean
is_in_the_way (const gchar *file, const gchar *folder)
{
  char *full_file = realpath (file, NULL);
  char *full_folder = realpath (folder, NULL);
  gsize length = full_folder != NULL ? strlen (full_folder) : 0;
  gboolean below = full_file != NULL && length > 0 &&
      strncmp (full_file, full_folder, length) == 0 &&
      full_file[length] == '/' && is_name_of_run (full_file + length + 1);

  free (full_file);
  free (full_folder);
  return below;
}

/* (transfer full) (nullable): FILE of FILE:LANGUAGE, which may as well be the name
 * of a file. */
static gchar *
get_bare_text (const gchar *text)
{
  const gchar *colon = strrchr (text, ':');

  return colon != NULL ? g_strndup (text, colon - text) : NULL;
}

static gboolean
check_texts (const HabPackageArguments *self)
{
  for (gchar **text = self->texts; text != NULL && *text != NULL; text++) {
    g_autofree gchar *bare = get_bare_text (*text);

    if (is_in_the_way (*text, self->folder) ||
        (bare != NULL && is_in_the_way (bare, self->folder)))
      return hab_cmd_usage_error ("--text %s is where the package would write "
          "its own files; name another OUT_DIR", *text);
  }
  return TRUE;
}

static gboolean
check_places (const HabPackageArguments *self)
{
  if (is_in_the_way (self->input, self->folder))
    return hab_cmd_usage_error ("%s is where the package would write its own "
        "files; name another OUT_DIR", self->input);
  return check_texts (self);
}

void
hab_package_arguments_allow (const HabPackageArguments *self, HabJail *jail)
{
  hab_jail_allow_read (jail, self->input);
  hab_jail_allow_write (jail, self->folder);
  for (gchar **text = self->texts; text != NULL && *text != NULL; text++) {
    g_autofree gchar *bare = get_bare_text (*text);

    hab_jail_allow_read (jail, *text);
    if (bare != NULL)
      hab_jail_allow_read (jail, bare);
  }
}

/* --- all of it ----------------------------------------------------------- */

static gboolean
check (HabPackageArguments *self)
{
  HabPackageConfig *config = &self->config;

  if (self->encrypt != NULL &&
      !hab_encrypt_from_string (self->encrypt, &config->encrypt))
    return hab_cmd_usage_error ("--encrypt must be video, all or none");
  if (self->progress_word != NULL &&
      !hab_progress_style_from_string (self->progress_word, &self->progress))
    return hab_cmd_usage_error ("--progress must be auto, none or json");
  config->input = self->input;
  config->license_url = self->license_url;
  config->single_file = self->single_file;
  config->hls = self->hls;
  config->texts = (const gchar *const *) self->texts;
  config->hls_key_url = self->hls_key_url;
  config->records_fd = -1;
  return check_keys (self) && check_times (self) && check_playlists (self) &&
      check_choice (self) && check_ladder (self) && check_pssh (self) &&
      check_places (self) &&
      hab_cmd_choose_sandbox (self->sandbox_word, &self->sandbox);
}

/* --- the command line --------------------------------------------------- */

#define SUMMARY \
  "Packages INPUT as MPEG-DASH, and on demand HLS, with CBCS Common " \
  "Encryption: OUT_DIR/stream.mpd and its segments. The path of the manifest " \
  "is printed."

#define EXAMPLES \
  "Examples:\n" \
  "  haberdash package movie.mp4 out --new-key keys.txt\n" \
  "      draws a key, writes it to keys.txt and encrypts the video\n" \
  "  haberdash package movie.mkv out --hls --single-file --encrypt all \\\n" \
  "      --kid 0123…cdef --audio-kid fedc…3210 --key-file keys.txt\n" \
  "      one file a track, two keys, which keys.txt has as lines KID:KEY\n" \
  "  haberdash package movie.mkv out --encrypt none --languages en,und \\\n" \
  "      --text movie.de.srt:de --json\n" \
  "      in the clear, without sound in other languages, with subtitles; what\n" \
  "      was written is printed as JSON"

static void
add_key_entries (HabPackageArguments *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "kid", 0, 0, G_OPTION_ARG_STRING, &self->kid,
        "id of the content key: 32 hex digits, base64, base64url or a UUID",
        "KID" },
    { "key-file", 0, 0, G_OPTION_ARG_FILENAME, &self->key_file,
        "file with the content key on its first line, in any of these forms, "
        "or with a line KID:KEY for each key", "FILE" },
    { "new-key", 0, 0, G_OPTION_ARG_FILENAME, &self->new_key,
        "draw a key and its id, with --encrypt all one for audio as well, and "
        "write them to FILE, for its owner only, as lines KID:KEY; FILE must "
        "not be there yet", "FILE" },
    { "audio-kid", 0, 0, G_OPTION_ARG_STRING, &self->audio_kid,
        "id of another key for audio; that of video is taken without it",
        "KID" },
    { "audio-key-file", 0, 0, G_OPTION_ARG_FILENAME, &self->audio_key_file,
        "file with the key for audio, where --key-file has no line for it",
        "FILE" },
    { "iv", 0, 0, G_OPTION_ARG_STRING, &self->iv,
        "initialization vector, in a form of the kid: the same input, key and "
        "IV give the same bytes; random by default", "IV" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

static void
add_encryption_entries (HabPackageArguments *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "encrypt", 0, 0, G_OPTION_ARG_STRING, &self->encrypt,
        "video (the default), all or none", "WHAT" },
    { "clear-lead", 0, 0, G_OPTION_ARG_DOUBLE, &self->clear_lead,
        "leave the start in the clear, up to the first GOP behind so many "
        "seconds; 0 by default", "SECONDS" },
    { "pssh", 0, 0, G_OPTION_ARG_STRING, &self->pssh,
        "pssh boxes of DRM systems, as their licence services give them, in "
        "base64 with commas between them", "BOXES" },
    { "license-url", 0, 0, G_OPTION_ARG_STRING, &self->license_url,
        "address of a Clear Key licence server, for the manifest", "URL" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

static void
add_choice_entries (HabPackageArguments *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "tracks", 0, 0, G_OPTION_ARG_STRING, &self->tracks,
        "package these only: video, audio, text and numbers of tracks, with "
        "commas between them", "LIST" },
    { "languages", 0, 0, G_OPTION_ARG_STRING, &self->languages,
        "of audio and text package these languages only, with commas between "
        "them; und is a track without one", "LIST" },
    { "text", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->texts,
        "file of subtitles beside INPUT, as SubRip or WebVTT, with its "
        "language where that is known; may be given more than once",
        "FILE[:LANGUAGE]" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

static void
add_packaging_entries (HabPackageArguments *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "segment-duration", 0, 0, G_OPTION_ARG_DOUBLE, &self->segment_duration,
        "length of a segment at least, 4 by default; video is cut where a GOP "
        "begins", "SECONDS" },
    { "single-file", 0, 0, G_OPTION_ARG_NONE, &self->single_file,
        "write each track as one file with a segment index, and a manifest of "
        "the on-demand profile", NULL },
    { "hls", 0, 0, G_OPTION_ARG_NONE, &self->hls,
        "write HLS playlists over the same segments, too: OUT_DIR/stream.m3u8",
        NULL },
    { "hls-key-url", 0, 0, G_OPTION_ARG_STRING, &self->hls_key_url,
        "address of the 16 bytes of the key, for the playlists", "URL" },
    { "hls-key-format", 0, 0, G_OPTION_ARG_STRING, &self->hls_key_format,
        "identity (default) or clearkey, which is what hls.js takes",
        "FORMAT" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

static void
add_ladder_entries (HabPackageArguments *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "ladder", 0, 0, G_OPTION_ARG_STRING, &self->ladder,
        "make the video in several sizes for players to switch between: auto, or "
        "heights and kilobits per second: 720:2800,360:800", "LADDER" },
    { "encoder", 0, 0, G_OPTION_ARG_STRING, &self->encoder,
        "encoder of the ladder: openh264 (the default) or x264, where it is "
        "installed", "NAME" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

static void
add_output_entries (HabPackageArguments *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &self->json,
        "print what was written as a JSON object", NULL },
    { "progress", 0, 0, G_OPTION_ARG_STRING, &self->progress_word,
        "auto (default: a bar on a terminal), none, or json: an object a line "
        "on the standard error", "STYLE" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet,
        "say nothing unless something is wrong", NULL },
    HAB_CMD_SANDBOX_ENTRY (&self->sandbox_word),
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

/* (transfer full) */
static GArray *
make_entries (HabPackageArguments *self)
{
  GArray *entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  add_key_entries (self, entries);
  add_encryption_entries (self, entries);
  add_choice_entries (self, entries);
  add_packaging_entries (self, entries);
  add_ladder_entries (self, entries);
  add_output_entries (self, entries);
  return entries;
}

gboolean
hab_package_arguments_parse (HabPackageArguments *self, int argc, char **argv)
{
  g_autoptr (GArray) entries = make_entries (self);

  self->segment_duration = 4;
  if (!hab_cmd_parse (&argc, &argv, "INPUT OUT_DIR", SUMMARY, EXAMPLES,
          (const GOptionEntry *) entries->data, 2))
    return FALSE;
  self->input = g_strdup (argv[1]);
  self->folder = g_strdup (argv[2]);
  return check (self);
}

/* --- keys --------------------------------------------------------------- */

static gboolean
parse_named (const gchar *name, const gchar *text, guint8 bytes[HAB_KEY_SIZE],
    GError **error)
{
  if (hab_key_parse (text, bytes, error))
    return TRUE;
  g_prefix_error (error, "%s: ", name);
  return FALSE;
}

static gboolean
read_audio_key (HabPackageArguments *self, GError **error)
{
  HabContentKey *key = &self->config.keys[HAB_TRACK_AUDIO];
  const gchar *file =
      self->audio_key_file ? self->audio_key_file : self->key_file;

  if (self->audio_kid == NULL) {
    *key = self->config.keys[HAB_TRACK_VIDEO];
    return TRUE;
  }
  return parse_named ("--audio-kid", self->audio_kid, key->kid, error) &&
      hab_key_read_file (file, key->kid, key->key, error);
}

static gboolean
read_keys (HabPackageArguments *self, GError **error)
{
  HabContentKey *key = &self->config.keys[HAB_TRACK_VIDEO];

  return parse_named ("--kid", self->kid, key->kid, error) &&
      hab_key_read_file (self->key_file, key->kid, key->key, error) &&
      read_audio_key (self, error);
}

/* Takes text, which it wipes. */
static gboolean
write_keys (HabPackageArguments *self, gchar *text, GError **error)
{
  gsize length = strlen (text);
  gint fd = g_open (self->new_key,
      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean written;

  self->key_written = fd >= 0;
  written = fd >= 0 && write (fd, text, length) == (gssize) length;
  if (!written)
    g_set_error (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE, "%s: %s",
        self->new_key, g_strerror (errno));
  if (fd >= 0 && close (fd) < 0 && written)
    written = FALSE;
  hab_key_wipe (text, length);
  g_free (text);
  return written;
}

static gchar *
format_key (const HabContentKey *key)
{
  g_autofree gchar *kid = hab_key_to_hex (key->kid);
  gchar *hex = hab_key_to_hex (key->key);
  gchar *line = g_strconcat (kid, ":", hex, "\n", NULL);

  hab_key_wipe (hex, strlen (hex));
  g_free (hex);
  return line;
}

static gboolean
draw_key (HabContentKey *key, GError **error)
{
  if (getrandom (key->kid, HAB_KEY_SIZE, 0) == HAB_KEY_SIZE &&
      getrandom (key->key, HAB_KEY_SIZE, 0) == HAB_KEY_SIZE)
    return TRUE;
  g_set_error_literal (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FILE,
      "the system gives no random bytes");
  return FALSE;
}

static gboolean
draw_keys (HabPackageArguments *self, GError **error)
{
  HabContentKey *keys = self->config.keys;
  gchar *lines[HAB_N_TRACK_TYPES] = { NULL };
  gchar *text;

  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (!hab_encrypt_covers (self->config.encrypt, i))
      continue;
    if (!draw_key (&keys[i], error))
      return FALSE;
    lines[i] = format_key (&keys[i]);
  }
  text = g_strconcat (lines[0] ? lines[0] : "", lines[1], NULL);
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (lines[i] != NULL)
      hab_key_wipe (lines[i], strlen (lines[i]));
    g_free (lines[i]);
  }
  return write_keys (self, text, error);
}

gboolean
hab_package_arguments_load_keys (HabPackageArguments *self, GError **error)
{
  if (self->config.encrypt == HAB_ENCRYPT_NONE)
    return TRUE;
  if (self->iv != NULL &&
      !parse_named ("--iv", self->iv, self->iv_bytes, error))
    return FALSE;
  self->config.iv = self->iv != NULL ? self->iv_bytes : NULL;
  return self->new_key != NULL ? draw_keys (self, error) :
                                 read_keys (self, error);
}

void
hab_package_arguments_withdraw_keys (HabPackageArguments *self)
{
  if (self->key_written)
    g_unlink (self->new_key);
}
