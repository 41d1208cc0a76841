/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service.h"

G_BEGIN_DECLS

/* Reads again what a running service may be given anew: the API tokens and the
 * TLS certificate, each where it is of a file. What cannot be read or used
 * stays as it was; the log and the metrics tell. */
void hab_reload (HabService *service);

G_END_DECLS
