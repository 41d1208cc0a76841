/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "manifest-files.h"

G_BEGIN_DECLS

/* Whether a presentation is watched while it is made. */
typedef enum
{
  HAB_PRESENTATION_AUTO, /* where the input is live */
  HAB_PRESENTATION_STATIC,
  HAB_PRESENTATION_DYNAMIC,
} HabPresentationType;

/* What cencdashsink is told by properties: their definition, their values. */
typedef struct
{
  gchar *location;
  guint64 fragment_duration; /* ns */
  guint64 chunk_duration;    /* ns, 0 for none */
  gchar *license_url;
  gboolean single_file;
  gboolean hls;
  gchar *hls_key_url;
  HabHlsKeyFormat hls_key_format;
  gboolean durable;
  HabPresentationType type;
  guint64 time_shift_buffer_depth;      /* ns, 0 for all */
  guint64 suggested_presentation_delay; /* ns, 0 for a default */
  gchar *utc_timing_url;
} HabDashSettings;

void hab_dash_settings_init (HabDashSettings *settings);
void hab_dash_settings_clear (HabDashSettings *settings);

/* The properties, by ids from 1 on. */
void hab_dash_settings_install (GObjectClass *klass);
/* FALSE where there is no such property. */
gboolean hab_dash_settings_set (HabDashSettings *settings, guint id,
    const GValue *value);
gboolean hab_dash_settings_get (const HabDashSettings *settings, guint id,
    GValue *value);

/* FALSE with error set where nothing can be written with them. */
gboolean hab_dash_settings_check (const HabDashSettings *settings,
    GError **error);

/* The strings stay the settings'. */
HabManifestFiles hab_dash_settings_get_files (const HabDashSettings *settings);

G_END_DECLS
