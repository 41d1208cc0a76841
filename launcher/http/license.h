/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "json.h"

G_BEGIN_DECLS

/* W3C Clear Key licences: {"kids":[…],"type":"temporary"} asks, and
 * {"keys":[{"kty":"oct","kid":…,"k":…}],"type":"temporary"} answers. In a
 * thread of the store. code: of the package whose keys may be told, or NULL for
 * those of all. */
HabReply *hab_license_answer (HabRequest *request, HabVault *vault,
    const gchar *code, GError **error);

/* The 16 bytes of the key of package that a path names by its KID, as HLS
 * players ask for it. In a thread of the store. */
HabReply *hab_license_answer_key (HabVault *vault, const HabPackage *package,
    const gchar *kid, GError **error);

G_END_DECLS
