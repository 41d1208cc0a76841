/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "command-jail.h"

#include <gst/gst.h>

#include "commands.h"

gboolean
hab_cmd_choose_sandbox (const gchar *word, HabJailMode *mode)
{
  HabJailSettings settings;

  hab_jail_settings_import (&settings);
  *mode = settings.mode;
  if (word != NULL && !hab_jail_mode_from_string (word, mode))
    return hab_cmd_usage_error ("--sandbox must be auto, require or off");
  if (*mode != HAB_JAIL_OFF)
    hab_jail_hide ();
  return TRUE;
}

/* --- files of GStreamer ------------------------------------------------- */

/* Libraries of GStreamer that is installed apart lie above its plug-ins. */
static void
allow_folder_of (HabJail *jail, const gchar *file)
{
  g_autofree gchar *folder = g_path_get_dirname (file);
  g_autofree gchar *name = g_path_get_basename (folder);
  g_autofree gchar *above = g_path_get_dirname (folder);

  hab_jail_allow_read (jail,
      g_str_equal (name, "gstreamer-1.0") ? above : folder);
}

static void
allow_plugins (HabJail *jail)
{
  GList *plugins = gst_registry_get_plugin_list (gst_registry_get ());
  g_autofree gchar *last = NULL;

  for (GList *item = plugins; item != NULL; item = item->next) {
    const gchar *file = gst_plugin_get_filename (item->data);
    g_autofree gchar *folder = file != NULL ? g_path_get_dirname (file) : NULL;

    if (folder == NULL || g_strcmp0 (folder, last) == 0)
      continue;
    allow_folder_of (jail, file);
    g_free (last);
    last = g_steal_pointer (&folder);
  }
  gst_plugin_list_free (plugins);
}

static void
allow_libraries (HabJail *jail)
{
  const gchar *value = g_getenv ("LD_LIBRARY_PATH");
  g_auto (GStrv) folders =
      value != NULL ? g_strsplit (value, G_SEARCHPATH_SEPARATOR_S, -1) : NULL;

  for (gchar **folder = folders; folder != NULL && *folder != NULL; folder++)
    if (g_path_is_absolute (*folder))
      hab_jail_allow_read (jail, *folder);
}

HabJail *
hab_cmd_make_jail (void)
{
  HabJail *jail = hab_jail_new ();
  const gchar *dots = g_getenv ("GST_DEBUG_DUMP_DOT_DIR");

  allow_plugins (jail);
  allow_libraries (jail);
  if (dots != NULL)
    hab_jail_allow_write (jail, dots);
  return jail;
}

/* --- in force ----------------------------------------------------------- */

gboolean
hab_cmd_confine (HabJail *jail, HabJailMode mode, GError **error)
{
  if (hab_jail_enter (jail, mode, error))
    return TRUE;
  g_prefix_error (error, "nothing is read (--sandbox=off does without): ");
  return FALSE;
}
