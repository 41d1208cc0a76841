/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The files that may be opened, by Landlock. Rules are about inodes: a file
 * that was opened for this process counts, whatever its name. */

#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Versions that came after the kernel headers of Debian 12. */
#define ACCESS_TRUNCATE (G_GUINT64_CONSTANT (1) << 14)  /* 3 */
#define ACCESS_IOCTL_DEV (G_GUINT64_CONSTANT (1) << 15) /* 5 */
#define NET_TCP (G_GUINT64_CONSTANT (3))                /* 4: bind, connect */
#define SCOPE_ALL (G_GUINT64_CONSTANT (3)) /* 6: abstract sockets, signals */

typedef struct
{
  guint64 files, net, scopes;
} Ruleset;

/* What can be said of a file rather than of a folder. */
#define OF_FILES (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
    LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE | ACCESS_IOCTL_DEV)
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* Neither devices nor sockets nor links are made. */
#define WRITING (READING | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE | \
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
    LANDLOCK_ACCESS_FS_REFER)

guint
hab_landlock_get_version (void)
{
  long version = syscall (SYS_landlock_create_ruleset, NULL, 0,
      LANDLOCK_CREATE_RULESET_VERSION);

  return MAX (version, 0);
}

static Ruleset
get_ruleset (guint version)
{
  Ruleset all = { .files = (G_GUINT64_CONSTANT (1) << 13) - 1 };

  if (version >= 2)
    all.files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3)
    all.files |= ACCESS_TRUNCATE;
  if (version >= 4)
    all.net = NET_TCP;
  if (version >= 5)
    all.files |= ACCESS_IOCTL_DEV;
  if (version >= 6)
    all.scopes = SCOPE_ALL;
  return all;
}

static gsize
get_ruleset_size (guint version)
{
  return version >= 6 ? 24 : version >= 4 ? 16 : 8;
}

static gboolean
set_error (GError **error, const gchar *what)
{
  int saved_errno = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
      "Landlock: %s: %s", what, g_strerror (saved_errno));
  return FALSE;
}

int
hab_landlock_new (GError **error)
{
  guint version = hab_landlock_get_version ();
  const Ruleset all = get_ruleset (version);
  int fd = syscall (SYS_landlock_create_ruleset, &all,
      get_ruleset_size (version), 0);

  if (fd < 0)
    set_error (error, "no set of rules");
  return fd;
}

static gboolean
add_rule (int rules_fd, int file_fd, guint64 access, GError **error)
{
  struct landlock_path_beneath_attr rule = { .parent_fd = file_fd };
  const Ruleset all = get_ruleset (hab_landlock_get_version ());
  struct stat facts;

  rule.allowed_access = access & all.files;
  if (fstat (file_fd, &facts) == 0 && !S_ISDIR (facts.st_mode))
    rule.allowed_access &= OF_FILES;
  /* What lies in no folder, such as a pipe, needs no rule. */
  return syscall (SYS_landlock_add_rule, rules_fd, LANDLOCK_RULE_PATH_BENEATH,
      &rule, 0) == 0 || errno == EBADFD ||
      set_error (error, "a rule was not taken");
}

gboolean
hab_landlock_allow (int rules_fd, const gchar *path, gboolean writable,
    GError **error)
{
  int fd = open (path, O_PATH | O_CLOEXEC);
  gboolean added;

  if (fd < 0)
    return TRUE;
  added = add_rule (rules_fd, fd, writable ? WRITING : READING, error);
  close (fd);
  return added;
}

gboolean
hab_landlock_confine (int rules_fd, GError **error)
{
  return syscall (SYS_landlock_restrict_self, rules_fd, 0) == 0 ||
      set_error (error, "the rules were not put in force");
}
