/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the program ends with: sysexits' numbers. */
typedef enum
{
  HAB_EXIT_OK = 0,
  HAB_EXIT_USAGE = 64,       /* the command line is wrong */
  HAB_EXIT_DATA = 65,        /* the input cannot be processed */
  HAB_EXIT_NO_INPUT = 66,    /* the input cannot be opened or has no such GOP */
  HAB_EXIT_UNAVAILABLE = 69, /* a plug-in or an address is missing */
  HAB_EXIT_SOFTWARE = 70,    /* anything else */
  HAB_EXIT_CANT_CREATE = 73, /* the output cannot be written */
  HAB_EXIT_CONFIG = 78,      /* a key, token, certificate or catalog cannot be
                              * used */
  HAB_EXIT_INTERRUPTED = 130,
} HabExit;

G_END_DECLS
