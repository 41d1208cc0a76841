/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "package-keys.h"

#include <string.h>

#include "media.h"

/* What they are sealed for, see seal.h. */
#define CONTEXT "package key"

gboolean
hab_package_has_key (const HabPackage *package, HabTrackType type)
{
  return package->keys[type].sealed_key != NULL;
}

gboolean
hab_package_is_encrypted (const HabPackage *package)
{
  return hab_package_has_key (package, HAB_TRACK_VIDEO);
}

static gboolean
open_key (const HabPackageKey *sealed, HabSeal *seal, HabContentKey *key,
    GError **error)
{
  if (sealed->sealed_key == NULL)
    return TRUE;
  memcpy (key->kid, sealed->kid, sizeof key->kid);
  return hab_seal_open (seal, CONTEXT, sealed->sealed_key, key->key,
      sizeof key->key, error);
}

gboolean
hab_package_open_keys (const HabPackage *package, HabSeal *seal,
    HabContentKey *keys, GError **error)
{
  memset (keys, 0, HAB_N_TRACK_TYPES * sizeof *keys);
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (!open_key (&package->keys[i], seal, &keys[i], error)) {
      hab_key_wipe (keys, HAB_N_TRACK_TYPES * sizeof *keys);
      return FALSE;
    }
  }
  return TRUE;
}

void
hab_package_seal_keys (HabPackage *package, HabSeal *seal,
    const HabContentKey *keys)
{
  HabEncrypt encrypt;

  if (!hab_encrypt_from_string (package->encrypt, &encrypt))
    return;
  for (guint i = 0; i < HAB_N_TRACK_TYPES; i++) {
    if (!hab_encrypt_covers (encrypt, i))
      continue;
    memcpy (package->keys[i].kid, keys[i].kid, sizeof keys[i].kid);
    package->keys[i].sealed_key =
        hab_seal_close (seal, CONTEXT, keys[i].key, sizeof keys[i].key);
  }
}
