/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "jobs-context.h"

G_BEGIN_DECLS

/* Removes what the operator does not want to keep any longer: inputs and
 * packages by their age, inputs for want of room. Nothing unless the settings
 * say so, and nothing that a package that is not done yet needs. Main
 * thread. */
typedef struct _HabRetention HabRetention;

HabRetention *hab_retention_new (const HabJobsContext *context);
void hab_retention_free (HabRetention *retention);
/* Looks now, and again whenever it is called; one look at a time. */
void hab_retention_run (HabRetention *retention);

G_END_DECLS
