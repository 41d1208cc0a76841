/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What can be asked of a package beside what the catalog has columns for: one
 * row each of the table in package-options.c. The catalog keeps what was asked
 * for as a JSON object, of which the worker is handed the members. Pure. */

typedef enum
{
  HAB_OPTION_SWITCH,  /* boolean, off by default */
  HAB_OPTION_SECONDS, /* number, 0 by default */
  HAB_OPTION_TEXTS,   /* array of strings, empty by default */
  HAB_OPTION_LADDER,  /* see ladder-json.h, null by default */
} HabOptionKind;

typedef struct
{
  const gchar *name;
  HabOptionKind kind;
  gdouble maximum;    /* of seconds, or how many texts there can be */
  gboolean encrypted; /* only where something is encrypted */
} HabPackageOption;

/* Without a name at the end. */
extern const HabPackageOption hab_package_options[];

/* Whether text, as it is in the catalog, has the switch on. */
gboolean hab_package_options_has (const gchar *text, const gchar *name);

/* (transfer full): what text has for the option, or what it is by default. */
JsonNode *hab_package_options_get (const gchar *text,
    const HabPackageOption *option);

G_END_DECLS
