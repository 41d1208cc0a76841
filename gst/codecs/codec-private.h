/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

extern const HabCodec hab_codec_h264;
extern const HabCodec hab_codec_h265;
extern const HabCodec hab_codec_av1;
extern const HabCodec hab_codec_vp9;
extern const HabCodec hab_codec_aac;
extern const HabCodec hab_codec_opus;
extern const HabCodec hab_codec_flac;
extern const HabCodec hab_codec_ac3;
extern const HabCodec hab_codec_eac3;
extern const HabCodec hab_codec_mp3;

/* describe_light of AV1, see codec.h. */
void hab_av1_describe_light (const guint8 *data, gsize size,
    GstStructure *caps);

G_END_DECLS
