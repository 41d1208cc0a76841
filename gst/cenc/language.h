/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Language tags of streams: ISO 639 of two or three letters, or what a file
 * has in their place, which may be anything. */

/* The three letters of ISO 639-2/T, with a final NUL. FALSE where it is not
 * known or the file format has no way to say it. */
gboolean hab_language_to_iso_639_2 (const gchar *tag, gchar code[4]);

/* (transfer full) (nullable): as BCP 47 wants it, the language in its shortest
 * form, and script, region and so on as far as they are well-formed. NULL where
 * the tag is none. */
gchar *hab_language_to_bcp_47 (const gchar *tag);

G_END_DECLS
