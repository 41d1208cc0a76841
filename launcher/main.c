/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <locale.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include "commands.h"

static const struct
{
  const gchar *name;
  const gchar *usage; /* NULL: for the program itself */
  const gchar *what;
  HabExit (*run) (int argc, char **argv);
} commands[] = {
  { "serve", "[OPTION…]", "run the service: REST API, pages and delivery",
      hab_cmd_serve },
  { "package", "INPUT OUT_DIR [OPTION…]",
      "make encrypted MPEG-DASH and HLS of a file", hab_cmd_package },
  { "gops", "INPUT [--frames] [--json]", "list the GOPs of a file", hab_cmd_gops },
  { "slice", "INPUT GOPS OUTPUT [--filter NAME=VALUE…]",
      "write GOPs of a file as an MP4", hab_cmd_slice },
  { "verify", "MANIFEST [OPTION…]",
      "look for faults in a DASH presentation on disk", hab_cmd_verify },
  { "check", "[--data-dir DIR] [--repair]",
      "compare the catalog with what is on the disk", hab_cmd_check },
  { "backup", "DEST [--data-dir DIR]",
      "copy the data folder, also while the service runs", hab_cmd_backup },
  { "restore", "SRC [--data-dir DIR]", "make a data folder of a backup",
      hab_cmd_restore },
  { "worker", NULL, NULL, hab_cmd_worker },
  { "fork-server", NULL, NULL, hab_cmd_fork_server },
};

static void
print_help (void)
{
  g_print ("Usage: haberdash COMMAND [OPTION…]\n\nCommands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].usage != NULL)
      g_print ("  %s %s\n      %s\n", commands[i].name, commands[i].usage,
          commands[i].what);
  g_print (
      "\n  haberdash COMMAND --help tells the options of a command.\n"
      "  haberdash --version tells the version.\n"
      "\nExit codes:\n"
      "  0    done\n"
      "  64   the command line is wrong\n"
      "  65   the input cannot be processed\n"
      "  66   the input cannot be opened, or has no such GOP\n"
      "  69   a plug-in or an address is missing or taken\n"
      "  70   anything else\n"
      "  73   the output cannot be written\n"
      "  78   a key, token, certificate or catalog cannot be used\n"
      "  130  interrupted\n");
}

/* A picture of the memory may have content keys in it. */
static void
forbid_core_dumps (void)
{
  const struct rlimit none = { 0, 0 };

  setrlimit (RLIMIT_CORE, &none);
}

/* What is larger has pages of its own, which go back when it does. Left to itself
 * glibc raises that limit to the largest that was given back so far, such as the
 * tables of a long film, and the next of that size are holes that stay. */
#define PAGES_OF_ITS_OWN (1024 * 1024)
#define KEPT_AT_THE_TOP (2 * 1024 * 1024)

static void
give_memory_back (void)
{
  mallopt (M_MMAP_THRESHOLD, PAGES_OF_ITS_OWN);
  mallopt (M_TRIM_THRESHOLD, KEPT_AT_THE_TOP);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* Numbers in JSON and manifests have a point. */
  setlocale (LC_NUMERIC, "C");
  forbid_core_dumps ();
  give_memory_back ();

  if (argc >= 2 && (g_str_equal (argv[1], "--help") ||
                       g_str_equal (argv[1], "-h") ||
                       g_str_equal (argv[1], "help"))) {
    print_help ();
    return HAB_EXIT_OK;
  }
  if (argc >= 2 && g_str_equal (argv[1], "--version")) {
    g_print ("haberdash %s\n", PACKAGE_VERSION);
    return HAB_EXIT_OK;
  }
  for (guint i = 0; argc >= 2 && i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (argv[1], commands[i].name))
      return commands[i].run (argc - 1, argv + 1);
  if (argc >= 2)
    g_printerr ("haberdash: there is no command \"%s\"", argv[1]);
  else
    g_printerr ("haberdash: a command is missing");
  g_printerr ("; haberdash --help tells the commands\n");
  return HAB_EXIT_USAGE;
}
