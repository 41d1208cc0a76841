/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "exit-codes.h"
#include "jail.h"

G_BEGIN_DECLS

/* Each takes its own name as argv[0]. */
HabExit hab_cmd_serve (int argc, char **argv);
HabExit hab_cmd_package (int argc, char **argv);
HabExit hab_cmd_gops (int argc, char **argv);
HabExit hab_cmd_slice (int argc, char **argv);
HabExit hab_cmd_verify (int argc, char **argv);
HabExit hab_cmd_check (int argc, char **argv);
HabExit hab_cmd_backup (int argc, char **argv);
HabExit hab_cmd_restore (int argc, char **argv);
HabExit hab_cmd_worker (int argc, char **argv);
HabExit hab_cmd_fork_server (int argc, char **argv);

/* --- for the commands ------------------------------------------------- */

/* Reads options of argv and takes them out of it. usage: what follows the
 * command's name. examples: stand below the options, or NULL. FALSE after saying
 * what is wrong unless the number of arguments that stay is n_arguments. */
gboolean hab_cmd_parse (int *argc, char ***argv, const gchar *usage,
    const gchar *summary, const gchar *examples, const GOptionEntry *entries,
    int n_arguments);
/* Says what is wrong with the command line on the standard error. Returns
 * FALSE. */
gboolean hab_cmd_usage_error (const gchar *format, ...)
    G_GNUC_PRINTF (1, 2);
/* Says what is wrong on the standard error. Returns its exit code. Takes
 * error. */
HabExit hab_cmd_fail (const gchar *subject, GError *error);
/* For a command that works on a service's folder: data_dir (inout, transfer
 * full) is the default one if it was NULL, and what is written from now on is
 * for the owner only. */
void hab_cmd_enter_data_dir (gchar **data_dir);
/* Starts GStreamer and sees to it that the project's own plug-ins are found,
 * those of this build in a build environment, the installed ones elsewhere. */
gboolean hab_cmd_init_gstreamer (GError **error);

/* What every process does that is going to be a child, first: nobody looks into it,
 * and nothing gets the number of a descriptor of worker-protocol.h. */
void hab_worker_init (void);
/* Does the job that is read, with the descriptors of worker-protocol.h, and tells
 * of it. jail (nullable): by hab_cmd_make_jail (), for this one process. */
HabExit hab_worker_run (HabJail *jail);

G_END_DECLS
