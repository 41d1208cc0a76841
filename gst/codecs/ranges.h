/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

/* Appends clear bytes and then protected ones to ranges (of HabSubsample).
 * Clear bytes behind an entry without protected ones lengthen that entry. */
void hab_ranges_append (GArray *ranges, gsize clear_bytes,
    gsize protected_bytes);

G_END_DECLS
