/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "command-jail.h"
#include "commands.h"
#include "json-build.h"
#include "verify.h"

/* --- for people ------------------------------------------------------ */

static void
print_track (const HabTrackSummary *track)
{
  g_autofree gchar *protection = track->scheme == NULL ? g_strdup ("clear") :
      g_strdup_printf ("%s %s%s", track->scheme, track->kid,
          track->n_encrypted == 0 ? ", no sample" :
          track->n_decrypted == track->n_encrypted ? ", decrypted" :
          track->n_decrypted > 0 ? ", decrypted in part" : "");

  g_print ("%-16s %-18s %8" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT
      " %10.3f %12" G_GUINT64_FORMAT "  %s\n", track->id,
      track->codecs ? track->codecs : track->mime_type, track->n_segments,
      track->n_samples, track->duration, track->bytes, protection);
}

static void
print_finding (const HabFinding *finding)
{
  g_print ("%s: %s", hab_severity_to_string (finding->severity),
      finding->file);
  if (finding->offset >= 0)
    g_print (" at %" G_GINT64_FORMAT, finding->offset);
  g_print (": %s (%s)\n", finding->message, finding->check);
}

static void
print_text (const HabVerification *verification, gboolean quiet)
{
  const HabReport *report = verification->report;

  if (!quiet) {
    g_print ("%-16s %-18s %8s %8s %10s %12s  %s\n", "track", "codecs",
        "segments", "samples", "seconds", "bytes", "protection");
    for (guint i = 0; i < verification->tracks->len; i++)
      print_track (verification->tracks->pdata[i]);
  }
  for (guint i = 0; i < report->findings->len; i++)
    print_finding (report->findings->pdata[i]);
  if (report->findings->len < report->n_errors + report->n_warnings)
    g_print ("and %u more of the same kinds\n",
        report->n_errors + report->n_warnings - report->findings->len);
  if (!quiet)
    g_print ("%s: %u error%s, %u warning%s\n", verification->manifest,
        report->n_errors, report->n_errors == 1 ? "" : "s",
        report->n_warnings, report->n_warnings == 1 ? "" : "s");
}

/* --- for machines ---------------------------------------------------- */

static void
add_track (const HabTrackSummary *track, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  hab_json_add_text (builder, "id", track->id);
  hab_json_add_text (builder, "mime_type", track->mime_type);
  hab_json_add_text (builder, "codecs", track->codecs);
  hab_json_add_text (builder, "scheme", track->scheme);
  hab_json_add_text (builder, "kid", track->kid);
  hab_json_add_int (builder, "segments", track->n_segments);
  hab_json_add_int (builder, "samples", track->n_samples);
  hab_json_add_int (builder, "encrypted_samples", track->n_encrypted);
  hab_json_add_int (builder, "decrypted_samples", track->n_decrypted);
  hab_json_add_int (builder, "bytes", track->bytes);
  hab_json_add_double (builder, "duration", track->duration);
  json_builder_end_object (builder);
}

static void
add_finding (const HabFinding *finding, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  hab_json_add_text (builder, "severity",
      hab_severity_to_string (finding->severity));
  hab_json_add_text (builder, "check", finding->check);
  hab_json_add_text (builder, "file", finding->file);
  if (finding->offset >= 0)
    hab_json_add_int (builder, "offset", finding->offset);
  else
    hab_json_add_null (builder, "offset");
  hab_json_add_text (builder, "message", finding->message);
  json_builder_end_object (builder);
}

static void
print_json (const HabVerification *verification)
{
  const HabReport *report = verification->report;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "manifest", verification->manifest);
  hab_json_add_bool (builder, "valid", report->n_errors == 0);
  hab_json_add_int (builder, "errors", report->n_errors);
  hab_json_add_int (builder, "warnings", report->n_warnings);
  hab_json_add_int (builder, "playlists", verification->n_playlists);
  json_builder_set_member_name (builder, "tracks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < verification->tracks->len; i++)
    add_track (verification->tracks->pdata[i], builder);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "findings");
  json_builder_begin_array (builder);
  for (guint i = 0; i < report->findings->len; i++)
    add_finding (report->findings->pdata[i], builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}

/* --- the command ----------------------------------------------------- */

static gboolean
read_keys (HabContentKeys *keys, gchar **paths, GError **error)
{
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    if (!hab_content_keys_read_file (keys, paths[i], NULL, error))
      return FALSE;
  return TRUE;
}

/* The folder with all that is in it; the manifest alone may be a link to
 * elsewhere. */
static gboolean
confine (const gchar *path, HabJailMode mode, GError **error)
{
  g_autoptr (HabJail) jail = hab_jail_new ();
  g_autofree gchar *folder = g_path_get_dirname (path);

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    hab_jail_allow_read (jail, folder);
  hab_jail_allow_read (jail, path);
  return hab_cmd_confine (jail, mode, error);
}

static HabExit
verify (const gchar *path, const HabContentKeys *keys, gboolean json,
    gboolean quiet)
{
  GError *error = NULL;
  g_autoptr (HabVerification) verification = hab_verify (path, keys, &error);

  if (verification == NULL) {
    g_printerr ("%s: %s: %s\n", g_get_prgname (), path, error->message);
    g_error_free (error);
    return HAB_EXIT_NO_INPUT;
  }
  if (json)
    print_json (verification);
  else
    print_text (verification, quiet);
  return verification->report->n_errors == 0 ? HAB_EXIT_OK : HAB_EXIT_DATA;
}

HabExit
hab_cmd_verify (int argc, char **argv)
{
  g_auto (GStrv) key_files = NULL;
  g_autofree gchar *sandbox = NULL;
  gboolean json = FALSE, quiet = FALSE;
  HabJailMode mode;
  const GOptionEntry entries[] = {
    { "key-file", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &key_files,
        "file with content keys, a line KID:KEY for each, or one key for all; "
        "what is encrypted is then decrypted and looked at, too", "FILE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "as a JSON object", NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "print findings only", NULL },
    HAB_CMD_SANDBOX_ENTRY (&sandbox),
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();
  GError *error = NULL;

  if (!hab_cmd_parse (&argc, &argv, "MANIFEST",
          "Looks at an MPEG-DASH presentation on disk, by any packager: "
          "MANIFEST is its MPD or the folder with it. The MPD is compared with "
          "the boxes of all segments, these with each other, encryption with "
          "what ISO/IEC 23001-7 says of cbcs, and HLS playlists in the same "
          "folder with the same segments.",
          "Examples:\n"
          "  haberdash verify out\n"
          "  haberdash verify out/stream.mpd --key-file keys.txt --json\n"
          "\nExit code 65 says that there are errors.", entries, 1) ||
      !hab_cmd_choose_sandbox (sandbox, &mode))
    return HAB_EXIT_USAGE;
  if (!read_keys (keys, key_files, &error))
    return hab_cmd_fail ("--key-file", error);
  if (!confine (argv[1], mode, &error))
    return hab_cmd_fail (argv[1], error);
  return verify (argv[1], key_files != NULL ? keys : NULL, json, quiet);
}
