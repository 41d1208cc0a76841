/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "settings.h"
#include "video-filter.h"

G_BEGIN_DECLS

/* What is made of the GOPs of an input: the job of the child that makes it, and
 * the name that it has in the cache. Pure; all are (transfer full). */

/* GOPs first to last, both included. gops (nullable): of HabGop, all of them as
 * the catalog has them, which spares looking for them in the file. */
typedef struct
{
  guint64 first, last;
  GArray *gops;
} HabCutRange;

GBytes *hab_cut_task_describe_cut (const HabCutRange *range);
/* cut: of the GOP as a file of its own. */
GBytes *hab_cut_task_describe_frames (const HabGop *gop, gboolean cut);
/* pairs: the filters of a chain, as NAME=VALUE. */
GBytes *hab_cut_task_describe_filter (const HabSettings *settings,
    gchar **pairs);

gchar *hab_cut_task_name_cut (const gchar *storage, const HabCutRange *range);
gchar *hab_cut_task_name_frames (const gchar *storage, guint64 gop);
/* The same for all chains that do the same; as long for one filter as for
 * many. */
gchar *hab_cut_task_name_filtered (const gchar *storage,
    const HabCutRange *range, gchar **pairs);
/* Of the first of n GOPs, each of which its picture may be of. */
gchar *hab_cut_task_name_picture (const gchar *storage, guint64 gop, guint n,
    guint max_width);

G_END_DECLS
