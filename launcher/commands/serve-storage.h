/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* Options of serve: what is kept where, and for how long. */
typedef struct
{
  gchar *data_dir;
  gchar **media_dirs;
  gint64 max_upload;
  gint upload_expiry;
  gchar *keep_inputs, *keep_packages;
  gint64 max_inputs_size, cache_size;
} HabServeStorage;

/* With the defaults. */
void hab_serve_storage_init (HabServeStorage *options);
void hab_serve_storage_clear (HabServeStorage *options);

/* Appends a GOptionEntry for each. */
void hab_serve_storage_add_entries (HabServeStorage *options, GArray *entries);
/* FALSE after saying what is wrong. */
gboolean hab_serve_storage_apply (HabServeStorage *options,
    HabSettings *settings);

G_END_DECLS
