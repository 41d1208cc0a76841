/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jail.h"

G_BEGIN_DECLS

/* Options of `haberdash serve` about what confines its children. */
typedef struct
{
  gchar *mode;
  gint64 memory, cpu_seconds;
} HabServeSandbox;

void hab_serve_sandbox_init (HabServeSandbox *sandbox);
void hab_serve_sandbox_clear (HabServeSandbox *sandbox);
void hab_serve_sandbox_add_entries (HabServeSandbox *sandbox,
    GArray *entries);
/* Hands them to the children to come and logs what holds. FALSE after saying
 * what is wrong. After the log was set up. */
gboolean hab_serve_sandbox_apply (const HabServeSandbox *sandbox);

G_END_DECLS
