/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-types.h"
#include "spool.h"

G_BEGIN_DECLS

/* A request's body on its way into a file: space for it, a pause whenever the
 * disk is behind, an end when nothing comes. It has a fixed amount of memory,
 * and there is a limited number of them. Main thread. */
typedef struct _HabInflow HabInflow;

/* Looks at what the request announces only: 503 where too many are on their
 * way, 507 where the disk has no space for the body. */
HabInflow *hab_inflow_new (HabRequest *request, GError **error);
/* Stops it. */
void hab_inflow_free (HabInflow *inflow);

/* Takes spool; before the first bytes. */
void hab_inflow_set_spool (HabInflow *inflow, HabSpool *spool);
/* NULL when it was stopped. */
HabSpool *hab_inflow_get_spool (HabInflow *inflow);
/* Hands the spool over, with all that was appended, and stops. */
HabSpool *hab_inflow_steal_spool (HabInflow *inflow);

/* Bytes of the file. */
gboolean hab_inflow_append (HabInflow *inflow, const guint8 *bytes,
    gsize size, GError **error);
/* A piece of the body was used: pauses the request while the disk is behind. */
void hab_inflow_go_on (HabInflow *inflow);
/* The body has ended: no more is waited for. */
void hab_inflow_end (HabInflow *inflow);
/* Nothing more is wanted: lets go of the spool and of the space. */
void hab_inflow_stop (HabInflow *inflow);
gboolean hab_inflow_is_stopped (HabInflow *inflow);

/* What Content-Length says; 0 without. */
guint64 hab_inflow_get_announced (HabRequest *request);

G_END_DECLS
