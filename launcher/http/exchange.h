/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request.h"

G_BEGIN_DECLS

/* Watches one request from its first byte to the end of its answer: counts it
 * and logs a line when it is over. listener: "api" or "delivery". The request
 * must live until its message is finished. */
void hab_exchange_watch (HabRequest *request, const gchar *listener);

G_END_DECLS
