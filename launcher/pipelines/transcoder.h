/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "ladder.h"
#include "video-encoder.h"

G_BEGIN_DECLS

/* A video decoded once and encoded in the sizes of a ladder, GOP by GOP at the
 * same times:
 *
 *   pad ! tee ! the original
 *         tee ! queue ! decoder ! videoconvert ! deinterlace ! tee ! renditions
 *
 * Memory is that of a few pictures for each of them. */
typedef struct _HabTranscoder HabTranscoder;

typedef struct
{
  const HabLadderPlan *plan;
  const HabVideoEncoder *encoder;
  gdouble frame_rate;            /* where the stream does not say it; or 0 */
  guint threads;                 /* of encoders that are busy; at least 1 */
  GstClockTime segment_duration; /* GOPs begin where segments may */
} HabTranscoderConfig;

/* Adds its elements to bin, whose they are, and links them to pad, compressed
 * video. NULL with error, which must not be NULL, set. config is copied, the plan
 * is not. */
HabTranscoder *hab_transcoder_new (GstBin *bin, GstPad *pad,
    const HabTranscoderConfig *config, GError **error);
/* After the pipeline is at NULL. */
void hab_transcoder_free (HabTranscoder *transcoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HabTranscoder, hab_transcoder_free)

/* (transfer full) (nullable): the stream as it came, where the plan has it. */
GstPad *hab_transcoder_get_original (HabTranscoder *transcoder);

/* pad: where the original passes with its GOPs marked by DELTA_UNIT. */
void hab_transcoder_follow (HabTranscoder *transcoder, GstPad *pad);

/* (transfer full): that of a rung of the plan. */
GstPad *hab_transcoder_get_rendition (HabTranscoder *transcoder, guint rung);

/* Once all pads are linked. */
void hab_transcoder_start (HabTranscoder *transcoder);

G_END_DECLS
