/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file system that does not answer, for LD_PRELOAD: a file by the name of
 * slow.mp4 is not opened while there is one whose path is in SLOW_OPEN, but for
 * half a minute at most. */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STEP_US 10000
#define STEPS 3000

typedef int (*Openat) (int folder, const char *name, int flags, ...);
typedef long (*Syscall) (long number, ...);

static void
wait_for_it (const char *name)
{
  const char *gate = getenv ("SLOW_OPEN");
  struct stat info;

  for (unsigned i = 0; i < STEPS && gate != NULL &&
       strcmp (name, "slow.mp4") == 0 && stat (gate, &info) == 0; i++)
    usleep (STEP_US);
}

static int
open_slowly (const char *symbol, int folder, const char *name, int flags,
    mode_t mode)
{
  Openat next;

  *(void **) &next = dlsym (RTLD_NEXT, symbol);
  wait_for_it (name);
  return next (folder, name, flags, mode);
}

#define DEFINE(symbol) \
  __attribute__ ((visibility ("default"))) int symbol (int folder, \
      const char *name, int flags, ...); \
  int \
  symbol (int folder, const char *name, int flags, ...) \
  { \
    mode_t mode = 0; \
    va_list args; \
\
    va_start (args, flags); \
    if (flags & (O_CREAT | __O_TMPFILE)) \
      mode = va_arg (args, mode_t); \
    va_end (args); \
    return open_slowly (#symbol, folder, name, flags, mode); \
  }

#undef openat
#undef openat64
DEFINE (openat)
DEFINE (openat64)

/* openat2 () has no function of its own. */
__attribute__ ((visibility ("default"))) long
syscall (long number, ...)
{
  long arguments[6];
  Syscall next;
  va_list args;

  va_start (args, number);
  for (unsigned i = 0; i < 6; i++)
    arguments[i] = va_arg (args, long);
  va_end (args);
  *(void **) &next = dlsym (RTLD_NEXT, "syscall");
  if (number == SYS_openat2)
    wait_for_it ((const char *) arguments[1]);
  return next (number, arguments[0], arguments[1], arguments[2], arguments[3],
      arguments[4], arguments[5]);
}
