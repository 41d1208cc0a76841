/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What confines a process that parses a media file, see docs/security.md:
 * limits on what it uses, a filter of system calls (seccomp) and, where the
 * kernel has it, a list of the files that it may open (Landlock). None of it
 * needs privileges, and none of it can be taken off again. */

typedef enum
{
  HAB_JAIL_AUTO,    /* as much as the kernel has */
  HAB_JAIL_REQUIRE, /* nothing is read without all of it */
  HAB_JAIL_OFF,     /* limits only */
} HabJailMode;

/* What the operator chose for children. */
typedef struct
{
  HabJailMode mode;
  guint64 memory;    /* bytes, without what a ladder has on top; 0: any */
  guint cpu_seconds; /* of small files, see hab_jail_limit (); 0: any */
} HabJailSettings;

#define HAB_JAIL_DEFAULT_MEMORY (G_GUINT64_CONSTANT (4) << 30)
#define HAB_JAIL_DEFAULT_CPU_SECONDS 600

/* "auto", "require", "off" */
gboolean hab_jail_mode_from_string (const gchar *word, HabJailMode *mode);

/* The settings travel to children in the environment, as those of the log. */
void hab_jail_settings_export (const HabJailSettings *settings);
void hab_jail_settings_import (HabJailSettings *settings);

/* (transfer full): what would confine a child here, in words. FALSE in whole
 * where a part of it is missing. */
gchar *hab_jail_describe (HabJailMode mode, gboolean *whole);

/* --- in the process ---------------------------------------------------- */

/* Where the machine itself runs out of memory, the kernel shall choose this process
 * and those that are forked from it. Before hab_jail_hide (): of what nobody looks
 * into only root may say so. */
void hab_jail_go_first (void);

/* Nobody looks into this process, and it leaves no core: before it knows a
 * key. */
void hab_jail_hide (void);

typedef struct
{
  guint64 memory;    /* bytes that can be written, RLIMIT_DATA; 0: any */
  guint cpu_seconds; /* of all processors together; 0: any */
  guint64 file_size; /* bytes of each file that is written; 0: any */
} HabJailLimits;

/* Sets the limits. The end of the processor time ends the process by SIGXCPU.
 * What memory that ran out ends it by is caught: record is written to
 * records_fd before it dies; record must stay. */
void hab_jail_limit (const HabJailLimits *limits, int records_fd,
    const gchar *record);
/* Tells that memory ran out, once; for who finds out by other means. */
void hab_jail_tell_memory (void);

/* The files that a process may open. */
typedef struct _HabJail HabJail;

/* Has what every program needs: libraries, plug-ins' data, /dev/null. Making it is
 * most of the work and may be done ahead, also in the process that this one is
 * forked from; but what is allowed in one of these is allowed in the other: one
 * jail is for one process. */
HabJail *hab_jail_new (void);
void hab_jail_free (HabJail *jail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabJail, hab_jail_free)

/* A file, or a folder with all below it; what is not there is left out. */
void hab_jail_allow_read (HabJail *jail, const gchar *path);
void hab_jail_allow_write (HabJail *jail, const gchar *path);

/* A library may have started some when it was loaded. */
gboolean hab_jail_has_other_threads (void);

/* For this process and for ever. While there is one thread only; those that it
 * starts are confined, too. HAB_JAIL_OFF: nothing. */
gboolean hab_jail_enter (HabJail *jail, HabJailMode mode, GError **error);

G_END_DECLS
