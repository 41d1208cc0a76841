/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <glib/gstdio.h>

#include "command-jail.h"
#include "commands.h"
#include "draft-file.h"
#include "gop-cut.h"
#include "gop-filter.h"

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

typedef struct
{
  const gchar *input, *output;
  HabGopCutRange range;
  HabGopFilterConfig config;
  HabJailMode sandbox;
  /* Of files that are there already, in the folder of output; cut is NULL
   * without filters. */
  const gchar *draft, *cut;
} Slice;

/* --- the process that reads ---------------------------------------------- */

static gboolean
confine (const Slice *slice, GError **error)
{
  g_autoptr (HabJail) jail = hab_cmd_make_jail ();

  hab_jail_allow_read (jail, slice->input);
  hab_jail_allow_write (jail, slice->draft);
  if (slice->cut != NULL)
    hab_jail_allow_write (jail, slice->cut);
  return hab_cmd_confine (jail, slice->sandbox, error);
}

static gboolean
write_draft (const Slice *slice, GError **error)
{
  const gchar *cut = slice->cut != NULL ? slice->cut : slice->draft;

  return hab_gop_cut_run (slice->input, &slice->range, cut, error) &&
      (slice->cut == NULL ||
          hab_gop_filter_run (cut, &slice->config, slice->draft, error));
}

static HabExit
slice_apart (gpointer data)
{
  const Slice *slice = data;
  GError *error = NULL;

  return hab_cmd_init_gstreamer (&error) && confine (slice, &error) &&
          write_draft (slice, &error)
      ? HAB_EXIT_OK
      : hab_cmd_fail (slice->input, error);
}

/* --- the one that knows where it goes ------------------------------------ */

/* What is there under the name of the output stays until there is a whole
 * one. */
static HabExit
slice_run (Slice *slice)
{
  GError *error = NULL;
  g_autoptr (HabDraftFile) draft = hab_draft_file_new (slice->output, &error);
  g_autoptr (HabDraftFile) cut =
      draft != NULL && !hab_filter_chain_is_empty (slice->config.chain)
      ? hab_draft_file_new (slice->output, &error)
      : NULL;
  HabExit status;

  if (error != NULL)
    return hab_cmd_fail (slice->input, error);
  slice->draft = hab_draft_file_get_path (draft);
  slice->cut = cut != NULL ? hab_draft_file_get_path (cut) : NULL;
  status = hab_cmd_run_apart (slice->input, slice_apart, slice);
  if (status == HAB_EXIT_OK && !hab_draft_file_commit (draft, &error))
    return hab_cmd_fail (slice->input, error);
  return status;
}

/* --- the command line ---------------------------------------------------- */

static gboolean
check_output (const Slice *slice)
{
  GStatBuf input, output;

  if (g_str_equal (slice->output, "-"))
    return hab_cmd_usage_error ("OUTPUT must be a file: an MP4 is gone back "
        "to when it is whole, so it cannot go to the standard output; ./- is "
        "a file of that name");
  if (g_stat (slice->input, &input) == 0 &&
      g_stat (slice->output, &output) == 0 &&
      input.st_dev == output.st_dev && input.st_ino == output.st_ino)
    return hab_cmd_usage_error ("%s is the file that is to be cut; name "
        "another OUTPUT", slice->output);
  return TRUE;
}

/* (transfer full) (nullable) */
static HabFilterChain *
read_filters (gchar **pairs)
{
  g_autoptr (HabFilterChain) chain = hab_filter_chain_new ();
  g_autoptr (GError) error = NULL;

  for (; pairs != NULL && *pairs != NULL; pairs++)
    if (!hab_filter_chain_add_pair (chain, *pairs, &error)) {
      g_printerr ("%s: --filter %s: %s\n", g_get_prgname (), *pairs,
          error->message);
      return NULL;
    }
  return g_steal_pointer (&chain);
}

/* The table, for people. */
static gchar *
describe_filters (void)
{
  GString *text = g_string_new (
      "Filters, in the order in which they are applied; the video is encoded "
      "anew as H.264:\n");

  for (const HabVideoFilter *filter = hab_video_filters; filter->name != NULL;
       filter++) {
    g_autofree gchar *syntax = hab_video_filter_get_syntax (filter);
    g_autofree gchar *allowed = hab_video_filter_get_allowed (filter);

    g_string_append_printf (text, "  %s=%s\n      %s %s\n", filter->name,
        syntax, filter->description, allowed);
  }
  g_string_append (text, "\nExamples:\n"
      "  haberdash slice movie.mp4 3 gop3.mp4\n"
      "  haberdash slice movie.mp4 3-5 three.mp4\n"
      "  haberdash slice movie.mp4 3 small.mp4 --filter scale=320x180 "
      "--filter grayscale=1");
  return g_string_free (text, FALSE);
}

static gboolean
read_arguments (Slice *slice, gchar **argv, HabFilterChain *chain)
{
  slice->input = argv[1];
  slice->output = argv[3];
  slice->config = (HabGopFilterConfig) {
    chain, hab_video_encoder_find (NULL), g_get_num_processors ()
  };
  if (!read_range (argv[2], &slice->range.first, &slice->range.last))
    return hab_cmd_usage_error ("\"%s\" is no number of a GOP and no range of "
        "them", argv[2]);
  return check_output (slice);
}

HabExit
hab_cmd_slice (int argc, char **argv)
{
  g_auto (GStrv) pairs = NULL;
  g_autofree gchar *sandbox = NULL;
  const GOptionEntry entries[] = {
    { "filter", 0, 0, G_OPTION_ARG_STRING_ARRAY, &pairs,
        "what is done to the pictures, see below; several times for several",
        "NAME=VALUE" },
    HAB_CMD_SANDBOX_ENTRY (&sandbox),
    G_OPTION_ENTRY_NULL
  };
  g_autofree gchar *filters = describe_filters ();
  g_autoptr (HabFilterChain) chain = NULL;
  Slice slice = { 0 };

  if (!hab_cmd_parse (&argc, &argv, "INPUT GOPS OUTPUT",
          "Writes GOPs of the first video track of INPUT to OUTPUT as an MP4 "
          "without sound: GOPS is the number of one, from 0, or the first and "
          "the last with a dash between them.", filters, entries, 3))
    return HAB_EXIT_USAGE;
  chain = read_filters (pairs);
  if (chain == NULL || !read_arguments (&slice, argv, chain) ||
      !hab_cmd_choose_sandbox (sandbox, &slice.sandbox))
    return HAB_EXIT_USAGE;
  return slice_run (&slice);
}
