/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* libsoup reads nothing while an answer is made or written, and does not see a
 * client leave meanwhile. Main thread. */

/* Breaks the message off once its client has closed the connection, or that half
 * of it through which it asks. The id of a source that the caller removes when
 * the message is over; 0 where its connection is not known. */
guint hab_departure_watch (SoupServerMessage *message);

/* Closes the connection; the message is "finished" then, and may be gone. */
void hab_departure_break_off (SoupServerMessage *message);

G_END_DECLS
