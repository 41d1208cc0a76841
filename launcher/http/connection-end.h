/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* What libsoup 3.2 keeps of connections that are over, some 2 KiB each, and 34 KiB
 * where the TLS handshake failed, is let go of. Later versions let go of most of it,
 * and lose nothing by this. The main thread's. */

/* From now on, once there was a connection. May be called for each. */
void hab_connection_end_watch (void);

/* Nothing comes by this any more: its connection goes, if it is still there. */
void hab_connection_end (GSocket *socket);

/* Before servers are disconnected: the process is about to end. */
void hab_connection_end_stop (void);

G_END_DECLS
