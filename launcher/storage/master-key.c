/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "master-key.h"

gchar *
hab_master_key_find (const gchar *data_dir, gboolean *own)
{
  const gchar *credentials = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree gchar *handed_in = credentials != NULL
      ? g_build_filename (credentials, "haberdash-master-key", NULL)
      : NULL;

  *own = handed_in == NULL || !g_file_test (handed_in, G_FILE_TEST_EXISTS);
  return *own ? g_build_filename (data_dir, "master.key", NULL)
              : g_steal_pointer (&handed_in);
}
