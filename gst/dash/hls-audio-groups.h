/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "presentation.h"

G_BEGIN_DECLS

/* The audio of a presentation as groups of renditions (RFC 8216, 4.3.4.1.1). In
 * each group viewers have every choice of content (language, label, role), in
 * one version of each: groups differ in codec, channels, or bit rate. A content
 * that has fewer versions than others stands in several groups. */

typedef struct
{
  const HabAdaptationSet *set;  /* what it is a version of */
  const HabRepresentation *rep;
} HabHlsRendition;

typedef struct
{
  gchar *id;
  GArray *renditions; /* of HabHlsRendition, one or more */
} HabHlsAudioGroup;

/* (transfer full) (element-type HabHlsAudioGroup): none where there is no
 * audio. They keep pointers into the presentation. */
GPtrArray *hab_hls_audio_groups_new (const HabPresentation *presentation);

const HabHlsRendition *hab_hls_audio_group_get (const HabHlsAudioGroup *group,
    guint i);

G_END_DECLS
