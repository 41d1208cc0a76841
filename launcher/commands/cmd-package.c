/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>

#include "command-jail.h"
#include "commands.h"
#include "package-arguments.h"
#include "package-result.h"
#include "remove-tree.h"

typedef struct
{
  HabProgressPrinter printer;
  HabPackageResult result;
} Watch;

static void
on_progress (const HabPackageProgress *progress, gpointer data)
{
  Watch *watch = data;

  hab_progress_printer_show (&watch->printer, progress);
}

static void
on_stage (const gchar *stage, const gchar *file, gpointer data)
{
  Watch *watch = data;

  hab_progress_printer_tell_stage (&watch->printer, stage, file);
}

static void
on_rendition (const HabPackageRendition *rendition, gpointer data)
{
  Watch *watch = data;

  hab_progress_printer_tell_rendition (&watch->printer, rendition);
}

static void
on_segment (const HabPackageSegment *segment, gpointer data)
{
  Watch *watch = data;

  hab_package_result_add_segment (&watch->result, segment);
}

static void
on_note (const gchar *note, gpointer data)
{
  Watch *watch = data;

  hab_progress_printer_tell_note (&watch->printer, note);
  hab_package_result_add_note (&watch->result, note);
}

/* --- who loses patience ------------------------------------------------- */

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

/* In this thread and all that it starts. */
static void
block_signals (void)
{
  sigset_t signals;

  sigemptyset (&signals);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGTERM);
  pthread_sigmask (SIG_BLOCK, &signals, NULL);
}

/* A thread of its own waits for them, and goes with the process. */
static void
cancel_on_signal (GCancellable *cancellable)
{
  g_thread_unref (g_thread_new ("signals", wait_for_signal,
      g_object_ref (cancellable)));
}

/* --- the command -------------------------------------------------------- */

static void
tell_new_keys (const HabPackageArguments *arguments)
{
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    g_autofree gchar *kid = NULL;

    if (!hab_encrypt_covers (arguments->config.encrypt, i))
      continue;
    kid = hab_key_to_hex (arguments->config.keys[i].kid);
    g_printerr ("%s: key id of %s: %s\n", g_get_prgname (),
        hab_track_type_to_string (i), kid);
  }
}

static void
print_result (const HabPackageArguments *arguments, const Watch *watch)
{
  gdouble elapsed =
      (g_get_monotonic_time () - watch->printer.started_us) / 1e6;
  g_autofree gchar *json = NULL;

  if (arguments->new_key != NULL && !arguments->quiet &&
      watch->printer.style != HAB_PROGRESS_JSON)
    tell_new_keys (arguments);
  if (arguments->json) {
    json = hab_package_result_to_json (&watch->result, &arguments->config,
        elapsed);
    g_print ("%s\n", json);
  } else if (!arguments->quiet)
    g_print ("%s\n", arguments->config.manifest);
}

/* Players find no EXT-X-KEY then, which haberdash verify warns of; boxes of DRM
 * systems may bring one. */
static void
note_missing_key_address (const HabPackageConfig *config, Watch *watch)
{
  if (config->hls && config->encrypt != HAB_ENCRYPT_NONE &&
      config->hls_key_url == NULL && !config->hls_clearkey &&
      config->pssh == NULL)
    on_note ("the playlists do not say where the key is: players need it "
        "configured, or --hls-key-url or --hls-key-format=clearkey", watch);
}

/* --- the process that reads ---------------------------------------------- */

static gboolean
confine (const HabPackageArguments *arguments, GError **error)
{
  g_autoptr (HabJail) jail = hab_cmd_make_jail ();

  hab_package_arguments_allow (arguments, jail);
  return hab_cmd_confine (jail, arguments->sandbox, error);
}

static gboolean
package (const HabPackageArguments *arguments, Watch *watch, GError **error)
{
  const HabPackageObserver observer = {
    .progress = on_progress,
    .stage = on_stage,
    .rendition = on_rendition,
    .segment = on_segment,
    .note = on_note,
    .data = watch,
  };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  block_signals ();
  if (!hab_cmd_init_gstreamer (error) || !confine (arguments, error))
    return FALSE;
  cancel_on_signal (cancellable);
  return hab_package_run (&arguments->config, &observer, cancellable, error);
}

static HabExit
package_apart (gpointer data)
{
  const HabPackageArguments *arguments = data;
  Watch watch = { 0 };
  GError *error = NULL;
  gboolean packaged;

  hab_package_result_init (&watch.result);
  hab_progress_printer_init (&watch.printer, arguments->progress,
      arguments->quiet);
  packaged = package (arguments, &watch, &error);
  hab_progress_printer_end (&watch.printer);
  if (packaged) {
    note_missing_key_address (&arguments->config, &watch);
    print_result (arguments, &watch);
  }
  hab_package_result_clear (&watch.result);
  return packaged ? HAB_EXIT_OK :
      hab_cmd_fail (arguments->config.input, error);
}

/* --- the one that knows what was there before ---------------------------- */

static HabExit
make_folder_and_package (HabPackageArguments *arguments)
{
  g_autofree gchar *manifest =
      g_build_filename (arguments->folder, "stream.mpd", NULL);
  gboolean is_new = !g_file_test (arguments->folder, G_FILE_TEST_EXISTS);
  HabExit status;

  if (g_mkdir_with_parents (arguments->folder, 0777) < 0) {
    g_printerr ("%s: %s: %s\n", g_get_prgname (), arguments->folder,
        g_strerror (errno));
    return HAB_EXIT_CANT_CREATE;
  }
  arguments->config.manifest = manifest;
  status = hab_cmd_run_apart (arguments->config.input, package_apart,
      arguments);
  if (status != HAB_EXIT_OK && is_new)
    hab_remove_tree_at (AT_FDCWD, arguments->folder);
  return status;
}

HabExit
hab_cmd_package (int argc, char **argv)
{
  g_auto (HabPackageArguments) arguments = { 0 };
  GError *error = NULL;
  HabExit status;

  if (!hab_package_arguments_parse (&arguments, argc, argv))
    return HAB_EXIT_USAGE;
  status = hab_package_arguments_load_keys (&arguments, &error) ?
      make_folder_and_package (&arguments) :
      hab_cmd_fail ("keys", error);
  if (status != HAB_EXIT_OK && !hab_cmd_has_crashed (status))
    hab_package_arguments_withdraw_keys (&arguments);
  return status;
}
