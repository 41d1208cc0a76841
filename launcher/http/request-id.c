/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "request-id.h"

#include <string.h>

#define MAX_LENGTH 128

static gboolean
is_well_formed (const gchar *id)
{
  gsize length = strnlen (id, MAX_LENGTH + 1);

  if (length == 0 || length > MAX_LENGTH)
    return FALSE;
  for (; *id != '\0'; id++)
    if (!g_ascii_isalnum (*id) && strchr ("-_.:", *id) == NULL)
      return FALSE;
  return TRUE;
}

gchar *
hab_request_id_choose (const gchar *given)
{
  return given != NULL && is_well_formed (given) ? g_strdup (given)
                                                 : g_uuid_string_random ();
}
