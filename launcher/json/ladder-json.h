/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "ladder.h"

G_BEGIN_DECLS

/* A ladder as requests and the jobs of workers have it: "auto", or
 * [{"height":720,"bitrate":2800000},…], bits per second. Pure. */

/* Errors are G_IO_ERROR_INVALID_ARGUMENT. */
HabLadder *hab_ladder_json_read (JsonNode *node, GError **error);

/* A value, highest rung first. */
void hab_ladder_json_add (JsonBuilder *builder, const HabLadder *ladder);

G_END_DECLS
