/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Makes length bytes of a file from start on the body of a response, a part
 * when the one before has left, so that memory does not follow the file: what
 * is in the page cache is mapped, the rest read in a thread. Takes fd. encrypted:
 * the connection is, by TLS, for which all is read. For HEAD only the length is
 * told. */
void hab_transfer_start (SoupServerMessage *message, int fd, guint64 start,
    guint64 length, gboolean encrypted);

G_END_DECLS
