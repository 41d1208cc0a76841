/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "gop-accumulator.h"

G_BEGIN_DECLS

/* What gopsplit tells the elements behind it: docs/elements.md has the fields. */

/* Custom meta of the first buffer of a GOP: index (guint64), kind (string). */
#define HAB_GOP_META "HaberdashGopMeta"
/* Custom meta of an I-frame, without fields. */
#define HAB_I_FRAME_META "HaberdashIFrameMeta"
/* Structure of the event and of the message behind a GOP. */
#define HAB_GOP_STRUCTURE "gopsplit-gop"

/* Makes the metas known; to be called before any is added. */
void hab_gop_marks_register (void);

/* (transfer full) both: the buffer with the meta where a GOP starts, and without
 * the flag DELTA_UNIT where decoding can start there, too, which it cannot where
 * kind is none; else with that flag. Its memory stays shared. */
GstBuffer *hab_gop_marks_add (GstBuffer *buffer, gboolean starts, guint64 index,
    HabRandomAccess kind);
/* (transfer full) both */
GstBuffer *hab_gop_marks_add_i_frame (GstBuffer *buffer);

/* (transfer full): times of gop are in nanoseconds. */
GstStructure *hab_gop_marks_describe (const HabGopFacts *gop);

G_END_DECLS
