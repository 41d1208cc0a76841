/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "media.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 first, last; /* GOPs, from 0, both included */

  /* Where a table of samples that was read before said so, so that it need not be
   * found out again: the first access unit of each of them (guint32, at least
   * one), and the first behind them. NULL where it is not known, or where the
   * process is there for more than this (hab_video_scan_open_known ()). */
  GArray *starts;
  guint32 end;
} HabGopCutRange;

/* Writes these GOPs of the first video track as a progressive MP4 without sound. Every access unit as it is in the input,
 * or, where that has no table of samples, as its demuxer and parser give it.
 * HAB_MEDIA_ERROR_NOT_FOUND where a GOP does not exist. Needs gst_init ().
 *
 * An open GOP's leading pictures refer to the GOP before and are not shown (edit
 * list); a player that is strict about missing references, such as Chromium,
 * may stop at them. */
gboolean hab_gop_cut_run (const gchar *input, const HabGopCutRange *range,
    const gchar *output, GError **error);

G_END_DECLS
