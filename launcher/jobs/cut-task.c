/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cut-task.h"

#include <string.h>

#include "cache.h"
#include "json-build.h"
#include "worker.h"

/* --- jobs -------------------------------------------------------------- */

/* What a table of samples that was read before said. */
static void
append_frames (GString *text, const GArray *gops)
{
  const HabGop *last = &g_array_index (gops, HabGop, gops->len - 1);

  for (guint i = 0; i < gops->len; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT,
        i == 0 ? ",\"starts\":[" : ",",
        g_array_index (gops, HabGop, i).first_frame);
  g_string_append_printf (text, "],\"end\":%" G_GUINT64_FORMAT,
      last->first_frame + last->frames);
}

GBytes *
hab_cut_task_describe_cut (const HabCutRange *range)
{
  GString *text = g_string_new (NULL);
  const GArray *gops = range->gops;

  g_string_printf (text, "{\"task\":\"cut\",\"first\":%" G_GUINT64_FORMAT
      ",\"last\":%" G_GUINT64_FORMAT, range->first, range->last);
  if (gops != NULL && gops->len == range->last - range->first + 1 &&
      g_array_index (gops, HabGop, 0).first_byte >= 0)
    append_frames (text, gops);
  g_string_append_c (text, '}');
  return g_string_free_to_bytes (text);
}

GBytes *
hab_cut_task_describe_frames (const HabGop *gop, gboolean cut)
{
  gchar *text = g_strdup_printf ("{\"task\":\"frames\",\"cut\":%s,"
      "\"first\":%" G_GUINT64_FORMAT ",\"number\":%" G_GUINT64_FORMAT
      ",\"count\":%" G_GUINT64_FORMAT ",\"pts_ns\":%" G_GINT64_FORMAT "}",
      cut ? "true" : "false", cut ? 0 : gop->first_frame, gop->first_frame,
      gop->frames, gop->pts_ns == G_MININT64 ? 0 : gop->pts_ns);

  return g_bytes_new_take (text, strlen (text));
}

GBytes *
hab_cut_task_describe_filter (const HabSettings *settings, gchar **pairs)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  hab_json_add_text (builder, "task", "filter");
  json_builder_set_member_name (builder, "filters");
  json_builder_begin_array (builder);
  for (; *pairs != NULL; pairs++)
    json_builder_add_string_value (builder, *pairs);
  json_builder_end_array (builder);
  if (settings->encoder != NULL)
    hab_json_add_text (builder, "encoder", settings->encoder);
  hab_json_add_int (builder, "threads",
      MAX (g_get_num_processors () / settings->jobs, 1));
  json_builder_end_object (builder);
  return hab_worker_job_new (builder);
}

/* --- names ------------------------------------------------------------- */

gchar *
hab_cut_task_name_cut (const gchar *storage, const HabCutRange *range)
{
  g_autofree gchar *what = g_strdup_printf ("%" G_GUINT64_FORMAT "-%"
      G_GUINT64_FORMAT ".mp4", range->first, range->last);

  return hab_cache_make_name (storage, what);
}

gchar *
hab_cut_task_name_frames (const gchar *storage, guint64 gop)
{
  g_autofree gchar *what =
      g_strdup_printf ("%" G_GUINT64_FORMAT "-frames.json", gop);

  return hab_cache_make_name (storage, what);
}

gchar *
hab_cut_task_name_filtered (const gchar *storage, const HabCutRange *range,
    gchar **pairs)
{
  g_autofree gchar *text = g_strjoinv ("&", pairs);
  g_autofree gchar *digest =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autofree gchar *what = NULL;

  what = g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
      "-%.32s.mp4", range->first, range->last, digest);
  return hab_cache_make_name (storage, what);
}

gchar *
hab_cut_task_name_picture (const gchar *storage, guint64 gop, guint n,
    guint max_width)
{
  g_autofree gchar *what = g_strdup_printf ("%" G_GUINT64_FORMAT
      "-of-%u-%u.jpg", gop, n, max_width);

  return hab_cache_make_name (storage, what);
}
