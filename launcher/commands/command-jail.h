/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "exit-codes.h"
#include "jail.h"

G_BEGIN_DECLS

/* What confines a command that reads files which nobody trusts. */

/* The option that chooses it. */
#define HAB_CMD_SANDBOX_ENTRY(word) \
  { "sandbox", 0, 0, G_OPTION_ARG_STRING, word, \
    "what confines the reading of files: auto (the default: what the kernel " \
    "has), require (all of it, or nothing is read) or off", "MODE" }

/* What word (nullable) of that option says. FALSE after saying that it says
 * nothing. From now on nobody looks into this process, unless it is off: before a
 * key is read. */
gboolean hab_cmd_choose_sandbox (const gchar *word, HabJailMode *mode);

/* (transfer full): lets GStreamer find its plug-ins and what they need. After
 * hab_cmd_init_gstreamer (). */
HabJail *hab_cmd_make_jail (void);

/* Puts jail in force, and says in an error how to do without. While there is one
 * thread only. */
gboolean hab_cmd_confine (HabJail *jail, HabJailMode mode, GError **error);

/* Returns the exit code of what a command does. */
typedef HabExit (*HabCmdWork) (gpointer data);

/* Does work in a process of its own, which can confine itself while this one puts
 * what was written in its place, or takes away what was not. It ends with this
 * one, and gets SIGINT or SIGTERM as this one does; a second one ends it at once. While there is one thread
 * only. Of what a signal ended, which is said on the standard error, the exit code
 * is the one that a shell would tell; subject: what was read. */
HabExit hab_cmd_run_apart (const gchar *subject, HabCmdWork work,
    gpointer data);

/* Whether a signal that nobody meant ended it, so that nothing is known of what
 * was written. */
gboolean hab_cmd_has_crashed (HabExit status);

G_END_DECLS
