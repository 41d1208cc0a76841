/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Connections of which nothing is asked, or not yet all of it: how long they
 * are kept, and which of them go first when descriptors run out. libsoup takes
 * no more connections for good once it could not take one, so a few
 * descriptors are always left. The main thread's. */

/* From now on connections of any server in this process are waited for as soon
 * as they are there, before their TLS handshake: libsoup makes the message when
 * that has ended. To be called when one listens. libsoup has no function for
 * that; who reads its signals without one finds them by their names. */
void hab_patience_watch (guint seconds);
/* A connection is new, or one of its requests is over: it waits for the next.
 * From now on a client
 * that takes nothing of what it was sent for so long loses it, too. */
void hab_patience_begin (SoupServerMessage *message, guint seconds);
/* The request is whole, or somebody else looks after its body. */
void hab_patience_end (SoupServerMessage *message);

/* Whether connections had to go within the last minute, because there were
 * too many for the descriptors of this process. */
gboolean hab_patience_is_short (void);

G_END_DECLS
