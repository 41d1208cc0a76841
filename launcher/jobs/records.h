/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "gop-index.h"

G_BEGIN_DECLS

/* The records of a child (record-json.h) read back into the structs of the
 * catalog; nothing in them is believed that cannot be. Pure. */

HabGopIndex *hab_records_index_new (void);
/* Adds what a record of kind "track", "gop" or "iframe" tells; ignores the
 * others. */
void hab_records_index_add (HabGopIndex *index, JsonObject *record);

G_END_DECLS
