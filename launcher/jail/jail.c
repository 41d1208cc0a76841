/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "jail.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "landlock.h"
#include "syscall-filter.h"

#define ENV_MODE "HABERDASH_SANDBOX"
#define ENV_MEMORY "HABERDASH_CHILD_MEMORY"
#define ENV_CPU_TIME "HABERDASH_CHILD_CPU_TIME"

static const gchar *const mode_words[] = {
  [HAB_JAIL_AUTO] = "auto",
  [HAB_JAIL_REQUIRE] = "require",
  [HAB_JAIL_OFF] = "off",
};

struct _HabJail
{
  int rules_fd;  /* of Landlock; -1 where there is none, or no use */
  GError *error; /* the first thing that went wrong with it */
};

/* --- settings ---------------------------------------------------------- */

gboolean
hab_jail_mode_from_string (const gchar *word, HabJailMode *mode)
{
  for (guint i = 0; i < G_N_ELEMENTS (mode_words); i++) {
    if (g_strcmp0 (word, mode_words[i]) == 0) {
      *mode = i;
      return TRUE;
    }
  }
  return FALSE;
}

void
hab_jail_settings_export (const HabJailSettings *settings)
{
  g_autofree gchar *memory =
      g_strdup_printf ("%" G_GUINT64_FORMAT, settings->memory);
  g_autofree gchar *cpu_time = g_strdup_printf ("%u", settings->cpu_seconds);

  g_setenv (ENV_MODE, mode_words[settings->mode], TRUE);
  g_setenv (ENV_MEMORY, memory, TRUE);
  g_setenv (ENV_CPU_TIME, cpu_time, TRUE);
}

void
hab_jail_settings_import (HabJailSettings *settings)
{
  const gchar *memory = g_getenv (ENV_MEMORY);
  const gchar *cpu_time = g_getenv (ENV_CPU_TIME);

  *settings = (HabJailSettings) {
    .memory = HAB_JAIL_DEFAULT_MEMORY,
    .cpu_seconds = HAB_JAIL_DEFAULT_CPU_SECONDS,
  };
  hab_jail_mode_from_string (g_getenv (ENV_MODE), &settings->mode);
  if (memory != NULL)
    settings->memory = g_ascii_strtoull (memory, NULL, 10);
  if (cpu_time != NULL)
    settings->cpu_seconds = g_ascii_strtoull (cpu_time, NULL, 10);
}

gchar *
hab_jail_describe (HabJailMode mode, gboolean *whole)
{
  guint version = hab_landlock_get_version ();
  gboolean calls = hab_syscall_filter_is_there ();

  *whole = version > 0 && calls;
  if (mode == HAB_JAIL_OFF)
    return g_strdup ("limits only");
  return g_strdup_printf ("limits, %s, %s",
      calls ? "system calls (seccomp)" : "all system calls (no seccomp)",
      version > 0 ? "own files only (Landlock)" : "all files (no Landlock)");
}

/* --- files ------------------------------------------------------------- */

HabJail *
hab_jail_new (void)
{
  /* Of /etc only what is named: keys may lie in the rest. Of the processor,
   * how many there are. */
  static const gchar *const readable[] = {
    "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share",
    "/usr/local/lib", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache",
    "/etc/localtime", "/etc/fonts", "/var/cache/fontconfig",
    "/proc/cpuinfo", "/sys/devices/system/cpu",
    "/sys/devices/system/node", "/dev/urandom", "/dev/zero"
  };
  HabJail *self = g_new0 (HabJail, 1);

  self->rules_fd =
      hab_landlock_get_version () > 0 ? hab_landlock_new (&self->error) : -1;
  for (guint i = 0; i < G_N_ELEMENTS (readable); i++)
    hab_jail_allow_read (self, readable[i]);
  hab_jail_allow_write (self, "/dev/null");
  return self;
}

void
hab_jail_free (HabJail *self)
{
  if (self->rules_fd >= 0)
    close (self->rules_fd);
  g_clear_error (&self->error);
  g_free (self);
}

static void
jail_allow (HabJail *self, const gchar *path, gboolean writable)
{
  if (self->rules_fd >= 0 && self->error == NULL)
    hab_landlock_allow (self->rules_fd, path, writable, &self->error);
}

void
hab_jail_allow_read (HabJail *self, const gchar *path)
{
  jail_allow (self, path, FALSE);
}

void
hab_jail_allow_write (HabJail *self, const gchar *path)
{
  jail_allow (self, path, TRUE);
}

/* --- in force ---------------------------------------------------------- */

gboolean
hab_jail_has_other_threads (void)
{
  g_autoptr (GDir) threads = g_dir_open ("/proc/self/task", 0, NULL);

  return threads != NULL && g_dir_read_name (threads) != NULL &&
      g_dir_read_name (threads) != NULL;
}

static gboolean
check_threads (HabJailMode mode, GError **error)
{
  if (!hab_jail_has_other_threads ())
    return TRUE;
  if (mode == HAB_JAIL_REQUIRE) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "Media work cannot be confined as required: a plug-in has started "
        "threads already");
    return FALSE;
  }
  g_warning ("a plug-in has started threads before media work was confined; "
      "they may open all files");
  return TRUE;
}

static gboolean
enter (HabJail *self, GError **error)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "privileges cannot be renounced: %s", g_strerror (errno));
    return FALSE;
  }
  /* Not ahead: a process that is forked until then has another one. */
  hab_jail_allow_read (self, "/proc/self");
  if (self->error != NULL) {
    g_propagate_error (error, g_error_copy (self->error));
    return FALSE;
  }
  if (self->rules_fd >= 0 && !hab_landlock_confine (self->rules_fd, error))
    return FALSE;
  return !hab_syscall_filter_is_there () ||
      hab_syscall_filter_confine (error);
}

gboolean
hab_jail_enter (HabJail *self, HabJailMode mode, GError **error)
{
  gboolean whole;
  g_autofree gchar *text = hab_jail_describe (mode, &whole);

  if (mode == HAB_JAIL_OFF)
    return TRUE;
  if (mode == HAB_JAIL_REQUIRE && !whole) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "Media work cannot be confined as required, there is only: %s", text);
    return FALSE;
  }
  return check_threads (mode, error) && enter (self, error);
}
