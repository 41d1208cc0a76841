/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "catalog.h"
#include "delivery-address.h"

G_BEGIN_DECLS

/* A package as the API shows it, in answers, events and callbacks. Never its
 * key. */

/* Adds its members. address: where it is delivered. */
void hab_package_json_add (JsonBuilder *builder, const HabPackage *package,
    const HabDeliveryAddress *address);

/* The same as an object of its own, with the history and what became of the
 * callback: what GET of one package answers. (transfer full) */
JsonNode *hab_package_json_new (HabCatalog *catalog,
    const HabPackage *package, const HabDeliveryAddress *address,
    GError **error);

G_END_DECLS
