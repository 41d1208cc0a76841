/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"
#include "media.h"

G_BEGIN_DECLS

/* Which of the tracks of a file are wanted. Pure. */
typedef struct
{
  /* "video", "audio", "text" and numbers, as the file has them; NULL for every
   * track */
  const gchar *const *tracks;
  /* Of audio and text: BCP 47 language ranges (RFC 4647, basic filtering), "und"
   * for tracks without a language; NULL for every language */
  const gchar *const *languages;
} HabTrackChoice;

/* HAB_MEDIA_ERROR where an entry is none of these. */
gboolean hab_track_choice_check (const HabTrackChoice *choice, GError **error);

/* language: of the track, ISO 639 or BCP 47, or NULL. */
gboolean hab_track_choice_takes (const HabTrackChoice *choice,
    HabMediaKind kind, guint number, const gchar *language);

G_END_DECLS
