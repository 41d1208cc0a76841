/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An end that is not known: the cue lasts until the next one begins. */
#define HAB_CUE_OPEN G_MAXUINT64

/* Text that is shown for a while (WebVTT, https://www.w3.org/TR/webvtt1/). */
typedef struct
{
  guint64 start;   /* ns of running time */
  guint64 end;     /* ns, or HAB_CUE_OPEN */
  gchar *settings; /* of its place on the screen, "line:0 align:start", or
                    * NULL */
  gchar *text;     /* WebVTT cue text, without an empty line */
} HabCue;

/* Takes text; settings are copied and may be NULL. */
HabCue *hab_cue_new (guint64 start, guint64 end, const gchar *settings,
    gchar *text);
void hab_cue_free (HabCue *cue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCue, hab_cue_free)

G_END_DECLS
