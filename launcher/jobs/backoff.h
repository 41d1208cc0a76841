/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long to wait after that many attempts (1 and more) in microseconds:
 * first_seconds after the first, twice as long after each further one, but no
 * longer than max_seconds. Pure. */
gint64 hab_backoff_get_delay (gdouble first_seconds, guint attempts,
    gdouble max_seconds);

G_END_DECLS
