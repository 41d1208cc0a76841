/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "serve-storage.h"

#include <string.h>

#include "commands.h"
#include "data-dir.h"
#include "media-dir.h"

void
hab_serve_storage_init (HabServeStorage *self)
{
  *self = (HabServeStorage) {
    .max_upload = HAB_DEFAULT_MAX_UPLOAD,
    .upload_expiry = HAB_DEFAULT_UPLOAD_EXPIRY,
    .cache_size = HAB_DEFAULT_CACHE_SIZE,
  };
}

void
hab_serve_storage_clear (HabServeStorage *self)
{
  g_clear_pointer (&self->data_dir, g_free);
  g_clear_pointer (&self->media_dirs, g_strfreev);
  g_clear_pointer (&self->keep_inputs, g_free);
  g_clear_pointer (&self->keep_packages, g_free);
}

void
hab_serve_storage_add_entries (HabServeStorage *self, GArray *entries)
{
  const GOptionEntry own[] = {
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &self->data_dir,
        "folder for all that is kept; ~/.local/share/haberdash by default",
        "DIR" },
    { "media-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->media_dirs,
        "a folder whose videos are inputs where they are; their names begin "
        "with NAME/, by default the folder's own", "[NAME=]DIR" },
    { "max-upload", 0, 0, G_OPTION_ARG_INT64, &self->max_upload,
        "largest file that is taken; 64 GiB by default", "BYTES" },
    { "upload-expiry", 0, 0, G_OPTION_ARG_INT, &self->upload_expiry,
        "time after which an upload that nobody goes on with is dropped; a day "
        "by default", "SECONDS" },
    { "keep-inputs", 0, 0, G_OPTION_ARG_STRING, &self->keep_inputs,
        "remove inputs of which no package was asked for so long, such as 30d; "
        "never by default", "AGE" },
    { "keep-packages", 0, 0, G_OPTION_ARG_STRING, &self->keep_packages,
        "remove packages that ended so long ago; never by default", "AGE" },
    { "max-inputs-size", 0, 0, G_OPTION_ARG_INT64, &self->max_inputs_size,
        "remove the inputs that were not used for the longest while all have "
        "more bytes; 0, the default, for any size", "BYTES" },
    { "cache-size", 0, 0, G_OPTION_ARG_INT64, &self->cache_size,
        "bytes of GOPs and pictures that are kept, 1 GiB by default",
        "BYTES" },
  };

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
}

/* --- options to settings ---------------------------------------------- */

/* A whole number and s, m, h or d. */
static gboolean
read_age (const gchar *text, const gchar *option, gint64 *seconds)
{
  static const struct { gchar unit; gint64 seconds; } units[] = {
    { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }
  };
  gsize length = text != NULL ? strlen (text) : 0;
  g_autofree gchar *digits = g_strndup (text, length > 0 ? length - 1 : 0);
  guint64 number;

  if (text == NULL)
    return TRUE;
  for (guint i = 0; length > 1 && i < G_N_ELEMENTS (units); i++)
    if (text[length - 1] == units[i].unit &&
        g_ascii_string_to_unsigned (digits, 10, 1, 1000000, &number, NULL)) {
      *seconds = number * units[i].seconds;
      return TRUE;
    }
  return hab_cmd_usage_error ("%s must be a number and s, m, h or d, such as "
      "30d", option);
}

static gboolean
read_retention (const HabServeStorage *self, HabSettings *settings)
{
  if (self->max_inputs_size < 0 || self->cache_size < 0)
    return hab_cmd_usage_error ("a size cannot be less than 0");
  settings->max_inputs_size = self->max_inputs_size;
  settings->cache_size = self->cache_size;
  return read_age (self->keep_inputs, "--keep-inputs",
             &settings->keep_inputs) &&
      read_age (self->keep_packages, "--keep-packages",
          &settings->keep_packages);
}

static gboolean
read_folders (const HabServeStorage *self, HabSettings *settings)
{
  g_autoptr (GError) error = NULL;

  settings->data_dir = self->data_dir != NULL
      ? g_canonicalize_filename (self->data_dir, NULL)
      : hab_data_dir_get_default_path ();
  settings->media_dirs = hab_media_dirs_read (
      (const gchar *const *) self->media_dirs, settings->data_dir, &error);
  return settings->media_dirs != NULL ||
      hab_cmd_usage_error ("%s", error->message);
}

gboolean
hab_serve_storage_apply (HabServeStorage *self, HabSettings *settings)
{
  if (self->max_upload < 1)
    return hab_cmd_usage_error ("--max-upload must be at least 1");
  if (self->upload_expiry < 1)
    return hab_cmd_usage_error ("--upload-expiry must be at least 1 second");
  settings->max_upload = self->max_upload;
  settings->upload_expiry = self->upload_expiry;
  return read_folders (self, settings) && read_retention (self, settings);
}
