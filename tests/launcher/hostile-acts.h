/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* (transfer full) (nullable): what the file HOSTILE_ACTS says, lines of "ACT" or
 * "ACT PATH". */
gchar *hostile_read_acts (void);
/* Does that, and writes "hostile: ACT PATH: RESULT" to the standard error for each
 * line. */
void hostile_act (const gchar *text);
