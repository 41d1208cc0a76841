/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "delivery-address.h"

G_BEGIN_DECLS

/* Packages as the API shows them, in answers, events and callbacks, as JSON behind
 * what is in a text. Never their keys. One for all of a list: packages that follow
 * each other mostly have the same options, which are read once. */
typedef struct
{
  HabDeliveryAddress address; /* where they are delivered */

  /* of the last package */
  gchar *options;
  gchar *option_members; /* as text, without brackets */
  gboolean hls;
} HabPackageJson;

void hab_package_json_clear (HabPackageJson *json);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HabPackageJson, hab_package_json_clear)

/* As it is in lists. */
void hab_package_json_append (HabPackageJson *json, GString *text,
    const HabPackage *package);

/* The same with its history and, where callback says so, what became of telling
 * others of its end: what GET of one package answers. Text is left incomplete where
 * it fails. */
gboolean hab_package_json_append_whole (HabPackageJson *json, GString *text,
    HabCatalog *catalog, const HabPackage *package, gboolean callback,
    GError **error);

G_END_DECLS
