/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "commands.h"
#include "gop-cut.h"

HabExit
hab_cmd_slice (int argc, char **argv)
{
  static const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };
  GError *error = NULL;
  guint64 number;

  if (!hab_cmd_parse (&argc, &argv, "INPUT N OUTPUT",
          "Writes GOP N (from 0) of the first video track of INPUT to OUTPUT "
          "as an MP4 without sound.", entries, 3))
    return HAB_EXIT_USAGE;
  if (!g_ascii_string_to_unsigned (argv[2], 10, 0, G_MAXINT64 - 1, &number,
          &error)) {
    hab_cmd_fail ("N", error);
    return HAB_EXIT_USAGE;
  }
  if (!hab_cmd_init_gstreamer (&error) ||
      !hab_gop_cut_run (argv[1], number, number, argv[3], &error))
    return hab_cmd_fail (argv[1], error);
  return HAB_EXIT_OK;
}
