/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "media.h"
#include "seal.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The content keys that a request for a package brings, or has drawn for it:
 *
 *   "kid":…,"key":…                         for all tracks that are encrypted
 *   "keys":{"video":{"kid":…,"key":…},      for each type of tracks; without
 *           "audio":{"kid":…,"key":…}}      "audio" the same for both
 *   "generate_keys":true                    what is left out is drawn */
typedef struct
{
  HabEncrypt encrypt;
  HabContentKey keys[HAB_N_TRACK_TYPES];
  gboolean kid_given[HAB_N_TRACK_TYPES], key_given[HAB_N_TRACK_TYPES];
  gboolean one_key; /* the sound has the video's */
} HabKeyRequest;

/* Reads and wipes the keys in object, whatever comes of it. FALSE with a 400. */
gboolean hab_key_request_read (HabKeyRequest *self, JsonObject *object,
    HabEncrypt encrypt, GError **error);
void hab_key_request_wipe (HabKeyRequest *self);

/* (transfer full): what was asked for beside the first key id, so that requests
 * can be compared; without a key. Empty for one key and key id for all. */
gchar *hab_key_request_describe (const HabKeyRequest *self);

/* Whether package has the keys that were given. */
gboolean hab_key_request_matches (const HabKeyRequest *self,
    const HabPackage *package, HabSeal *seal);

G_END_DECLS
