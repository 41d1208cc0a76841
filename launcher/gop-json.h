/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "catalog.h"

G_BEGIN_DECLS

/* What is known of a GOP, as members of the object that is being built: the
 * same words on the command line and in the REST API. */
void hab_gop_json_add (JsonBuilder *builder, const HabGop *gop);

G_END_DECLS
