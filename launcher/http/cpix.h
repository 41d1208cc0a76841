/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keys.h"

G_BEGIN_DECLS

/* What a CPIX document tells of a package (DASH-IF Content Protection
 * Information Exchange Format, version 2.3). */
typedef struct
{
  const gchar *content_id;
  const gchar *license_url; /* of its Clear Key licences; as all addresses
                             * without control characters */
  HabContentKey keys[HAB_N_TRACK_TYPES];
  gboolean encrypted[HAB_N_TRACK_TYPES]; /* whether there is such a key */
} HabCpix;

/* (transfer full): the document, its keys in the clear: the caller wipes it.
 * One ContentKey a key id, with scheme cbcs; a DRMSystem of each for the W3C
 * common system and for ClearKey; a usage rule for each type of tracks, whose
 * intendedTrackType is VIDEO or AUDIO. Pure. */
gchar *hab_cpix_to_xml (const HabCpix *cpix);

G_END_DECLS
