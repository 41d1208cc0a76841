/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* Options of serve: how it works, stops and logs. */
typedef struct
{
  gint jobs;
  gboolean no_fork_server;
  gchar *encoder;
  gdouble retry_delay, stop_timeout;
  gint stall_timeout;
  gchar *log_format, *log_level;
} HabServeOperation;

/* With the defaults. */
void hab_serve_operation_init (HabServeOperation *options);
void hab_serve_operation_clear (HabServeOperation *options);

/* Appends a GOptionEntry for each. */
void hab_serve_operation_add_entries (HabServeOperation *options,
    GArray *entries);
/* FALSE after saying what is wrong. The log goes by them from then on. */
gboolean hab_serve_operation_apply (HabServeOperation *options,
    HabSettings *settings);

G_END_DECLS
