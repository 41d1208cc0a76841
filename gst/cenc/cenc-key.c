/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cenc-key.h"

#include <string.h>

#include "keys.h"

gboolean
hab_cenc_key_load (const gchar *key, const gchar *key_file, guint8 out[16],
    GError **error)
{
  if (key)
    return hab_key_parse (key, out, error);
  if (key_file)
    return hab_key_read_file (key_file, out, error);

  g_set_error_literal (error, HAB_KEY_ERROR, HAB_KEY_ERROR_FORM,
      "no content key: set key-file (or key, in an application)");
  return FALSE;
}

void
hab_cenc_key_free (gchar *key)
{
  if (key == NULL)
    return;
  hab_key_wipe (key, strlen (key));
  g_free (key);
}
