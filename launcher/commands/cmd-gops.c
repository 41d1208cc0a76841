/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>

#include "command-jail.h"
#include "commands.h"
#include "frame-list.h"
#include "gop-index-read.h"
#include "gop-json.h"

/* Lists are long: they go through stdio's buffer, which g_print () empties each
 * time. */
static void
print_table (const HabGopIndex *index)
{
  printf ("%6s  %-14s %-6s %12s %12s %7s %12s\n", "index", "kind", "",
      "time", "duration", "frames", "bytes");
  for (guint i = 0; i < index->gops->len; i++) {
    const HabGop *gop = &g_array_index (index->gops, HabGop, i);

    printf ("%6" G_GUINT64_FORMAT "  %-14s %-6s %12.3f %12.3f %7"
        G_GUINT64_FORMAT " %12" G_GUINT64_FORMAT "\n", gop->index, gop->kind,
        gop->closed ? "closed" : "open", gop->pts_ns / 1e9,
        gop->duration_ns / 1e9, gop->frames, gop->bytes);
  }
}

static void
print_json (const HabGopIndex *index)
{
  g_autoptr (GString) text = g_string_new (NULL);

  printf ("[");
  for (guint i = 0; i < index->gops->len; i++) {
    g_string_truncate (text, 0);
    hab_gop_json_append (text, &g_array_index (index->gops, HabGop, i));
    printf ("%s\n%s", i > 0 ? "," : "", text->str);
  }
  printf ("\n]\n");
}

static void
print_frame (const HabGopFrame *frame, gpointer data)
{
  gchar offset[24] = "-";

  if (frame->offset >= 0)
    g_snprintf (offset, sizeof offset, "%" G_GINT64_FORMAT, frame->offset);
  if (frame->number == 0)
    printf ("%8s  %-5s %12s %12s %14s %10s\n", "frame", "type", "time",
        "decoded", "offset", "bytes");
  printf ("%8u  %c %-3s %12.3f %12.3f %14s %10u\n", frame->number,
      frame->picture_type, frame->key_frame ? "key" : "", frame->pts_ns / 1e9,
      frame->dts_ns / 1e9, offset, frame->size);
}

static gboolean
list_frames (const gchar *input, gboolean json, GError **error)
{
  return json ? hab_frame_list_print_all (input, stdout, error)
              : hab_gop_frames_read_all (input, print_frame, NULL, error);
}

static gboolean
list_gops (const gchar *input, gboolean json, GError **error)
{
  g_autoptr (HabGopIndex) index = hab_gop_index_read_gops (input, error);

  if (index == NULL)
    return FALSE;
  if (json)
    print_json (index);
  else
    print_table (index);
  return TRUE;
}

static gboolean
confine (const gchar *input, HabJailMode mode, GError **error)
{
  g_autoptr (HabJail) jail = hab_cmd_make_jail ();

  hab_jail_allow_read (jail, input);
  return hab_cmd_confine (jail, mode, error);
}

HabExit
hab_cmd_gops (int argc, char **argv)
{
  g_autofree gchar *sandbox = NULL;
  gboolean json = FALSE, frames = FALSE;
  HabJailMode mode;
  const GOptionEntry entries[] = {
    { "frames", 0, 0, G_OPTION_ARG_NONE, &frames,
      "every frame in decode order with its picture type", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "as a JSON array", NULL },
    HAB_CMD_SANDBOX_ENTRY (&sandbox),
    G_OPTION_ENTRY_NULL
  };
  GError *error = NULL;

  if (!hab_cmd_parse (&argc, &argv, "INPUT",
          "Lists the GOPs of the first video track of INPUT: where each "
          "begins and why decoding can begin there (kind), whether it needs "
          "the one before (open), times in seconds.",
          "Examples:\n"
          "  haberdash gops movie.mp4\n"
          "  haberdash gops movie.mp4 --json\n"
          "  haberdash gops movie.mp4 --frames", entries, 1) ||
      !hab_cmd_choose_sandbox (sandbox, &mode))
    return HAB_EXIT_USAGE;
  if (!hab_cmd_init_gstreamer (&error) || !confine (argv[1], mode, &error) ||
      !(frames ? list_frames : list_gops) (argv[1], json, &error))
    return hab_cmd_fail (argv[1], error);
  return HAB_EXIT_OK;
}
