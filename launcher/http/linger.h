/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "reply.h"

G_BEGIN_DECLS

/* Answers on a connection whose client still sends, and closes it: the answer
 * first, then the end of our side, then what comes is thrown away for a
 * moment. Closing at once would make the kernel reset the connection and the
 * client lose the answer. Takes both. */
void hab_linger_send (GIOStream *connection, HabReply *reply);

G_END_DECLS
