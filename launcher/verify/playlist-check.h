/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "track-check.h"

G_BEGIN_DECLS

/* The HLS playlists (RFC 8216) in the folder and those that they name, against
 * the segments that the context knows. Returns how many there are. */
guint hab_playlists_check (HabVerifyContext *context);

G_END_DECLS
