/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What can be asked of a package beside what the catalog has columns for: one
 * row each of the table in package-options.c. The catalog keeps what was asked
 * for as a JSON object, of which the worker is handed the members. Pure. */

/* Names of switches, off by default; NULL at the end. */
extern const gchar *const hab_package_options[];

/* Whether text, as it is in the catalog, has the switch on. */
gboolean hab_package_options_has (const gchar *text, const gchar *name);

G_END_DECLS
