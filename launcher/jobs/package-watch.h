/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "jobs-context.h"

G_BEGIN_DECLS

/* What a child says while it makes a package, of which nothing is believed that
 * cannot be: its stages and how far it is go into the catalog and are told, its
 * notes are kept, and where it says nothing new for too long it stands still.
 * Main thread. */
typedef struct _HabPackageWatch HabPackageWatch;

/* The child begins. package: borrowed. stalled is called when the child has
 * stood still for stall_timeout. */
HabPackageWatch *hab_package_watch_new (const HabJobsContext *context,
    const HabPackage *package, void (*stalled) (gpointer data),
    gpointer data);
/* The child has ended. What it said is stored all the same. */
void hab_package_watch_free (HabPackageWatch *watch);

/* As HabWork.record, with watch as data. */
void hab_package_watch_take (JsonObject *record, gpointer watch);

/* (transfer full): its notes, as the text of a JSON array of strings. */
gchar *hab_package_watch_format_notes (HabPackageWatch *watch);

G_END_DECLS
