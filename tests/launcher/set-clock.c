/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Clocks that somebody sets, for LD_PRELOAD: the file whose path is in SET_CLOCK
 * says by how many seconds the day's clock is wrong, and how many more have gone
 * by since the boot, which moves all clocks. */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef struct
{
  int64_t wrong, gone;
} Setting;

typedef int (*ClockGetTime) (clockid_t clock, struct timespec *time);

static const volatile Setting *setting;

__attribute__ ((constructor)) static void
open_setting (void)
{
  const char *path = getenv ("SET_CLOCK");
  int fd = path != NULL ? open (path, O_RDONLY | O_CLOEXEC) : -1;
  void *map = MAP_FAILED;

  if (fd >= 0) {
    map = mmap (NULL, sizeof (Setting), PROT_READ, MAP_SHARED, fd, 0);
    close (fd);
  }
  if (map != MAP_FAILED)
    setting = map;
}

__attribute__ ((visibility ("default"))) int
clock_gettime (clockid_t clock, struct timespec *time)
{
  static ClockGetTime next;
  int result;

  /* other libraries are set up before this one, and ask */
  if (next == NULL)
    *(void **) &next = dlsym (RTLD_NEXT, "clock_gettime");
  result = next (clock, time);
  if (result != 0 || setting == NULL)
    return result;
  if (clock == CLOCK_REALTIME)
    time->tv_sec += setting->wrong;
  if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
      clock == CLOCK_BOOTTIME)
    time->tv_sec += setting->gone;
  return result;
}

__attribute__ ((visibility ("default"))) int
gettimeofday (struct timeval *restrict time, void *restrict zone)
{
  struct timespec precise;

  clock_gettime (CLOCK_REALTIME, &precise);
  time->tv_sec = precise.tv_sec;
  time->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

__attribute__ ((visibility ("default"))) time_t
time (time_t *result)
{
  struct timespec precise;

  clock_gettime (CLOCK_REALTIME, &precise);
  if (result != NULL)
    *result = precise.tv_sec;
  return precise.tv_sec;
}
