/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "backoff.h"

gint64
hab_backoff_get_delay (gdouble first_seconds, guint attempts,
    gdouble max_seconds)
{
  guint doublings = CLAMP (attempts, 1, 32) - 1;
  gdouble seconds = first_seconds * (G_GUINT64_CONSTANT (1) << doublings);

  return MIN (seconds, max_seconds) * G_USEC_PER_SEC;
}
