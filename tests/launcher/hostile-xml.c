/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A reader of XML that a hostile file has taken over, for LD_PRELOAD: it acts before
 * it reads, as it was told when the program began. */

#include <dlfcn.h>

#include "hostile-acts.h"

typedef void *(*ReadMemory) (const char *buffer, int size, const char *url,
    const char *encoding, int options);

static gchar *acts;

__attribute__ ((constructor)) static void
begin (void)
{
  acts = hostile_read_acts ();
}

__attribute__ ((visibility ("default"))) void *xmlReadMemory (
    const char *buffer, int size, const char *url, const char *encoding,
    int options);

void *
xmlReadMemory (const char *buffer, int size, const char *url,
    const char *encoding, int options)
{
  ReadMemory next;

  *(void **) &next = dlsym (RTLD_NEXT, "xmlReadMemory");
  hostile_act (acts);
  return next (buffer, size, url, encoding, options);
}
