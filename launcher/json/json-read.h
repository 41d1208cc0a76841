/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Members of an object that a program wrote, which may leave some out: unknown,
 * FALSE or NULL stands for one that is absent or no plain value. */
gint64 hab_json_read_int (JsonObject *object, const gchar *name,
    gint64 unknown);
gdouble hab_json_read_double (JsonObject *object, const gchar *name,
    gdouble unknown);
gboolean hab_json_read_bool (JsonObject *object, const gchar *name);
/* (nullable) (transfer none) */
const gchar *hab_json_read_text (JsonObject *object, const gchar *name);
/* (transfer full) (nullable): an array of strings, "" for what is none. */
GStrv hab_json_read_list (JsonObject *object, const gchar *name);

G_END_DECLS
