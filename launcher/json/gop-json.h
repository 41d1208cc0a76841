/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"

G_BEGIN_DECLS

/* A GOP as the object that the service and `haberdash gops --json` show. */
void hab_gop_json_append (GString *text, const HabGop *gop);

G_END_DECLS
