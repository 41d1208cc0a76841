/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "commands.h"
#include "gop-cut.h"

/* "3" or "3-5" */
static gboolean
read_range (const gchar *text, guint64 *first, guint64 *last)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);

  if (!g_ascii_string_to_unsigned (ends[0] ? ends[0] : "", 10, 0,
          G_MAXINT64 - 1, first, NULL))
    return FALSE;
  *last = *first;
  return ends[1] == NULL || g_ascii_string_to_unsigned (ends[1], 10, *first,
                                G_MAXINT64 - 1, last, NULL);
}

HabExit
hab_cmd_slice (int argc, char **argv)
{
  static const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };
  GError *error = NULL;
  guint64 first, last;

  if (!hab_cmd_parse (&argc, &argv, "INPUT GOPS OUTPUT",
          "Writes GOPs of the first video track of INPUT to OUTPUT as an MP4 "
          "without sound: GOPS is the number of one, from 0, or the first and "
          "the last with a dash between them.",
          "Examples:\n"
          "  haberdash slice movie.mp4 3 gop3.mp4\n"
          "  haberdash slice movie.mp4 3-5 three.mp4", entries, 3))
    return HAB_EXIT_USAGE;
  if (!read_range (argv[2], &first, &last)) {
    g_printerr ("%s: \"%s\" is no number of a GOP and no range of them\n",
        g_get_prgname (), argv[2]);
    return HAB_EXIT_USAGE;
  }
  if (!hab_cmd_init_gstreamer (&error) ||
      !hab_gop_cut_run (argv[1], first, last, argv[3], &error))
    return hab_cmd_fail (argv[1], error);
  return HAB_EXIT_OK;
}
