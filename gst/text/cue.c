/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cue.h"

HabCue *
hab_cue_new (guint64 start, guint64 end, const gchar *settings, gchar *text)
{
  HabCue *cue = g_new0 (HabCue, 1);

  cue->start = start;
  cue->end = end;
  cue->settings = g_strdup (settings);
  cue->text = text;
  return cue;
}

void
hab_cue_free (HabCue *cue)
{
  if (cue == NULL)
    return;
  g_free (cue->settings);
  g_free (cue->text);
  g_free (cue);
}
