/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "dash-settings.h"

#include "segment-properties.h"

typedef enum
{
  PROP_LOCATION = 1,
  PROP_FRAGMENT_DURATION,
  PROP_CHUNK_DURATION,
  PROP_LICENSE_URL,
  PROP_SINGLE_FILE,
  PROP_HLS,
  PROP_HLS_KEY_URL,
  PROP_HLS_KEY_FORMAT,
  PROP_DURABLE,
  PROP_PRESENTATION_TYPE,
  PROP_TIME_SHIFT_BUFFER_DEPTH,
  PROP_SUGGESTED_PRESENTATION_DELAY,
  PROP_UTC_TIMING_URL,
} Property;

#define N_PROPS (PROP_UTC_TIMING_URL + 1)

#define TYPE_PRESENTATION_TYPE (presentation_type_get_type ())

static GType
presentation_type_get_type (void)
{
  static const GEnumValue values[] = {
    { HAB_PRESENTATION_AUTO, "dynamic where the input is live", "auto" },
    { HAB_PRESENTATION_STATIC, "a manifest at the end", "static" },
    { HAB_PRESENTATION_DYNAMIC, "a manifest with every segment", "dynamic" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstCencDashSinkPresentationType", values));
  return type;
}

#define GST_TYPE_CENC_DASH_SINK_HLS_KEY_FORMAT (hls_key_format_get_type ())
static GType
hls_key_format_get_type (void)
{
  static const GEnumValue values[] = {
    { HAB_HLS_KEY_IDENTITY,
        "identity: the address of the key's 16 bytes, for Shaka Player and "
        "others; without an address no EXT-X-KEY", "identity" },
    { HAB_HLS_KEY_CLEARKEY,
        "org.w3.clearkey: the ID of the key, for hls.js", "clearkey" },
    { 0, NULL, NULL },
  };
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstCencDashSinkHlsKeyFormat", values));
  return type;
}

void
hab_dash_settings_init (HabDashSettings *settings)
{
  *settings = (HabDashSettings){
    .fragment_duration = HAB_DEFAULT_FRAGMENT_DURATION,
  };
}

void
hab_dash_settings_clear (HabDashSettings *settings)
{
  g_clear_pointer (&settings->location, g_free);
  g_clear_pointer (&settings->license_url, g_free);
  g_clear_pointer (&settings->hls_key_url, g_free);
  g_clear_pointer (&settings->utc_timing_url, g_free);
}

static void
take_string (gchar **string, const GValue *value)
{
  g_free (*string);
  *string = g_value_dup_string (value);
}

gboolean
hab_dash_settings_set (HabDashSettings *settings, guint id,
    const GValue *value)
{
  switch ((Property) id) {
    case PROP_LOCATION:
      take_string (&settings->location, value);
      return TRUE;
    case PROP_FRAGMENT_DURATION:
      settings->fragment_duration = g_value_get_uint64 (value);
      return TRUE;
    case PROP_CHUNK_DURATION:
      settings->chunk_duration = g_value_get_uint64 (value);
      return TRUE;
    case PROP_LICENSE_URL:
      take_string (&settings->license_url, value);
      return TRUE;
    case PROP_SINGLE_FILE:
      settings->single_file = g_value_get_boolean (value);
      return TRUE;
    case PROP_HLS:
      settings->hls = g_value_get_boolean (value);
      return TRUE;
    case PROP_HLS_KEY_URL:
      take_string (&settings->hls_key_url, value);
      return TRUE;
    case PROP_HLS_KEY_FORMAT:
      settings->hls_key_format = g_value_get_enum (value);
      return TRUE;
    case PROP_DURABLE:
      settings->durable = g_value_get_boolean (value);
      return TRUE;
    case PROP_PRESENTATION_TYPE:
      settings->type = g_value_get_enum (value);
      return TRUE;
    case PROP_TIME_SHIFT_BUFFER_DEPTH:
      settings->time_shift_buffer_depth = g_value_get_uint64 (value);
      return TRUE;
    case PROP_SUGGESTED_PRESENTATION_DELAY:
      settings->suggested_presentation_delay = g_value_get_uint64 (value);
      return TRUE;
    case PROP_UTC_TIMING_URL:
      take_string (&settings->utc_timing_url, value);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
hab_dash_settings_get (const HabDashSettings *settings, guint id,
    GValue *value)
{
  switch ((Property) id) {
    case PROP_LOCATION:
      g_value_set_string (value, settings->location);
      return TRUE;
    case PROP_FRAGMENT_DURATION:
      g_value_set_uint64 (value, settings->fragment_duration);
      return TRUE;
    case PROP_CHUNK_DURATION:
      g_value_set_uint64 (value, settings->chunk_duration);
      return TRUE;
    case PROP_LICENSE_URL:
      g_value_set_string (value, settings->license_url);
      return TRUE;
    case PROP_SINGLE_FILE:
      g_value_set_boolean (value, settings->single_file);
      return TRUE;
    case PROP_HLS:
      g_value_set_boolean (value, settings->hls);
      return TRUE;
    case PROP_HLS_KEY_URL:
      g_value_set_string (value, settings->hls_key_url);
      return TRUE;
    case PROP_HLS_KEY_FORMAT:
      g_value_set_enum (value, settings->hls_key_format);
      return TRUE;
    case PROP_DURABLE:
      g_value_set_boolean (value, settings->durable);
      return TRUE;
    case PROP_PRESENTATION_TYPE:
      g_value_set_enum (value, settings->type);
      return TRUE;
    case PROP_TIME_SHIFT_BUFFER_DEPTH:
      g_value_set_uint64 (value, settings->time_shift_buffer_depth);
      return TRUE;
    case PROP_SUGGESTED_PRESENTATION_DELAY:
      g_value_set_uint64 (value, settings->suggested_presentation_delay);
      return TRUE;
    case PROP_UTC_TIMING_URL:
      g_value_set_string (value, settings->utc_timing_url);
      return TRUE;
    default:
      return FALSE;
  }
}

static const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
    GST_PARAM_MUTABLE_READY;

static void
install_live (GParamSpec **props)
{
  props[PROP_PRESENTATION_TYPE] = g_param_spec_enum ("presentation-type",
      "Presentation type",
      "Whether the manifest appears with the first segments and follows them "
      "(dynamic, to be watched live), or at the end",
      TYPE_PRESENTATION_TYPE, HAB_PRESENTATION_AUTO, flags);
  props[PROP_TIME_SHIFT_BUFFER_DEPTH] = g_param_spec_uint64 (
      "time-shift-buffer-depth", "Time shift buffer depth",
      "Nanoseconds that a dynamic presentation can be watched back; older "
      "segments are removed. 0: to its start, nothing is removed",
      0, G_MAXINT64, 0, flags);
  props[PROP_SUGGESTED_PRESENTATION_DELAY] = g_param_spec_uint64 (
      "suggested-presentation-delay", "Suggested presentation delay",
      "Nanoseconds behind the present at which players of a dynamic "
      "presentation shall be; 0: three times fragment-duration, and as long as "
      "the first segment took to get here",
      0, G_MAXINT64, 0, flags);
  props[PROP_UTC_TIMING_URL] = g_param_spec_string ("utc-timing-url",
      "UTC timing URL",
      "Address whose Date header players of a dynamic presentation take for "
      "the time (urn:mpeg:dash:utc:http-head:2014); when unset, they rely on "
      "their own clocks",
      NULL, flags);
}

void
hab_dash_settings_install (GObjectClass *klass)
{
  GParamSpec *props[N_PROPS] = { NULL };

  props[PROP_LOCATION] = g_param_spec_string ("location", "Location",
      "Path of the manifest to write; the tracks' folders are made beside it",
      NULL, flags);
  props[PROP_FRAGMENT_DURATION] = hab_fragment_duration_spec_new (flags);
  props[PROP_CHUNK_DURATION] = hab_chunk_duration_spec_new (flags);
  props[PROP_LICENSE_URL] = g_param_spec_string ("license-url", "Licence URL",
      "Address of a ClearKey licence service that the manifest names; when "
      "unset, it has the pssh box of the W3C common system instead",
      NULL, flags);
  props[PROP_SINGLE_FILE] = g_param_spec_boolean ("single-file",
      "Single file",
      "Write each track as one file, track.mp4, with a segment index in front, "
      "and a manifest of the on-demand profile; the files appear at the end",
      FALSE, flags);
  props[PROP_HLS] = g_param_spec_boolean ("hls", "HLS",
      "Write HLS playlists over the same segments, too: beside the manifest one "
      "of its name with the ending m3u8, and one in each track's folder",
      FALSE, flags);
  props[PROP_HLS_KEY_URL] = g_param_spec_string ("hls-key-url", "HLS key URL",
      "Address where HLS players get the 16 bytes of the key, with $KID$ for the "
      "32 hexadecimal digits of its ID; when unset, the playlists name no key, "
      "or only its ID, and players must be given it in another way",
      NULL, flags);
  props[PROP_HLS_KEY_FORMAT] = g_param_spec_enum ("hls-key-format",
      "HLS key format",
      "KEYFORMAT of the playlists' keys; no player takes both",
      GST_TYPE_CENC_DASH_SINK_HLS_KEY_FORMAT, HAB_HLS_KEY_IDENTITY, flags);
  props[PROP_DURABLE] = g_param_spec_boolean ("durable", "Durable",
      "Wait for the disk: what an element message tells of outlives a power cut",
      FALSE, flags);
  install_live (props);
  g_object_class_install_properties (klass, N_PROPS, props);
}

gboolean
hab_dash_settings_check (const HabDashSettings *settings, GError **error)
{
  const gchar *location = settings->location;

  if (location == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "No file to write to: set location to the path of the manifest.");
    return FALSE;
  }
  if (*location == '\0' || g_str_has_suffix (location, "/")) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is a folder: set location to the path of the manifest.",
        location);
    return FALSE;
  }
  if (settings->single_file && settings->type == HAB_PRESENTATION_DYNAMIC) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "A single file appears at the end: it cannot be dynamic.");
    return FALSE;
  }
  return TRUE;
}

HabManifestFiles
hab_dash_settings_get_files (const HabDashSettings *settings)
{
  return (HabManifestFiles){
    .location = settings->location,
    .license_url = settings->license_url,
    .hls = settings->hls,
    .hls_keys = { settings->hls_key_format, settings->hls_key_url },
    .text_segment_length =
        settings->single_file ? 0 : settings->fragment_duration,
    .durable = settings->durable,
  };
}
