/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Connections of which nothing is asked, or not yet all of it: how long they
 * are kept, and which of them go first when descriptors run out. libsoup takes
 * no more connections for good once it could not take one, so a few
 * descriptors are always left. The main thread's. */

/* A connection is new, its TLS handshake yet to come, or one of its requests is
 * over: it waits for the next. From now on a client that takes nothing of what it
 * was sent for so long loses it, too. */
void hab_patience_begin (SoupServerMessage *message, guint seconds);
/* The request is whole, or somebody else looks after its body. */
void hab_patience_end (SoupServerMessage *message);

/* Whether connections had to go within the last minute, because there were
 * too many for the descriptors of this process. */
gboolean hab_patience_is_short (void);

G_END_DECLS
