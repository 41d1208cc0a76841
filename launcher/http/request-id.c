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

/* Version 4 of RFC 9562, as g_uuid_string_random () makes it by way of printf (). */
static gchar *
make_uuid (void)
{
  static const gchar digits[] = "0123456789abcdef";
  /* One of "x" stands for a digit; "y" for one of 8, 9, a, b. */
  gchar *uuid = g_strdup ("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx");
  guint32 bits = 0;
  guint left = 0;

  for (gchar *c = uuid; *c != '\0'; c++) {
    if (*c != 'x' && *c != 'y')
      continue;
    if (left == 0) {
      bits = g_random_int ();
      left = 8;
    }
    *c = digits[*c == 'x' ? bits & 15 : 8 | (bits & 3)];
    bits >>= 4;
    left--;
  }
  return uuid;
}

gchar *
hab_request_id_choose (const gchar *given)
{
  return given != NULL && is_well_formed (given) ? g_strdup (given)
                                                 : make_uuid ();
}
