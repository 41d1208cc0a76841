/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "gop-index.h"

G_BEGIN_DECLS

/* The records of a worker as the structs of the catalog, and back. Pure. */

HabGopIndex *hab_records_index_new (void);
/* Adds what a record of kind "track", "gop" or "iframe" tells; ignores the
 * others. */
void hab_records_index_add (HabGopIndex *index, JsonObject *record);

/* (transfer full): one of a kind, without anything else yet. */
JsonObject *hab_record_new (const gchar *kind);

/* A record each, without the line's end. */
gchar *hab_records_format_track (const HabTrack *track);
gchar *hab_records_format_gop (guint track, const HabGop *gop);
gchar *hab_records_format_iframe (guint track, const HabIFrame *iframe);

G_END_DECLS
