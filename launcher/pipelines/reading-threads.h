/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Whether there are elements in the bin that read in threads of their own, and
 * all of these threads have stopped. */
gboolean hab_reading_threads_have_stopped (GstBin *bin);

G_END_DECLS
