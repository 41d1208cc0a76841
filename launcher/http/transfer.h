/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Makes length bytes of a file from start on the body of a response, a part
 * when the one before has left, so that memory does not follow the file. What is
 * in the page cache is sent from there, or where the connection is encrypted, by
 * TLS, or there is little of it, read; the rest is read in a thread. Takes fd. For
 * HEAD only the length is told. Whether bytes are there to follow the headers. */
gboolean hab_transfer_start (SoupServerMessage *message, int fd, guint64 start,
    guint64 length, gboolean encrypted);

G_END_DECLS
