/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* What a process may use, and its last word where that was not enough. */

#include "jail.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sanitizer.h"

/* A decoder opens its libraries, a package its segments one by one. */
#define MAX_OPEN_FILES 1024
/* An allocation of so much may well be what failed. */
#define NEARLY (G_GUINT64_CONSTANT (64) << 20)
/* Between the signal that ends it and the one that it cannot catch. */
#define GRACE_SECONDS 5
#define STACK_SIZE (64 * 1024)

/* For the handler of signals, constant once it is set up. */
static struct
{
  guint64 memory, page_size;
  int statm_fd, records_fd;
  const gchar *record;
  gsize record_length;
  gint told;
  guint8 stack[STACK_SIZE];
} last_word = { .statm_fd = -1 };

static void
set_limit (int resource, guint64 soft, guint64 hard)
{
  struct rlimit limit = { 0 };

  getrlimit (resource, &limit);
  limit.rlim_max = MIN (limit.rlim_max, hard);
  limit.rlim_cur = MIN (limit.rlim_max, soft);
  setrlimit (resource, &limit);
}

void
hab_jail_go_first (void)
{
  int fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (write (fd, "1000", 4) < 0)
    g_debug ("the kernel does not take this process for the first to go");
  close (fd);
}

void
hab_jail_hide (void)
{
  hab_sanitizer_leave_leaks ();
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  set_limit (RLIMIT_CORE, 0, 0);
}

void
hab_jail_tell_memory (void)
{
  if (last_word.record == NULL ||
      __atomic_exchange_n (&last_word.told, 1, __ATOMIC_SEQ_CST))
    return;
  if (write (last_word.records_fd, last_word.record,
          last_word.record_length) < 0)
    return;
}

/* Field 6 of statm is what RLIMIT_DATA counts, and the stack. */
static gboolean
is_memory_used_up (void)
{
  gchar text[256];
  gssize length = pread (last_word.statm_fd, text, sizeof text, 0);
  guint64 pages = 0;
  guint field = 1;

  for (gssize i = 0; i < length && field <= 6; i++) {
    if (text[i] == ' ')
      field++;
    else if (field == 6)
      pages = pages * 10 + (text[i] - '0');
  }
  return pages * last_word.page_size + NEARLY >= last_word.memory;
}

/* Nothing here allocates. The signal comes again when this returns, and then
 * it ends the process. */
static void
on_end (int number)
{
  if (is_memory_used_up ())
    hab_jail_tell_memory ();
  if (number == SIGTRAP)
    raise (number);
}

/* What GLib, the C++ library and a pointer that is NULL for once end in. */
static void
catch_ends (void)
{
  static const int ends[] = { SIGABRT, SIGTRAP, SIGSEGV, SIGBUS };
  const stack_t stack = {
    .ss_sp = last_word.stack, .ss_size = sizeof last_word.stack
  };
  struct sigaction action = {
    .sa_handler = on_end, .sa_flags = SA_ONSTACK | (int) SA_RESETHAND
  };

  sigaltstack (&stack, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    sigaction (ends[i], &action, NULL);
}

static void
limit_memory (guint64 memory, int records_fd, const gchar *record)
{
  last_word.memory = memory;
  last_word.page_size = sysconf (_SC_PAGESIZE);
  last_word.records_fd = records_fd;
  last_word.record = record;
  last_word.record_length = strlen (record);
  last_word.statm_fd = open ("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  catch_ends ();
  set_limit (RLIMIT_DATA, memory, memory);
}

void
hab_jail_limit (const HabJailLimits *limits, int records_fd,
    const gchar *record)
{
  set_limit (RLIMIT_NOFILE, MAX_OPEN_FILES, MAX_OPEN_FILES);
  set_limit (RLIMIT_MEMLOCK, 0, 0);
  if (limits->cpu_seconds > 0)
    set_limit (RLIMIT_CPU, limits->cpu_seconds,
        limits->cpu_seconds + GRACE_SECONDS);
  if (limits->file_size > 0)
    set_limit (RLIMIT_FSIZE, limits->file_size, limits->file_size);
  if (limits->memory > 0 && HAB_CAN_LIMIT_MEMORY)
    limit_memory (limits->memory, records_fd, record);
}
