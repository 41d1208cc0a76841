/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* For video of a container that has decoding times only: its buffers get these
 * as presentation times, and one with B-pictures, of which nobody knows when
 * they are shown, is an error that reporter posts. reporter outlives pad. */
void hab_stream_order_check (GstPad *pad, GstElement *reporter);

G_END_DECLS
