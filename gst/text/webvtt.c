/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "webvtt.h"

#define NS_PER_MS 1000000

void
hab_webvtt_append_header (GString *text)
{
  g_string_append (text,
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n");
}

static guint64
to_ms (guint64 ns)
{
  return ns / NS_PER_MS + (ns % NS_PER_MS >= NS_PER_MS / 2);
}

static void
append_time (GString *text, guint64 ms)
{
  g_string_append_printf (text, "%02" G_GUINT64_FORMAT ":%02u:%02u.%03u",
      ms / 3600000, (guint) (ms / 60000 % 60), (guint) (ms / 1000 % 60),
      (guint) (ms % 1000));
}

void
hab_webvtt_append_cue (GString *text, const HabCue *cue)
{
  guint64 start = to_ms (cue->start);

  append_time (text, start);
  g_string_append (text, " --> ");
  /* What ends no later than it begins is no cue. */
  append_time (text, MAX (to_ms (cue->end), start + 1));
  if (cue->settings)
    g_string_append_printf (text, " %s", cue->settings);
  g_string_append_printf (text, "\n%s\n\n", cue->text);
}
