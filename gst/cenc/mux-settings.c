/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "mux-settings.h"

#include "segment-properties.h"

#define DEFAULT_MAX_CHUNK_BYTES (4 * 1024 * 1024)

typedef enum
{
  PROP_FRAGMENT_DURATION = 1,
  PROP_CHUNK_DURATION,
  PROP_MAX_CHUNK_BYTES,
  PROP_PRODUCER_REFERENCE_TIME,
} Property;

#define N_PROPS (PROP_PRODUCER_REFERENCE_TIME + 1)

void
hab_mux_settings_init (HabMuxSettings *settings)
{
  *settings = (HabMuxSettings){
    .fragment_duration = HAB_DEFAULT_FRAGMENT_DURATION,
    .max_chunk_bytes = DEFAULT_MAX_CHUNK_BYTES,
  };
}

void
hab_mux_settings_install (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_READY;
  GParamSpec *props[N_PROPS] = { NULL };

  props[PROP_FRAGMENT_DURATION] = hab_fragment_duration_spec_new (flags);
  props[PROP_CHUNK_DURATION] = hab_chunk_duration_spec_new (flags);
  props[PROP_MAX_CHUNK_BYTES] = g_param_spec_uint ("max-chunk-bytes",
      "Maximum chunk size",
      "Bytes of samples above which a segment goes on in a further moof and "
      "mdat; what the element holds in memory at the most, but for one sample",
      1, 1u << 30, DEFAULT_MAX_CHUNK_BYTES, flags);
  props[PROP_PRODUCER_REFERENCE_TIME] = g_param_spec_boolean (
      "producer-reference-time", "Producer reference time",
      "Write a prft box (ISO/IEC 14496-12) into each chunk: when, by the system's "
      "clock, its first sample was captured. Makes sense for live sources, whose "
      "running time is that of the pipeline's clock; without a clock there is no "
      "box",
      FALSE, flags);
  g_object_class_install_properties (klass, N_PROPS, props);
}

gboolean
hab_mux_settings_set (HabMuxSettings *settings, guint id, const GValue *value)
{
  switch ((Property) id) {
    case PROP_FRAGMENT_DURATION:
      settings->fragment_duration = g_value_get_uint64 (value);
      return TRUE;
    case PROP_CHUNK_DURATION:
      settings->chunk_duration = g_value_get_uint64 (value);
      return TRUE;
    case PROP_MAX_CHUNK_BYTES:
      settings->max_chunk_bytes = g_value_get_uint (value);
      return TRUE;
    case PROP_PRODUCER_REFERENCE_TIME:
      settings->producer_reference_time = g_value_get_boolean (value);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
hab_mux_settings_get (const HabMuxSettings *settings, guint id, GValue *value)
{
  switch ((Property) id) {
    case PROP_FRAGMENT_DURATION:
      g_value_set_uint64 (value, settings->fragment_duration);
      return TRUE;
    case PROP_CHUNK_DURATION:
      g_value_set_uint64 (value, settings->chunk_duration);
      return TRUE;
    case PROP_MAX_CHUNK_BYTES:
      g_value_set_uint (value, settings->max_chunk_bytes);
      return TRUE;
    case PROP_PRODUCER_REFERENCE_TIME:
      g_value_set_boolean (value, settings->producer_reference_time);
      return TRUE;
    default:
      return FALSE;
  }
}
