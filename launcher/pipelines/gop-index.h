/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"

G_BEGIN_DECLS

/* What is in a file: its tracks, and the GOPs and I-frames of its first video
 * track. */
typedef struct
{
  gint64 duration_ns;
  guint video_track_number;
  GArray *tracks;  /* of HabTrack */
  GArray *gops;    /* of HabGop */
  GArray *iframes; /* of HabIFrame */
} HabGopIndex;

/* With nothing in it. */
HabGopIndex *hab_gop_index_new (void);
void hab_gop_index_free (HabGopIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabGopIndex, hab_gop_index_free)

G_END_DECLS
