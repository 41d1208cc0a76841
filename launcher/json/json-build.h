/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Members of an object that is being built. NULL text is null. */
void hab_json_add_text (JsonBuilder *builder, const gchar *name,
    const gchar *text);
void hab_json_add_int (JsonBuilder *builder, const gchar *name,
    gint64 number);
void hab_json_add_double (JsonBuilder *builder, const gchar *name,
    gdouble number);
void hab_json_add_bool (JsonBuilder *builder, const gchar *name,
    gboolean value);
void hab_json_add_null (JsonBuilder *builder, const gchar *name);
/* A time of day as RFC 3339 in UTC. */
void hab_json_add_time (JsonBuilder *builder, const gchar *name, gint64 us);
/* A time of media in seconds; null where it is negative. */
void hab_json_add_seconds (JsonBuilder *builder, const gchar *name,
    gint64 ns);

G_END_DECLS
