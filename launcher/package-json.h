/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "catalog.h"

G_BEGIN_DECLS

/* A package as the API shows it, in answers, events and callbacks. Never its
 * key. */

/* Adds its members. delivery_url: where the delivery listener is, without a
 * slash at the end. */
void hab_package_json_add (JsonBuilder *builder, const HabPackage *package,
    const gchar *delivery_url);

/* The same as an object of its own, with the history and what became of the
 * callback: what GET of one package answers. (transfer full) */
JsonNode *hab_package_json_new (HabCatalog *catalog,
    const HabPackage *package, const gchar *delivery_url, GError **error);

G_END_DECLS
