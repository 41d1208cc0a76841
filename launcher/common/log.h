/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The log of the service and its children: one line an event on the standard
 * error, with fields. GLib's own g_message () and the like go through it, too.
 * What is logged must be no key and no token; text of clients is escaped. */

typedef enum
{
  HAB_LOG_TEXT, /* logfmt: time=… level=… message="…" name=value … */
  HAB_LOG_JSON, /* one object a line */
} HabLogFormat;

gboolean hab_log_format_from_string (const gchar *word, HabLogFormat *format);
/* "error", "warning", "notice", "info", "debug" */
gboolean hab_log_level_from_string (const gchar *word,
    GLogLevelFlags *lowest);

/* Before there are threads. Children that call hab_log_init_child () do as
 * their parent. */
void hab_log_init (HabLogFormat format, GLogLevelFlags lowest);
void hab_log_init_child (void);

/* (transfer full): the environment of a child, whose lines have this request_id
 * (nullable). */
gchar **hab_log_make_environment (const gchar *request_id);

/* Fields of every line of this process from now on, for a child that works for
 * somebody; (nullable) value. */
void hab_log_set_context (const gchar *name, const gchar *value);

/* Whether a line of this level goes anywhere. */
gboolean hab_log_is_wanted (GLogLevelFlags level);

/* Called with each error that this process is going to die of. */
void hab_log_set_last_word (void (*last_word) (const gchar *message));

/* Names and values of fields follow in pairs, NULL at the end; a field whose
 * value is NULL is left out. */
void hab_log (GLogLevelFlags level, const gchar *message, ...)
    G_GNUC_NULL_TERMINATED;

/* --- the line itself, for tests --------------------------------------- */

typedef struct
{
  const gchar *name, *value;
} HabLogField;

/* Without a time where time is NULL. Ends with a newline. */
gchar *hab_log_format_line (HabLogFormat format, const gchar *time,
    GLogLevelFlags level, const gchar *message, const HabLogField *fields,
    gsize n_fields);

G_END_DECLS
