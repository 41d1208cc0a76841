/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Properties that what makes segments and what writes them have both. */

#define HAB_DEFAULT_FRAGMENT_DURATION (4 * GST_SECOND)

/* (transfer floating) */
GParamSpec *hab_fragment_duration_spec_new (GParamFlags flags);
GParamSpec *hab_chunk_duration_spec_new (GParamFlags flags);

G_END_DECLS
