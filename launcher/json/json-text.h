/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* JSON (RFC 8259) as text right away, for lists: a tree of nodes takes ten times
 * as long and many times the memory. Values go behind what is in text, with a comma
 * where one is due. Pure. */

/* What opens and closes: "{" and "}", "[" and "]". A name where it is a member;
 * NULL where it is none. */
void hab_json_text_open (GString *text, const gchar *name, gchar bracket);
void hab_json_text_close (GString *text, gchar bracket);

/* name: of the member; NULL for an element of an array. Names are written as they
 * are. value: UTF-8, or NULL for null. */
void hab_json_text_add_string (GString *text, const gchar *name,
    const gchar *value);
void hab_json_text_add_int (GString *text, const gchar *name, gint64 value);
/* In 15 digits, with a point or an exponent; null where it is not finite. */
void hab_json_text_add_double (GString *text, const gchar *name,
    gdouble value);
void hab_json_text_add_bool (GString *text, const gchar *name,
    gboolean value);
void hab_json_text_add_null (GString *text, const gchar *name);
/* A time of day, of microseconds since 1970 in UTC, not before: RFC 3339 with
 * milliseconds. */
void hab_json_text_add_time (GString *text, const gchar *name, gint64 us);
/* Nanoseconds as seconds, exact. */
void hab_json_text_add_seconds (GString *text, const gchar *name, gint64 ns);
/* The same of what is not negative; null where it is. */
void hab_json_text_add_duration (GString *text, const gchar *name, gint64 ns);
/* JSON as it is. */
void hab_json_text_add_raw (GString *text, const gchar *name,
    const gchar *json);

/* A number alone, where a value was begun already. */
void hab_json_text_append_int (GString *text, gint64 value);
/* A fraction of two integers as printf's "%f" writes it: six digits behind the
 * point. scale > 0. */
void hab_json_text_append_fraction (GString *text, gint64 value, guint scale);

G_END_DECLS
