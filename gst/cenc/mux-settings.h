/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What cencmux is told by properties: their definition, their values. */
typedef struct
{
  guint64 fragment_duration; /* ns */
  guint64 chunk_duration;    /* ns, 0 for none */
  guint max_chunk_bytes;
  gboolean producer_reference_time;
} HabMuxSettings;

void hab_mux_settings_init (HabMuxSettings *settings);

/* The properties, by ids from 1 on. */
void hab_mux_settings_install (GObjectClass *klass);
/* FALSE where there is no such property. */
gboolean hab_mux_settings_set (HabMuxSettings *settings, guint id,
    const GValue *value);
gboolean hab_mux_settings_get (const HabMuxSettings *settings, guint id,
    GValue *value);

G_END_DECLS
