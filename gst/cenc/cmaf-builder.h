/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "cmaf-chunk.h"
#include "sample-time.h"

G_BEGIN_DECLS

/* Builds the chunks of a track from its samples, without pads: what each
 * sample's boxes say, and how long it lasts, which is known when the next one
 * comes. Samples are kept as the buffers that they came in. */
typedef struct _HabCmafBuilder HabCmafBuilder;

HabCmafBuilder *hab_cmaf_builder_new (void);
void hab_cmaf_builder_free (HabCmafBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabCmafBuilder, hab_cmaf_builder_free)

/* Back to before the first sample. */
void hab_cmaf_builder_reset (HabCmafBuilder *builder);

/* Before the first sample: track (which must outlive the samples), whose
 * media_time is set so that the file's timeline begins at the sample's decoding
 * time where that is before 0. nominal_duration: ticks of a sample of which
 * nothing else tells how long it lasts. */
void hab_cmaf_builder_begin (HabCmafBuilder *builder, HabCmafTrack *track,
    const HabSampleTime *first, gint64 nominal_duration);

/* Bytes of the samples that wait; 0 where none do. */
guint64 hab_cmaf_builder_get_size (const HabCmafBuilder *builder);

/* The next sample comes at this time, so the one before ends. To be called
 * before finish, which may be called before append. */
void hab_cmaf_builder_advance (HabCmafBuilder *builder,
    const HabSampleTime *time);

/* Whether the sample has another protection than those before it: it is the
 * first behind a clear lead, or of another key. It has to start a segment. */
gboolean hab_cmaf_builder_changes_key (const HabCmafBuilder *builder,
    GstBuffer *buffer);

/* (transfer full): adds the sample for which advance was called. FALSE with
 * error (HAB_CODEC_ERROR) set where its protection cannot be written. */
gboolean hab_cmaf_builder_append (HabCmafBuilder *builder, GstBuffer *buffer,
    const HabSampleTime *time, GError **error);

/* No sample follows the last one. */
void hab_cmaf_builder_end (HabCmafBuilder *builder);

/* Until it is called again chunks say when they were captured: wall_offset
 * nanoseconds after 1970-01-01 is running time 0. */
void hab_cmaf_builder_set_wall_clock (HabCmafBuilder *builder,
    gint64 wall_offset);

/* (transfer full) (nullable): the samples that wait as one chunk, as cencmux
 * sends it; NULL where none do. */
GstBufferList *hab_cmaf_builder_finish (HabCmafBuilder *builder,
    gboolean ends_segment);

G_END_DECLS
