/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes WebVTT cue text of what demuxers and parsers give. Whatever comes in,
 * what goes out is UTF-8 without NUL, CR, an empty line or, but in what was
 * WebVTT before, "-->". All return NULL where nothing is left to be shown.
 * (transfer full) (nullable) */

/* Text that means itself. */
gchar *hab_cue_text_from_plain (const gchar *data, gsize size);

/* Pango markup, and what goes by that name: matroskademux 1.22.0 hands out the
 * markup of SubRip, in which & and < need no escape. b, i and u are kept, other
 * elements are left out. */
gchar *hab_cue_text_from_markup (const gchar *data, gsize size);

/* WebVTT cue text, of which only what would break a file is mended. */
gchar *hab_cue_text_from_webvtt (const gchar *data, gsize size);

G_END_DECLS
