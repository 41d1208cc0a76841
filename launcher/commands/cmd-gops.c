/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>

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
  if (frame->number == 0)
    printf ("%8s  %-5s %12s %12s %14s %10s\n", "frame", "type", "time",
        "decoded", "offset", "bytes");
  printf ("%8u  %c %-3s %12.3f %12.3f %14" G_GINT64_FORMAT " %10u\n",
      frame->number, frame->picture_type, frame->key_frame ? "key" : "",
      frame->pts_ns / 1e9, frame->dts_ns / 1e9, frame->offset, frame->size);
}

static gboolean
print_frames (const gchar *input, const HabGopIndex *index, gboolean json,
    GError **error)
{
  HabGopFramesRange range = { 0 };
  g_autoptr (GError) failure = NULL;

  for (guint i = 0; i < index->gops->len; i++)
    range.count += g_array_index (index->gops, HabGop, i).frames;
  if (json ? hab_frame_list_print (input, &range, stdout, &failure)
           : hab_gop_frames_read (input, &range, print_frame, NULL, &failure))
    return TRUE;
  if (g_error_matches (failure, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_NO_TABLE))
    g_set_error_literal (error, HAB_MEDIA_ERROR, HAB_MEDIA_ERROR_UNSUPPORTED,
        "--frames needs an MP4 or MOV that is not fragmented: only these have "
        "a table of their frames");
  else
    g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

HabExit
hab_cmd_gops (int argc, char **argv)
{
  gboolean json = FALSE, frames = FALSE;
  const GOptionEntry entries[] = {
    { "frames", 0, 0, G_OPTION_ARG_NONE, &frames,
      "every frame in decode order with its picture type; of MP4 and MOV that "
      "are not fragmented", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "as a JSON array", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (HabGopIndex) index = NULL;
  GError *error = NULL;

  if (!hab_cmd_parse (&argc, &argv, "INPUT",
          "Lists the GOPs of the first video track of INPUT: where each "
          "begins and why decoding can begin there (kind), whether it needs "
          "the one before (open), times in seconds.",
          "Examples:\n"
          "  haberdash gops movie.mp4\n"
          "  haberdash gops movie.mp4 --json\n"
          "  haberdash gops movie.mp4 --frames", entries, 1))
    return HAB_EXIT_USAGE;
  if (hab_cmd_init_gstreamer (&error) &&
      hab_cmd_confine_reader (argv[1], &error))
    index = hab_gop_index_read_gops (argv[1], &error);
  if (index == NULL)
    return hab_cmd_fail (argv[1], error);
  if (frames && !print_frames (argv[1], index, json, &error))
    return hab_cmd_fail (argv[1], error);
  if (!frames && json)
    print_json (index);
  else if (!frames)
    print_table (index);
  return HAB_EXIT_OK;
}
