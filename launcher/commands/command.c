/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "commands.h"

#include <string.h>

#include <gst/gst.h>
#include <sys/stat.h>

#include "data-dir.h"
#include "keys.h"
#include "media-failure.h"

static gboolean
parse (int *argc, char ***argv, const gchar *usage, const gchar *summary,
    const gchar *examples, const GOptionEntry *entries, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (usage);

  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, examples);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

/* What people look for under another name. */
static const struct
{
  const gchar *command, *option, *hint;
} hints[] = {
  { "package", "--key", "keys are read from files: --key-file FILE, or drawn: "
    "--new-key FILE" },
  { "verify", "--key", "keys are read from files: --key-file FILE" },
  { "package", "--on-demand", "that is --single-file here" },
  { "package", "--on_demand", "that is --single-file here" },
};

static gboolean
is_option (const gchar *word, const gchar *option)
{
  gsize length = strlen (option);

  return strncmp (word, option, length) == 0 &&
      (word[length] == '\0' || word[length] == '=');
}

/* FALSE where there is nothing to say about these words. */
static gboolean
tell_hint (const gchar *command, gchar **words)
{
  for (gchar **word = words; *word != NULL; word++)
    for (guint i = 0; i < G_N_ELEMENTS (hints); i++)
      if (g_str_equal (command, hints[i].command) &&
          is_option (*word, hints[i].option)) {
        hab_cmd_usage_error ("there is no option %s; %s", hints[i].option,
            hints[i].hint);
        return TRUE;
      }
  return FALSE;
}

/* usage: names of the arguments, of which n_arguments are wanted. */
static gboolean
check_arguments (int argc, gchar **argv, const gchar *usage, int n_arguments)
{
  g_auto (GStrv) names = g_strsplit (usage, " ", -1);

  if (argc == n_arguments + 1)
    return TRUE;
  if (argc <= n_arguments)
    g_printerr ("%s: %s is missing\n", g_get_prgname (), names[argc - 1]);
  else
    g_printerr ("%s: \"%s\" is one argument too many\n", g_get_prgname (),
        argv[n_arguments + 1]);
  g_printerr ("Usage: %s [OPTION…] %s\n", g_get_prgname (), usage);
  return FALSE;
}

gboolean
hab_cmd_parse (int *argc, char ***argv, const gchar *usage,
    const gchar *summary, const gchar *examples, const GOptionEntry *entries,
    int n_arguments)
{
  g_autofree gchar *name = g_strdup ((*argv)[0]);
  g_autofree gchar *program = g_strconcat ("haberdash ", name, NULL);
  g_auto (GStrv) words = g_strdupv (*argv);
  g_autoptr (GError) error = NULL;

  g_set_prgname (program);
  if (parse (argc, argv, usage, summary, examples, entries, &error))
    return check_arguments (*argc, *argv, usage, n_arguments);
  if (!g_error_matches (error, G_OPTION_ERROR,
          G_OPTION_ERROR_UNKNOWN_OPTION) ||
      !tell_hint (name, words))
    hab_cmd_usage_error ("%s", error->message);
  return FALSE;
}

gboolean
hab_cmd_usage_error (const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("%s: %s\n", g_get_prgname (), text);
  return FALSE;
}

static HabExit
get_exit (const GError *error)
{
  if (error->domain == HAB_KEY_ERROR)
    return HAB_EXIT_CONFIG;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return HAB_EXIT_INTERRUPTED;
  if (error->domain == GST_CORE_ERROR)
    return HAB_EXIT_UNAVAILABLE;
  return hab_media_failure_get_exit (error);
}

HabExit
hab_cmd_fail (const gchar *subject, GError *error)
{
  HabExit status = get_exit (error);

  g_printerr ("%s: %s: %s\n", g_get_prgname (), subject, error->message);
  g_error_free (error);
  return status;
}

void
hab_cmd_enter_data_dir (gchar **data_dir)
{
  umask (0077);
  if (*data_dir == NULL)
    *data_dir = hab_data_dir_get_default_path ();
}

gboolean
hab_cmd_init_gstreamer (GError **error)
{
  GstRegistry *registry;
  g_autoptr (GstPluginFeature) found = NULL;

  if (!gst_init_check (NULL, NULL, error))
    return FALSE;
  registry = gst_registry_get ();
  found = gst_registry_lookup_feature (registry, "cencdashsink");
  if (found != NULL)
    return TRUE;
  /* Installed where GStreamer does not look by itself. */
  gst_registry_scan_path (registry, HAB_PLUGINS_DIR);
  found = gst_registry_lookup_feature (registry, "cencdashsink");
  if (found != NULL)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "Haberdash's plug-ins are neither in GST_PLUGIN_PATH_1_0 nor in %s",
      HAB_PLUGINS_DIR);
  return FALSE;
}
