/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "seal.h"

G_BEGIN_DECLS

/* The content keys of a package, which the catalog has sealed. */

/* Whether the tracks of this type are encrypted. */
gboolean hab_package_has_key (const HabPackage *package, HabTrackType type);
/* Whether any track is; video is wherever anything is. */
gboolean hab_package_is_encrypted (const HabPackage *package);

/* keys are HAB_N_TRACK_TYPES, by HabTrackType. Fills them, with zeros where the
 * tracks are in the clear; nothing is left in them on failure. The caller wipes
 * them. */
gboolean hab_package_open_keys (const HabPackage *package, HabSeal *seal,
    HabContentKey *keys, GError **error);

/* Seals those of the types of tracks that package->encrypt names; the others
 * have none. */
void hab_package_seal_keys (HabPackage *package, HabSeal *seal,
    const HabContentKey *keys);

G_END_DECLS
