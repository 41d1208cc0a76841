/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "catalog.h"

G_BEGIN_DECLS

/* The records that docs/architecture.md lists: JSON objects, one a line, by which
 * catalogrecorder and the service's children tell what is in a file. What is
 * not known is left out, but an I-frame's offset and GOP, which are -1. Pure. */

/* (transfer full): one of a kind, without anything else yet. */
JsonObject *hab_record_new (const gchar *kind);
/* Takes record. (transfer full): its line, without the line feed. */
gchar *hab_record_format (JsonObject *record);

/* (transfer full): a record each. number, track: of the track in its file. */
JsonObject *hab_record_new_track (guint number, const HabTrack *track);
JsonObject *hab_record_new_gop (guint track, const HabGop *gop);
JsonObject *hab_record_new_iframe (guint track, const HabIFrame *iframe);

G_END_DECLS
