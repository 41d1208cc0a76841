/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sanitizer.h"

#ifdef __SANITIZE_ADDRESS__

#include <sanitizer/lsan_interface.h>

static int leaves_leaks;

void
hab_sanitizer_leave_leaks (void)
{
  leaves_leaks = 1;
}

/* The sanitizer asks this when the process ends. */
__attribute__ ((visibility ("default"))) int
__lsan_is_turned_off (void)
{
  return leaves_leaks;
}

#else

void
hab_sanitizer_leave_leaks (void)
{
}

#endif
