/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "metrics.h"

G_BEGIN_DECLS

/* Counts the requests of one listener among the metrics. Finds again what it
 * counted before without putting labels together. Main thread only. */
typedef struct _HabTally HabTally;

/* metrics must live as long. listener: "api" or "delivery", a literal. */
HabTally *hab_tally_new (HabMetrics *metrics, const gchar *listener);
void hab_tally_free (HabTally *tally);
const gchar *hab_tally_get_listener (HabTally *tally);

/* A request is in progress, and no more. */
void hab_tally_enter (HabTally *tally);
void hab_tally_leave (HabTally *tally);
/* One that was answered. pattern: of its route, a literal, or NULL. */
void hab_tally_count (HabTally *tally, const gchar *method,
    const gchar *pattern, guint status, gdouble seconds);
void hab_tally_count_bytes (HabTally *tally, guint64 received, guint64 sent);

G_END_DECLS
