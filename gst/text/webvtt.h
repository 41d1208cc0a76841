/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cue.h"

G_BEGIN_DECLS

/* Writing WebVTT. A file is its header and cues after it. */

/* Time 0 of the file is time 0 of the media: with the line that HLS players
 * want to know it by (RFC 8216, 3.5), and others skip. */
void hab_webvtt_append_header (GString *text);

/* Times are rounded to milliseconds, which is what WebVTT has. */
void hab_webvtt_append_cue (GString *text, const HabCue *cue);

G_END_DECLS
