/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "cbcs-cipher.h"
#include "pssh-boxes.h"

G_BEGIN_DECLS

/* How protection travels with a buffer in GStreamer: the GstProtectionMeta
 * that qtdemux makes, in its two forms, and application/x-cenc caps. Written
 * by cbcsenc, read by cencmux and cbcsdec. */

/* Bytes of an entry of a subsamples buffer: clear (16 bits, big-endian),
 * protected (32 bits). */
#define HAB_SUBSAMPLE_ENTRY 6

/* What a buffer's GstProtectionMeta says; data points into the meta. */
typedef struct
{
  gboolean encrypted;
  HabCbcsPattern pattern;
  guint8 iv[16];
  guint8 kid[16];
  gboolean has_kid;
  gboolean has_subsamples; /* FALSE: the sample is one range */
  guint n_subsamples;
  GstBuffer *subsamples;   /* n_subsamples entries, checked */
} HabProtection;

/* FALSE where the structure contradicts itself. */
gboolean hab_protection_from_structure (const GstStructure *structure,
    HabProtection *protection);

/* Whether the buffer has a meta that says so. */
gboolean hab_protection_is_encrypted (GstBuffer *buffer);

/* The key id in the buffer's meta. FALSE, and kid as it was, where there is
 * none. */
gboolean hab_protection_get_kid (GstBuffer *buffer, guint8 kid[16]);

/* Template of the metas of one stream: everything but the subsamples. A video
 * stream's has per-sample fields as qtdemux gives them for samples with saiz,
 * an audio stream's those of samples without. */
GstStructure *hab_protection_template_new (const guint8 kid[16],
    const guint8 iv[16], HabCbcsPattern pattern, gboolean whole_sample);

/* (transfer full): the ranges as a subsamples buffer, clear runs above 65535
 * bytes cut into several entries. *count is the number of entries. */
GstBuffer *hab_protection_subsamples_new (GArray *ranges, guint *count);

/* (transfer full): buffer (transfer full) without its first n bytes, which are
 * not protected. NULL where its meta says that they are. */
GstBuffer *hab_protection_trim_start (GstBuffer *buffer, gsize n);

/* Caps of the protected stream, and of the stream that it was. */
GstCaps *hab_protection_caps_protect (const GstCaps *caps);
GstCaps *hab_protection_caps_unprotect (const GstCaps *caps);

/* (transfer full): the caps of every codec in the table, and the same
 * protected. */
GstCaps *hab_protection_clear_caps (void);
GstCaps *hab_protection_protected_caps (void);

/* (transfer full): clear and protected caps of the codecs of one kind, which is
 * what a muxer of it takes. */
GstCaps *hab_protection_kind_caps (HabMediaKind kind);

G_END_DECLS
