/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "segment-folder.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "hls.h"
#include "presentation.h"

static gboolean
is_segment (const gchar *name)
{
  gsize digits = strspn (name, "0123456789");

  return digits > 0 && g_str_equal (name + digits, ".m4s");
}

static gboolean
is_file_of_run (const gchar *name)
{
  static const gchar *const names[] = { HAB_INIT_SEGMENT, HAB_SINGLE_FILE,
    HAB_HLS_MEDIA, HAB_HLS_I_FRAMES, NULL };

  return is_segment (name) || g_strv_contains (names, name);
}

/* ".NAME.part" or ".NAME.part.new", as HabOutputFile has it. */
static gboolean
is_part_of_run (const gchar *name)
{
  const gchar *end = g_strrstr (name, ".part");
  g_autofree gchar *stem = NULL;

  if (*name != '.' || end == NULL || end == name)
    return FALSE;
  stem = g_strndup (name + 1, end - name - 1);
  return is_file_of_run (stem);
}

gboolean
hab_segment_folder_clean (const gchar *path, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (folder && (name = g_dir_read_name (folder))) {
    g_autofree gchar *file = g_build_filename (path, name, NULL);
    gint code;

    if (!is_file_of_run (name) && !is_part_of_run (name))
      continue;
    if (g_unlink (file) == 0 || errno == ENOENT)
      continue;
    code = errno;
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
        "cannot remove %s: %s", file, g_strerror (code));
    return FALSE;
  }
  return TRUE;
}
