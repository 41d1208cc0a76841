/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"
#include "tally.h"

G_BEGIN_DECLS

/* One request from its first byte to the end of its answer: it is counted, and
 * gets a line in the log when it is over. */
typedef struct _HabExchange HabExchange;

/* The request must live until the exchange ends, tally too. */
HabExchange *hab_exchange_new (HabRequest *request, HabTally *tally);
void hab_exchange_got_headers (HabExchange *exchange);
/* Bytes of the request's body, and of the answer's. */
void hab_exchange_received (HabExchange *exchange, gsize size);
void hab_exchange_sent (HabExchange *exchange, gsize size);
/* Frees it. */
void hab_exchange_end (HabExchange *exchange);

G_END_DECLS
