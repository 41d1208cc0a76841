/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "track-check.h"

G_BEGIN_DECLS

/* A DASH presentation on disk, looked at as a whole: its MPD against the boxes
 * of its segments, the samples against what is said of them, and the HLS
 * playlists over the same files. */
typedef struct
{
  gchar *folder, *manifest; /* the manifest's name in the folder */
  gdouble duration;         /* that the MPD says, seconds; -1: none */
  GPtrArray *tracks;        /* of HabTrackSummary */
  guint n_playlists;
  HabReport *report;
} HabVerification;

/* path: of an MPD, or of a folder with one. keys: or NULL. NULL with error
 * (G_FILE_ERROR) set where there is no MPD; anything else is a finding. */
HabVerification *hab_verify (const gchar *path, const HabContentKeys *keys,
    GError **error);
void hab_verification_free (HabVerification *verification);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabVerification, hab_verification_free)

G_END_DECLS
